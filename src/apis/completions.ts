// OpenAI legacy completions. https://platform.openai.com/docs/api-reference/completions
import type OpenAI from 'openai'
import { type Answer, type Ask, pacedAnswer, type Setup, type StreamEvent } from './api.ts'
import { contentPieces, joinPieces, makeId, type Piece, remember } from './content.ts'
import { DONE, openaiFailure, usage } from './openai.ts'

/** A completion, as a stream or whole. It is always text: this format has neither tools nor reasoning. */
export function completion(setup: Setup, ask: Ask, chunkCount: number): Answer {
  const { choices, includeUsage, model } = ask
  const pieces = contentPieces(setup.config, { ...ask, content: 'text' }, chunkCount)
  const total = usage(chunkCount * choices, 0)
  const head = {
    id: makeId(setup.config, 'cmpl-'),
    object: 'text_completion',
    created: setup.createdAt,
    model,
  } as const
  if (!ask.stream) {
    const text = joinPieces(pieces, 'text')
    const all = Array.from({ length: choices }, (_, index): OpenAI.CompletionChoice => ({
      text,
      index,
      logprobs: null,
      finish_reason: ask.finish,
    }))
    return pacedAnswer({ ...head, choices: all, usage: total } satisfies OpenAI.Completion)
  }
  // Real streams carry null where the types of the SDK know no null: finish_reason, and usage when it was asked for.
  const chunk = (index: number, text: string, reason: Ask['finish'] | null): string =>
    JSON.stringify({
      ...head,
      choices: [{ text, index, logprobs: null, finish_reason: reason }],
      ...(includeUsage && { usage: null }),
    })
  const repeated = Array.from({ length: choices }, (_, index) =>
    remember(({ text }: Piece) => chunk(index, text, null)),
  )
  const events: StreamEvent[] = []
  for (const [step, piece] of pieces.entries())
    for (let index = 0; index < choices; index++)
      events.push({ data: repeated[index]!(piece), step, part: 'content' })
  for (let index = 0; index < choices; index++)
    events.push({ data: chunk(index, '', ask.finish), step: chunkCount, part: 'finish' })
  if (includeUsage)
    events.push({ data: JSON.stringify({ ...head, choices: [], usage: total }), step: chunkCount })
  events.push({ data: DONE, step: chunkCount, part: 'done' })
  return { kind: 'stream', status: 200, framing: 'sse', events, failure: openaiFailure }
}
