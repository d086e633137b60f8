// What is told of an entry: to people, and to the verdict on the client.
import type { JudgedTrace, KeptRequest, Trace } from '../../stats/traces.ts'
import { round } from '../../stats/rounding.ts'
import { createDecoder } from '../encodings.ts'
import { callerOf } from '../keys.ts'
import { type Entry, MOST_BODY_KEPT, sessionOf } from './entry.ts'
import { hideHeaders, hideQuery } from './secrets.ts'

const utf8 = new TextDecoder()

export function idOf({ sequence }: Entry, worker: number): string {
  return `${worker}-${sequence}`
}

export function traceOf(entry: Entry, worker: number): Trace {
  const { atMs, firstByteMs, endedMs, status, ending, isCut, told, chunks, silentMs, headers } = entry
  return {
    id: idOf(entry, worker),
    time: unixOf(atMs),
    upstream: entry.upstream,
    session: sessionOf(headers),
    method: entry.method,
    path: entry.path,
    bodyBytes: entry.bodyBytes,
    bodySha256: entry.bodySha256,
    fingerprint: fingerprintOf(entry),
    retryCount: retryCountIn(headers),
    answer: {
      status,
      pattern: entry.pattern || null,
      isCut,
      ending,
      ...told,
      firstByteAt: firstByteMs === null ? null : unixOf(firstByteMs),
      endedAt: endedMs === null ? null : unixOf(endedMs),
    },
    client: {
      did: entry.did,
      chunks,
      afterMs: endedMs === null ? null : round(endedMs - atMs, 3),
      silentMs: silentMs === null ? null : round(silentMs, 3),
    },
  }
}

export function tellRequest(entry: Entry, worker: number): KeptRequest {
  return {
    ...traceOf(entry, worker),
    query: hideQuery(entry.query),
    headers: hideHeaders(entry.headers),
    body: bodyOf(entry),
  }
}

/** Without what its body says: it is looked into where that matters. */
export function judgedTraceOf(entry: Entry, worker: number): JudgedTrace {
  return { ...traceOf(entry, worker), cutText: entry.cutText, said: [] }
}

/** What AWS's clients sign a query with, each time anew. */
const SIGNING = ['x-amz-signature', 'x-amz-date']

export function fingerprintOf(entry: Entry): string {
  return (entry.fingerprint ??= makeFingerprint(entry))
}

function makeFingerprint({ bodySha256, headers, upstream, method, path, query }: Entry): string {
  if (bodySha256 === null) return ''
  const asked = query.split('&').filter((part) => !SIGNING.includes(part.split('=', 1)[0]!.toLowerCase()))
  const caller = callerOf({ query, header: (name) => headers[name] ?? null })
  const parts = [upstream, sessionOf(headers), method, path, asked.join('&'), bodySha256, ...caller]
  return Bun.SHA256.hash(JSON.stringify(parts), 'hex').slice(0, 16)
}

/** The text of a body, as far as it was kept. */
export function bodyOf({ body, bodyBytes, headers }: Entry): string | null {
  if (body === null) return null
  const decode = createDecoder(headers['content-encoding'] ?? null)
  const isWhole = body.byteLength === bodyBytes
  const decoded =
    isWhole || headers['content-encoding'] === undefined ? decode?.(body, MOST_BODY_KEPT) : undefined
  return decoded instanceof Uint8Array ? utf8.decode(decoded) : null
}

/** From the clock of `performance.now()`. */
export function unixOf(ms: number): number {
  return round(performance.timeOrigin + ms, 3)
}

/** As the SDKs of OpenAI, Anthropic and others tell it; those of AWS tell the attempts, of which the first is none. */
function retryCountIn(headers: Readonly<Record<string, string>>): number | null {
  const count = /^\d{1,9}$/.exec(headers['x-stainless-retry-count'] ?? '')?.[0]
  if (count !== undefined) return Number(count)
  const attempt = /(?:^|;) *attempt=([1-9]\d{0,8}) *(?:;|$)/.exec(headers['amz-sdk-request'] ?? '')?.[1]
  return attempt === undefined ? null : Number(attempt) - 1
}
