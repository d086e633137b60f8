// The events of a streamed answer, as they are sent.
import type { Answer, LongAnswer, StreamEvent, WholeAnswer } from '../../src/apis/api.ts'

export function eventsOf(answer: Answer): StreamEvent[] {
  if (answer.kind !== 'stream') throw new Error('not a stream')
  const { opening, ending, upTo } = answer
  const content = [...answer.content()]
  const sent = content.findLastIndex(({ part, step }) => part === 'content' && step < upTo) + 1
  return [...opening, ...content.slice(0, sent), ...ending]
}

/** The body of an answer that is no stream, in the parts in which it is made. */
export function partsOf(answer: WholeAnswer | LongAnswer): string[] {
  return answer.kind === 'whole' ? [answer.body] : [...answer.parts()]
}
