// What is answered to legacy completions, streamed and whole: both say the same.
import { describe, expect, test } from 'bun:test'
import prompts from '../inputs/completions-prompts.json' with { type: 'json' }
import { readCompletionStreamDetails } from '../_openai.ts'
import { COMPLETIONS, setupOf, streamed, whole } from './_openai.ts'
import { defaultAsk, isLarge } from '../../../src/apis/ask.ts'
import type { GivenFlags } from '../../../src/config/config.ts'

interface Answered {
  readonly texts: readonly string[]
  readonly finish: readonly string[]
  readonly logprobs: readonly any[]
  readonly usage: any
}

function ask(body: object, flags: GivenFlags = {}): Answered {
  const asked = { ...body, stream_options: { include_usage: true } }
  const { choices, usage } = whole(COMPLETIONS, asked, { chunkCount: '4', ...flags })
  const { said, logprobs } = readCompletionStreamDetails(
    streamed(COMPLETIONS, asked, { chunkCount: '4', ...flags }),
  )
  const answered: Answered = {
    texts: choices.map(({ text }: any) => text),
    finish: choices.map(({ finish_reason }: any) => finish_reason),
    logprobs: choices.flatMap((choice: any) => choice.logprobs ?? []),
    usage,
  }
  expect(choices.map(({ index }: any) => index)).toEqual(choices.map((_: unknown, i: number) => i))
  expect(said.choices.map(({ text }) => text)).toEqual([...answered.texts])
  expect(said.choices.map(({ finish }) => finish)).toEqual([...answered.finish])
  expect(logprobs).toEqual([...answered.logprobs])
  expect(said.usage).toMatchObject({ prompt: usage.prompt_tokens, output: usage.completion_tokens })
  const prompts = 'echo' in body ? choices.length : 0
  expect(said.contentEvents - prompts).toBe(usage.completion_tokens)
  return answered
}

const TEXT = 'Hello world, this'

test('a choice for each prompt, and n for each', () => {
  expect(ask(prompts)).toMatchObject({
    texts: [TEXT, TEXT, TEXT],
    usage: { prompt_tokens: 1, completion_tokens: 12 },
  })
  expect(ask({ ...prompts, n: 2, echo: true }).texts).toEqual(
    ['a', 'a', 'b', 'b', 'c', 'c'].map((prompt) => prompt + TEXT),
  )
})

describe('limits', () => {
  test.each([
    [{ max_tokens: 2 }, 'Hello world', 'length'],
    [{ max_tokens: 4 }, TEXT, 'stop'],
    [{ max_tokens: 1, ignore_eos: true }, 'Hello', 'length'],
    [{ max_tokens: 6, ignore_eos: true }, `${TEXT} reply was`, 'length'],
    [{ min_tokens: 5 }, `${TEXT} reply`, 'length'],
    [{ max_tokens: 4, ignore_eos: true, stop: ['is'] }, 'Hello world, th', 'stop'],
    [{ stop: [', '] }, 'Hello world', 'stop'],
    [{ stop: 'wor' }, 'Hello ', 'stop'],
    [{ max_tokens: 0 }, '', 'length'],
    [{ max_tokens: 0, logprobs: 2 }, '', 'length'],
  ] as [object, string, string][])('%j', (body, text, finish) =>
    expect(ask({ prompt: 'Hi', ...body })).toMatchObject({ texts: [text], finish: [finish] }),
  )
})

describe('probabilities', () => {
  test.each([0, 1, 5])('%d alternatives', (most) => {
    const { logprobs, texts } = ask({ prompt: 'Hi', logprobs: most })
    const [{ tokens, token_logprobs, top_logprobs, text_offset }] = logprobs as [any]
    expect(tokens.join('')).toBe(texts[0]!)
    expect(text_offset).toEqual([0, 5, 11, 12])
    for (const [i, token] of tokens.entries()) {
      expect(Object.keys(top_logprobs[i])).toHaveLength(Math.max(1, most))
      expect(top_logprobs[i][token]).toBe(token_logprobs[i])
    }
  })

  test('of a prompt that is said again: to score it, nothing else need be said', () => {
    const prompt = ['Is 👋 it?', 'No']
    const { texts, logprobs, usage } = ask({ prompt, echo: true, logprobs: 1, max_tokens: 0 })
    expect(texts).toEqual(prompt)
    expect(logprobs[0]).toEqual({
      text_offset: [0, 2, 4, 7],
      token_logprobs: [null, -0.25, -0.25, -0.25],
      tokens: ['Is', ' 👋', ' it', '?'],
      top_logprobs: [null, { ' 👋': -0.25 }, { ' it': -0.25 }, { '?': -0.25 }],
    })
    expect(usage.completion_tokens).toBe(0)
  })

  test('offsets go on behind the prompt', () =>
    expect(ask({ prompt: '👋👋', echo: true, logprobs: 0 }).logprobs[0].text_offset).toEqual([
      0, 2, 7, 13, 14,
    ]))
})

test('a prompt cannot be taken for a place of ours, and long ones are not kept', () => {
  expect(ask({ prompt: 'a\uFDD0b', echo: true, max_tokens: 0 }).texts).toEqual(['a\uFFFDb'])
  const large = (length: number): boolean =>
    isLarge({ ...defaultAsk(setupOf().config), prompts: ['x'.repeat(length), 'y'.repeat(length)] })
  expect([large(2048), large(2049)]).toEqual([false, true])
})

test('what else is told', () => {
  expect(whole(COMPLETIONS, {}).system_fingerprint).toBe('fp_mock')
  expect(JSON.parse(streamed(COMPLETIONS, {})[0]!.data).system_fingerprint).toBe('fp_mock')
  const chunk = JSON.parse(streamed(COMPLETIONS, {}, { reply: 'stream' })[0]!.data)
  expect(Object.keys(chunk)).toEqual(['id', 'object', 'created', 'model', 'choices'])
  expect(
    ask({ prompt: 'x'.repeat(400) }, { cachedTokens: '75' }).usage.prompt_tokens_details.cached_tokens,
  ).toBe(75)
})
