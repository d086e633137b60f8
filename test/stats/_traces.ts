// Requests that the journal might have kept, made by hand.
import type { Answered, ClientDeed, JudgedTrace } from '../../src/stats/traces.ts'

type Given = Partial<Omit<JudgedTrace, 'answer' | 'client'>> & Partial<Answered> & Partial<ClientDeed>

/** A request that came at `time`, was answered 10 ms later, and was read to the end. */
export function trace(number: number, time: number, given: Given = {}): JudgedTrace {
  const { status = 200, pattern = null, isCut = false, ending = 'close', ...others } = given
  const { retryAfterMs = null, shouldRetry = null, firstByteAt = time + 10, endedAt = time + 10 } = others
  const { did = 'read to the end', chunks = null, afterMs = null, silentMs = null } = others
  return {
    id: `0-${number}`,
    time,
    upstream: others.upstream ?? '',
    session: others.session ?? null,
    method: 'POST',
    path: '/v1/chat/completions',
    bodyBytes: 2,
    bodySha256: others.bodySha256 ?? 'a',
    retryCount: others.retryCount ?? null,
    fingerprint: others.fingerprint ?? 'f',
    cutText: others.cutText ?? null,
    said: others.said ?? [],
    answer: { status, pattern, isCut, ending, retryAfterMs, shouldRetry, firstByteAt, endedAt },
    client: { did, chunks, afterMs, silentMs },
  }
}
