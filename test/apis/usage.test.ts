// What an answer tells of itself is what is in it: usage, text, finish reason, numbers of events; for every format, streamed and whole.
import { describe, expect, test } from 'bun:test'
import { due } from '../replies/_replies.ts'
import { type Format, formats, prepare, read } from './_readers.ts'
import type { Ask } from '../../src/apis/ask.ts'
import { chunkTexts } from '../../src/apis/words.ts'

const COUNTS = [0, 1, 2, 3, 7, 20, 33]
const CONTENTS = ['text', 'tools', 'reasoning'] as const
const PROMPT = 10
const DELAY_MS = 50

/** What a reply of so many chunks says. */
function expected({ calls, hasReasoning }: Format, content: (typeof CONTENTS)[number], count: number) {
  const texts = chunkTexts({ chunkBytes: 0, stamp: false }, 'words')
  const from = (start: number, end: number): string => {
    let text = ''
    for (let i = start; i < end; i++) text += texts[i % texts.length]
    return text
  }
  const isCall = content === 'tools' && calls !== null
  const output = isCall ? Math.max(1, count) : count
  const usage = { prompt: PROMPT, output, reasoning: 0, total: PROMPT + output }
  if (isCall) {
    const input = count === 0 ? {} : { text: from(0, count) }
    return { text: '', reasoning: '', call: { name: 'get_weather', input }, usage }
  }
  const thoughts = content === 'reasoning' && hasReasoning ? Math.ceil(count / 2) : 0
  return {
    text: from(thoughts, count),
    reasoning: from(0, thoughts),
    call: null,
    usage: { ...usage, reasoning: thoughts },
  }
}

/** These do not say how much of it is reasoning. */
const tellsReasoning = ({ provider, hides }: Format): boolean =>
  !['ollama', 'cohere', 'mistral'].includes(provider) && !hides?.includes('reasoning')

describe.each(formats.map((format) => [format.name, format] as const))('%s', (_, format) => {
  describe.each(CONTENTS)('content %s', (content) => {
    const reason = format.reasons[content === 'tools' && format.calls !== null ? 'tools' : 'text']

    test.each(COUNTS)('%d chunks', (chunks) => {
      // A call is at least one chunk.
      const count = content === 'tools' && format.calls !== null ? Math.max(1, chunks) : chunks
      const { usage, ...said } = expected(format, content, chunks)
      for (const choices of format.isOpenAi ? [1, 2, 8] : [1]) {
        const total = {
          prompt: PROMPT,
          output: usage.output * choices,
          reasoning: tellsReasoning(format) ? usage.reasoning * choices : null,
          total: PROMPT + usage.output * choices,
        }
        const flags = { chunkCount: String(chunks), content }
        const ask: Partial<Ask> = { choices, includeUsage: true, model: 'asked-for' }
        const streamedReply = prepare(format, { flags, ask })
        const streamed = read(format, streamedReply)
        const whole = read(format, prepare(format, { flags, ask: { ...ask, stream: false } }))
        const all = {
          id: format.id,
          model: format.provider === 'cohere' || format.hides?.includes('model') ? '' : 'asked-for', // some do not tell it
          choices: new Array(choices).fill({ ...said, finish: reason }),
          usage: total,
          error: null,
          isComplete: true,
        }
        expect(whole).toEqual({ ...all, contentEvents: 0 })
        expect(streamed).toEqual({ ...all, contentEvents: count * choices })

        // Chunk i of every choice leaves at step i, and all that ends the reply at step N.
        const { marks } = streamedReply
        const times = due(streamedReply).filter((_ms, i) => marks[i]!.part === 'content')
        const steps = Array.from({ length: count }, (_one, i) => i)
        expect(times).toEqual(steps.flatMap((step) => new Array(choices).fill((step + 1) * DELAY_MS)))
        const ends = due(streamedReply).filter((_ms, i) => /finish|done|last/.test(marks[i]!.part ?? ''))
        expect(ends.length).toBeGreaterThan(0)
        for (const ms of ends) expect(ms).toBe((count + 1) * DELAY_MS)
      }
    })

    test('the limit of tokens is told as the reason, also of a call', () => {
      for (const stream of [true, false]) {
        const reply = prepare(format, { flags: { content }, ask: { stream, finish: 'length' } })
        const { choices } = read(format, reply)
        // Where Anthropic and OpenAI would have called, they say why they did not come to an end.
        expect(choices.map(({ finish }) => finish)).toEqual([format.reasons.length])
      }
    })
  })

  test('the usage of a stream is told to whoever asks, and by all but OpenAI to everybody', () => {
    const { usage } = read(format, prepare(format, { ask: { includeUsage: false } }))
    expect(usage === null).toBe(format.isOpenAi)
  })

  test.each(['words', 'unicode', 'code', 'short', 'long'] as const)(
    'the text %s comes through JSON, in pieces and whole',
    (text) => {
      const chunkCount = text === 'long' ? '3' : '47'
      for (const content of CONTENTS) {
        const flags = { chunkCount, content, text }
        const streamed = read(format, prepare(format, { flags }))
        const whole = read(format, prepare(format, { flags, ask: { stream: false } }))
        const { text: said, reasoning, call } = streamed.choices[0]!
        const all = reasoning + said + ((call?.input as { text?: string } | undefined)?.text ?? '')
        const texts = chunkTexts({ chunkBytes: 0, stamp: false }, text)
        expect(all).toBe(
          Array.from({ length: Number(chunkCount) }, (_one, i) => texts[i % texts.length]!).join(''),
        )
        expect(whole.choices).toEqual(streamed.choices)
      }
    },
  )
})
