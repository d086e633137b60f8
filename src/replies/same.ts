// Whether two answers are the same.
import type { Answer } from '../apis/api.ts'
import { pausesAt, type Work } from './work.ts'

/** They say the same, event by event. Errors in the middle and pings are left out of account. */
export function* isSame(one: Answer, other: Answer): Work<boolean> {
  const [ours, theirs] = [textsOf(one), textsOf(other)]
  for (let i = 0; ; i++) {
    const [our, their] = [ours.next(), theirs.next()]
    if (our.value !== their.value) return false
    if (our.done === true) return true
    if (pausesAt(i)) yield
  }
}

/** All that an answer says, in order. */
function* textsOf(answer: Answer): Generator<string, undefined> {
  if (answer.kind === 'long') yield* answer.parts()
  yield JSON.stringify(answer)
  if (answer.kind === 'stream') for (const event of answer.content()) yield JSON.stringify(event)
}
