// Whether two answers are the same.
import type { Answer } from './api.ts'

/** They say the same, event by event. Errors in the middle and pings are left out of account. */
export function isSame(one: Answer, other: Answer): boolean {
  return textOf(one) === textOf(other)
}

function textOf(answer: Answer): string {
  return JSON.stringify(answer.kind === 'whole' ? answer : { ...answer, content: answer.content() })
}
