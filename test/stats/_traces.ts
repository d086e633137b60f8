// Requests that the journal might have kept, made by hand.
import type { Answered, ClientDeed, JudgedTrace } from '../../src/stats/traces.ts'

type Given = Partial<Omit<JudgedTrace, 'answer' | 'client'>> & Partial<Answered> & Partial<ClientDeed>

/** What is sent to one of several upstreams: the same body, but no fingerprint is that of another. */
export function traceAt(upstream: string, number: number, time: number, given: Given = {}): JudgedTrace {
  return trace(number, time, { upstream, fingerprint: upstream, bodySha256: 'a', ...given })
}

/** A request that came at `time`, was answered 10 ms later, and was read to the end. */
export function trace(number: number, time: number, given: Given = {}): JudgedTrace {
  const { status = 200, pattern = null, isCut = false, ending = 'close', ...others } = given
  const { retryAfterMs = null, shouldRetry = null, firstByteAt = time + 10, endedAt = time + 10 } = others
  const { fingerprint = 'f', bodySha256 = fingerprint || null } = others
  const { did = 'read to the end', chunks = null, afterMs = null, silentMs = null } = others
  return {
    id: `0-${number}`,
    time,
    upstream: others.upstream ?? '',
    session: others.session ?? null,
    method: 'POST',
    path: '/v1/chat/completions',
    bodyBytes: 2,
    bodySha256,
    retryCount: others.retryCount ?? null,
    fingerprint,
    cutText: others.cutText ?? null,
    said: others.said ?? [],
    answer: { status, pattern, isCut, ending, retryAfterMs, shouldRetry, firstByteAt, endedAt },
    client: { did, chunks, afterMs, silentMs },
  }
}
