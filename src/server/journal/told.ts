// What an answer has told of when to come back, and whether.
import type { Reply } from '../../replies/reply.ts'

export interface Told {
  /** Null when nothing was told that can be read. */
  readonly retryAfterMs: number | null
  readonly shouldRetry: boolean | null
}

const NOTHING_TOLD: Told = { retryAfterMs: null, shouldRetry: null }

/** Only failures tell of it. `unixMs`: now. */
export function readTold(
  { status, headers }: Pick<Reply, 'status' | 'headers'>,
  extra: Readonly<Record<string, string>> | null,
  unixMs: number,
): Told {
  if (status < 400) return NOTHING_TOLD
  const valueOf = (name: string): string | undefined => extra?.[name] ?? headers[name]
  const waits = [readMs(valueOf('retry-after-ms')), readAfter(valueOf('retry-after'), unixMs)].filter(
    (ms) => ms !== null,
  )
  const should = valueOf('x-should-retry')
  return {
    // A client may know only one of both, and one is rounded.
    retryAfterMs: waits.length === 0 ? null : Math.min(...waits),
    shouldRetry: should === 'true' ? true : should === 'false' ? false : null,
  }
}

function readMs(text: string | undefined): number | null {
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : null
}

/** Seconds, or a date: https://www.rfc-editor.org/rfc/rfc9110#field.retry-after */
function readAfter(text: string | undefined, unixMs: number): number | null {
  const seconds = readMs(text)
  if (seconds !== null) return seconds * 1000
  const date = Date.parse(text ?? '')
  return Number.isNaN(date) ? null : Math.max(0, date - unixMs)
}
