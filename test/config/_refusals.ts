// How the tests of this room look at refusals.
import { UsageError } from '../../src/config/errors.ts'

/** What a refusal says; other errors go on. */
export function refusalOf(read: () => unknown): string {
  try {
    return `accepted: ${JSON.stringify(read())}`
  } catch (thrown) {
    if (thrown instanceof UsageError) return thrown.message
    throw thrown
  }
}
