// Which request is the retry of which, and which was asked at another upstream instead.
import { compareNewest, hasFailed, type JudgedTrace } from './traces.ts'

/** Who asks for the same later than this asks anew. */
const RETRY_WITHIN_MS = 60_000
/** Timers and clocks are not more exact than this. */
export const SLACK_MS = 20

/** What asks for the same, as far as it has come. */
interface Group {
  /** The last one of those that do not count. */
  last: JudgedTrace | null
  /** When all of those had ended. */
  endedAt: number
  /** Those that did not get what they had asked for, and have no retry yet, the oldest first. */
  readonly unlucky: JudgedTrace[]
}

export interface Attempts {
  /** By id of a retry the request that it repeats. */
  readonly retryOf: ReadonlyMap<string, JudgedTrace>
  /** Every request with its retries, in order. */
  readonly chains: readonly (readonly JudgedTrace[])[]
  /** Requests of which nobody can tell whether they are retries: others that ask for the same were under way, and none of them counts. */
  readonly unclear: ReadonlySet<string>
  /** Requests that were asked at another upstream as well, in place of a retry: the one that has failed, and the other one. */
  readonly failovers: ReadonlySet<string>
}

/**
 * A client that counts its retries (`x-stainless-retry-count`, `amz-sdk-request`) is believed: with 0 it asks anew. Among those that do
 * not count, a request is the retry of the one before it that asked for the same, if that has failed and was over, and no other was under
 * way. What another upstream was asked is no retry: what one has said (how long to wait, that it is in vain) goes for no other.
 */
export function findAttempts(traces: readonly JudgedTrace[]): Attempts {
  const groups = new Map<string, Group>()
  const retryOf = new Map<string, JudgedTrace>()
  const chainOf = new Map<string, JudgedTrace[]>()
  const unclear = new Set<string>()
  const sorted = traces.toSorted((a, b) => compareNewest(b, a))
  for (const trace of sorted) {
    const group = groupOf(groups, trace)
    const { last } = group
    const counts = trace.retryCount !== null
    const before = counts ? countedBefore(trace, group) : beforeOf(trace, group)
    if (before === undefined && !counts && last !== null && isSoonAfter(trace, group)) {
      unclear.add(trace.id)
      unclear.add(last.id)
    }
    const chain = before === undefined ? [] : chainOf.get(before.id)!
    if (before !== undefined) {
      retryOf.set(trace.id, before)
      group.unlucky.splice(group.unlucky.indexOf(before), 1)
    }
    chain.push(trace)
    chainOf.set(trace.id, chain)
    if (!counts) {
      group.last = trace
      group.endedAt = Math.max(group.endedAt, endOf(trace))
    }
    if (isUnlucky(trace)) group.unlucky.push(trace)
  }
  return { retryOf, chains: [...new Set(chainOf.values())], unclear, failovers: findFailovers(sorted) }
}

/** What requests of one session say, at whichever upstream: keys and paths may differ there. Null where the body was not read. */
export function questionOf({ session, method, bodySha256 }: JudgedTrace): string | null {
  return bodySha256 === null ? null : JSON.stringify([session, method, bodySha256])
}

/** Each failure is made good by one request, the last failure first. */
function findFailovers(sorted: readonly JudgedTrace[]): Set<string> {
  const failovers = new Set<string>()
  /** By question and upstream, what nobody has made good, the oldest first. */
  const missed = new Map<string, Map<string, JudgedTrace[]>>()
  for (const trace of sorted) {
    const question = questionOf(trace)
    if (question === null) continue
    let byUpstream = missed.get(question)
    if (byUpstream === undefined) missed.set(question, (byUpstream = new Map()))
    const elsewhere = [...byUpstream].filter(([upstream]) => upstream !== trace.upstream)
    const [last] = elsewhere.flatMap(([, failed]) => failed.slice(-1)).toSorted(compareNewest)
    if (last !== undefined && trace.time - endOf(last) <= RETRY_WITHIN_MS) {
      byUpstream.get(last.upstream)!.pop()
      failovers.add(last.id).add(trace.id)
    }
    if (!isUnlucky(trace)) continue
    const here = byUpstream.get(trace.upstream)
    if (here === undefined) byUpstream.set(trace.upstream, [trace])
    else here.push(trace)
  }
  return failovers
}

/** The client did not get, or not take, what it had asked for. */
function isUnlucky(trace: JudgedTrace): boolean {
  return hasFailed(trace) || trace.client.did === 'left'
}

function endOf({ answer }: JudgedTrace): number {
  return answer.endedAt ?? Number.POSITIVE_INFINITY
}

function groupOf(groups: Map<string, Group>, { fingerprint, id }: JudgedTrace): Group {
  const key = fingerprint || id
  let group = groups.get(key)
  if (group === undefined) groups.set(key, (group = { last: null, endedAt: 0, unlucky: [] }))
  return group
}

/** The newest that has one less and was over; of calls that were under way together the oldest, so that each has one. */
function countedBefore(
  { retryCount: count, time }: JudgedTrace,
  { unlucky }: Group,
): JudgedTrace | undefined {
  if (!count) return undefined
  const isMeant = (one: JudgedTrace): boolean =>
    (one.retryCount ?? 0) === count - 1 &&
    endOf(one) <= time + SLACK_MS &&
    time <= dueAt(one) + RETRY_WITHIN_MS
  const newest = unlucky.findLast(isMeant)
  return newest && unlucky.find((one) => isMeant(one) && endOf(one) >= newest.time)
}

/** When it was over, and the wait that it has told. */
function dueAt(trace: JudgedTrace): number {
  return endOf(trace) + (trace.answer.retryAfterMs ?? 0)
}

function beforeOf(trace: JudgedTrace, group: Group): JudgedTrace | undefined {
  const { last, endedAt, unlucky } = group
  if (last === null || endedAt > trace.time || !isSoonAfter(trace, group)) return undefined
  return hasFailed(last) && unlucky.includes(last) ? last : undefined
}

/** While others are under way that ask for the same, or not long after the last of them. */
function isSoonAfter({ time }: JudgedTrace, { endedAt }: Group): boolean {
  return time - endedAt <= RETRY_WITHIN_MS
}
