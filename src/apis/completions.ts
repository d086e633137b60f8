// OpenAI legacy completions. https://platform.openai.com/docs/api-reference/completions
import type OpenAI from 'openai'
import { type Answer, pacedAnswer, type Setup, type StreamAnswer, type StreamEvent } from './api.ts'
import type { Ask } from './ask.ts'
import { makeId, type Said, say } from './content.ts'
import { cutWords } from './cutting.ts'
import { completionLogprobs, lengthOf } from './logprobs.ts'
import { DONE, FINGERPRINT, finishReason, openaiFailure, tellsAll, usage } from './openai.ts'
import type { Piece } from './pieces.ts'
import { remember } from './remember.ts'

/** This format has neither tools nor reasoning. */
const TEXT = { reasoning: false, text: true, calls: 0 } as const

type Choice = OpenAI.CompletionChoice

/** A completion, as a stream or whole. It is always text. */
export function completion(setup: Setup, ask: Ask, drawn: number): Answer {
  const said = say(setup.config, { ...ask, content: TEXT }, drawn)
  return ask.stream ? completionStream(setup, ask, said) : completionWhole(setup, ask, said)
}

function headOf({ config, createdAt }: Setup, { model }: Ask) {
  return { id: makeId(config, 'cmpl-'), object: 'text_completion', created: createdAt, model } as const
}

function completionWhole(setup: Setup, ask: Ask, said: Said): Answer {
  const { logprobs, prompts } = ask
  const text = said.join('text')
  const choices = Array.from({ length: ask.choices }, (_, index): Choice => {
    const prompt = prompts[index] ?? ''
    return {
      text: prompt + text,
      index,
      logprobs: logprobs === null ? null : wholeLogprobs(said, prompt, logprobs),
      finish_reason: finishReason(said) as Choice['finish_reason'],
    }
  })
  const answer = { ...headOf(setup, ask), ...FINGERPRINT, choices, usage: usage(setup, ask, said) }
  return pacedAnswer(answer satisfies OpenAI.Completion, said.upTo)
}

function wholeLogprobs({ pieces, upTo }: Said, prompt: string, most: number): Choice['logprobs'] {
  const tokens = [...cutWords(prompt), ...pieces.slice(0, upTo).map(({ text }) => text)]
  return tokens.length === 0 ? null : completionLogprobs(tokens, most, 0, prompt !== '')
}

/** With `echo` each choice begins with its prompt, in one event. */
function completionStream(setup: Setup, ask: Ask, said: Said): StreamAnswer {
  const { includeUsage, logprobs, prompts } = ask
  const { drawn, upTo } = said
  const head = { ...headOf(setup, ask), ...(tellsAll(setup) && FINGERPRINT) }
  const indexes = Array.from({ length: ask.choices }, (_, index) => index)
  // Real streams carry null where the types of the SDK know no null: finish_reason, and usage when it was asked for.
  const chunk = (
    index: number,
    text: string,
    finish: Choice['finish_reason'] | null,
    likely: Choice['logprobs'] = null,
  ): string =>
    JSON.stringify({
      ...head,
      choices: [{ text, index, logprobs: likely, finish_reason: finish }],
      ...(includeUsage && { usage: null }),
    })
  const opening = prompts.map((prompt, index): StreamEvent => {
    const likely = logprobs === null ? null : completionLogprobs(cutWords(prompt), logprobs, 0, true)
    return { data: chunk(index, prompt, null, likely), step: 0 }
  })
  const content = function* (): Iterable<StreamEvent> {
    const dataOf = indexes.map((index) =>
      logprobs === null
        ? remember(({ text }: Piece) => chunk(index, text, null))
        : likelySaid(index, logprobs),
    )
    for (const [step, piece] of said.pieces.entries())
      for (const data of dataOf) yield { data: data(piece), step, part: 'content' }
  }
  /** No two of them are alike: each tells where it begins. */
  const likelySaid = (index: number, most: number): ((piece: Piece) => string) => {
    let at = lengthOf(prompts[index] ?? '')
    return ({ text }) => {
      const likely = completionLogprobs([text], most, at)
      at += lengthOf(likely.tokens![0]!)
      return chunk(index, text, null, likely)
    }
  }
  const reason = finishReason(said) as Choice['finish_reason']
  const ending = indexes.map((index): StreamEvent => {
    return { data: chunk(index, '', reason), step: upTo, part: 'finish' }
  })
  if (includeUsage) {
    const total = usage(setup, ask, said)
    ending.push({ data: JSON.stringify({ ...head, choices: [], usage: total }), step: upTo })
  }
  ending.push({ data: DONE, step: upTo, part: 'done' })
  return {
    kind: 'stream',
    status: 200,
    framing: 'sse',
    drawn,
    upTo,
    opening,
    content,
    ending,
    failure: openaiFailure,
  }
}
