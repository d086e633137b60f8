// OpenAI legacy completions. https://platform.openai.com/docs/api-reference/completions
import type OpenAI from 'openai'
import { type Answer, pacedAnswer, type Setup, type StreamEvent } from './api.ts'
import type { Ask } from './ask.ts'
import { makeId, type Piece, say } from './content.ts'
import { DONE, finishReason, openaiFailure, usage } from './openai.ts'
import { remember } from './remember.ts'

/** This format has neither tools nor reasoning. */
const TEXT = { reasoning: false, text: true, calls: 0 } as const

/** A completion, as a stream or whole. It is always text. */
export function completion(setup: Setup, ask: Ask, drawn: number): Answer {
  const { includeUsage, model } = ask
  const said = say(setup.config, { ...ask, content: TEXT }, drawn)
  const { upTo } = said
  const total = usage(setup, ask, said)
  const reason = finishReason(said) as OpenAI.CompletionChoice['finish_reason']
  const choices = Array.from({ length: ask.choices }, (_, index) => index)
  const head = {
    id: makeId(setup.config, 'cmpl-'),
    object: 'text_completion',
    created: setup.createdAt,
    model,
  } as const
  if (!ask.stream) {
    const text = said.join('text')
    const all = choices.map((index) => ({ text, index, logprobs: null, finish_reason: reason }))
    return pacedAnswer({ ...head, choices: all, usage: total } satisfies OpenAI.Completion, upTo)
  }
  // Real streams carry null where the types of the SDK know no null: finish_reason, and usage when it was asked for.
  const chunk = (index: number, text: string, finish: typeof reason | null): string =>
    JSON.stringify({
      ...head,
      choices: [{ text, index, logprobs: null, finish_reason: finish }],
      ...(includeUsage && { usage: null }),
    })
  const content = (): StreamEvent[] => {
    const repeated = choices.map((index) => remember(({ text }: Piece) => chunk(index, text, null)))
    return said.pieces.flatMap((piece, step) =>
      repeated.map((data): StreamEvent => ({ data: data(piece), step, part: 'content' })),
    )
  }
  const ending: StreamEvent[] = choices.map((index) => {
    return { data: chunk(index, '', reason), step: upTo, part: 'finish' }
  })
  if (includeUsage) ending.push({ data: JSON.stringify({ ...head, choices: [], usage: total }), step: upTo })
  ending.push({ data: DONE, step: upTo, part: 'done' })
  return {
    kind: 'stream',
    status: 200,
    framing: 'sse',
    drawn: said.drawn,
    upTo,
    opening: [],
    content,
    ending,
    failure: openaiFailure,
  }
}
