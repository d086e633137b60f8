// The rules by which clients are judged, one row each: what is looked for, how bad it is, and the words for it.
import { formatMs, plural } from '../config/format.ts'
import { type Attempts, questionOf, SLACK_MS } from './attempts.ts'
import { hasFailed, type JudgedTrace, sawNone } from './traces.ts'

export type Severity = 'error' | 'warning' | 'info'

/** One thing that a client did. */
export interface Finding {
  readonly rule: string
  readonly severity: Severity
  readonly sentence: string
  /** The ids of the requests that show it. */
  readonly evidence: readonly string[]
}

/** What rules look at. */
export interface Judged extends Attempts {
  /** The oldest first. */
  readonly traces: readonly JudgedTrace[]
  /** Those of them that are asked about, of one upstream or of all. */
  readonly meant: readonly JudgedTrace[]
  readonly nowMs: number
}

type Found = Pick<Finding, 'sentence' | 'evidence'>

interface Rule {
  readonly severity: Severity
  readonly find: (judged: Judged) => Found[]
}

/** What must be changed before it is sent again. */
const FINAL_STATUSES = [400, 401, 403, 404, 422]
/** What may well succeed when it is sent again, besides everything from 500 on. */
const PASSING_STATUSES = [408, 409, 425, 429]
/** More retries than this of one request are a storm. */
export const MOST_RETRIES = 5
/**
 * Waits that a client has chosen by lot (random × 100 ms × 2^n) are three times within 10 ms of each other in 0.4 % of all cases, and
 * five times below 100 ms in 0.1 %. Fewer would say nothing: three times below 100 ms come in 12 %.
 */
const LEAST_ALIKE = 3
const ALIKE_MS = 10
const LEAST_TINY = 5
const TINY_MS = 100
/** Waits need not grow any more. */
const LONG_WAIT_MS = 5_000
/** Nothing for so long is a silence. */
const SILENCE_MS = 100
/** So many requests are named. */
const MOST_NAMED = 20

export const clientRules: Readonly<Record<string, Rule>> = {
  'retried-too-early': {
    severity: 'error',
    find: ({ chains }) =>
      chains.flatMap(retriesIn).flatMap(({ before, retry }) => {
        const { retryAfterMs, shouldRetry } = before.answer
        const waitedMs = retry.time - answeredAt(before)
        if (retryAfterMs === null || shouldRetry === false || waitedMs + SLACK_MS >= retryAfterMs) return []
        return [
          {
            sentence: `${nameOf(before)} said to wait ${formatMs(retryAfterMs)}, and ${retry.id} came after ${formatMs(Math.max(0, waitedMs))}.`,
            evidence: [before.id, retry.id],
          },
        ]
      }),
  },
  'retried-in-vain': {
    severity: 'error',
    find: ({ chains }) =>
      chains.flatMap((chain) => {
        const vain = retriesIn(chain).filter(({ before }) => whyInVain(before) !== undefined)
        if (vain.length === 0) return []
        const retries = vain.map(({ retry }) => retry)
        const how =
          retries.length === 1 ? `by ${idsOf(retries)}` : `${retries.length} times (${idsOf(retries)})`
        const why = [...new Set(vain.map(({ before }) => whyInVain(before)))].join(', ')
        return [
          {
            sentence: `${nameOf(vain[0]!.before)} was retried unchanged ${how}: ${why}.`,
            evidence: [...new Set(vain.flatMap(({ before, retry }) => [before.id, retry.id]))],
          },
        ]
      }),
  },
  'no-back-off': {
    severity: 'warning',
    find: ({ chains }) =>
      chains.flatMap((chain) => {
        const waits = ownWaits(chain)
        if (!areHasty(waits)) return []
        return [
          {
            sentence: `The waits before the retries of ${nameOf(chain[0]!)} did not grow: ${waits.slice(0, MOST_NAMED).map(formatMs).join(', ')} (${idsOf(chain)}).`,
            evidence: chain.map(({ id }) => id),
          },
        ]
      }),
  },
  'retry-storm': {
    severity: 'error',
    find: ({ chains }) =>
      chains.flatMap((chain) => {
        if (chain.length - 1 <= MOST_RETRIES) return []
        return [
          {
            sentence: `${nameOf(chain[0]!)} was retried ${chain.length - 1} times, more than ${MOST_RETRIES} (${idsOf(chain)}).`,
            evidence: chain.map(({ id }) => id),
          },
        ]
      }),
  },
  'gave-up': {
    severity: 'warning',
    find: ({ chains, unclear, failovers, nowMs }) =>
      chains.flatMap(([only, next]) => {
        if (only === undefined || next !== undefined || unclear.has(only.id) || !isPassing(only)) return []
        if (failovers.has(only.id)) return []
        const waitMs = only.answer.retryAfterMs ?? 0
        if (waitMs > 0 && nowMs < answeredAt(only) + waitMs) return []
        return [
          {
            sentence: `${nameOf(only)} might have succeeded a second time, and was not retried.`,
            evidence: [only.id],
          },
        ]
      }),
  },
  'took-cut-for-whole': { severity: 'error', find: findBelievers },
  'left-in-silence': {
    severity: 'info',
    find: ({ traces }) =>
      traces.flatMap((trace) => {
        const { did, silentMs, chunks } = trace.client
        if (did !== 'left' || trace.answer.pattern === null || silentMs === null || silentMs < SILENCE_MS)
          return []
        const got = chunks === null ? 'nothing' : plural(chunks, 'chunk')
        return [
          {
            sentence: `${nameOf(trace)} was left after ${formatMs(silentMs)} of silence (${trace.answer.pattern}), with ${got} sent.`,
            evidence: [trace.id],
          },
        ]
      }),
  },
  'left-unread': {
    severity: 'warning',
    find: ({ meant }) => {
      const usual = meant.filter((trace) => trace.answer.pattern === null && !hasFailed(trace))
      const left = usual.filter(({ client }) => client.did === 'left')
      if (left.length === 0) return []
      const evidence = left.slice(0, MOST_NAMED).map(({ id }) => id)
      return [
        {
          sentence: `${left.length} of ${plural(usual.length, 'reply', 'replies')} in which nothing was wrong ${left.length === 1 ? 'was' : 'were'} not read to the end (${idsOf(left)}).`,
          evidence,
        },
      ]
    },
  },
}

/** What was retried, each with its retry. */
function retriesIn(chain: readonly JudgedTrace[]): { before: JudgedTrace; retry: JudgedTrace }[] {
  return chain.slice(1).map((retry, i) => ({ before: chain[i]!, retry }))
}

/** Why the same again cannot succeed; undefined where it may. */
function whyInVain({ answer: { status, shouldRetry } }: JudgedTrace): string | undefined {
  if (shouldRetry === false) return 'it had said x-should-retry: false'
  return shouldRetry === null && FINAL_STATUSES.includes(status) ? `${status} stays ${status}` : undefined
}

/** Waits as nobody has them who backs off: all alike, or all tiny and no longer in the end. */
function areHasty(waits: readonly number[]): boolean {
  const sorted = waits.toSorted((a, b) => a - b)
  const [least, most] = [sorted[0]!, sorted.at(-1)!]
  if (waits.length >= LEAST_ALIKE && most - least <= ALIKE_MS) return least < LONG_WAIT_MS
  const hasGrown = waits.at(-1)! > 2 * waits[0]! + ALIKE_MS
  return waits.length >= LEAST_TINY && most < TINY_MS && !hasGrown
}

/** How long a client waited before each retry of what had failed, where nobody had told it to wait. */
function ownWaits(chain: readonly JudgedTrace[]): number[] {
  return retriesIn(chain).flatMap(({ before, retry }) => {
    if ((before.answer.retryAfterMs ?? 0) > 0 || !hasFailed(before)) return []
    return [Math.max(0, retry.time - (before.answer.endedAt ?? answeredAt(before)))]
  })
}

/** A stream that was cut, and a later request that says its text as what the assistant has said. */
function findBelievers({ traces }: Judged): Found[] {
  /** By session and text, the last one. */
  const cuts = new Map<string, JudgedTrace>()
  /** By question, when the whole reply came last, from whichever upstream. */
  const wholeAt = new Map<string | null, number>()
  const keyOf = ({ session }: JudgedTrace, text: string): string => JSON.stringify([session, text])
  return traces.flatMap((trace) => {
    if (trace.cutText !== null) cuts.set(keyOf(trace, trace.cutText), trace)
    else if (!hasFailed(trace)) wholeAt.set(questionOf(trace), trace.time)
    return trace.said.flatMap((text): Found[] => {
      const cut = cuts.get(keyOf(trace, text))
      if (cut === undefined || cut === trace) return []
      const question = questionOf(cut)
      const isExcused = question !== null && (wholeAt.get(question) ?? 0) > cut.time // asked again, it came whole
      if (isExcused) return []
      const sentence = `${nameOf(cut)} was cut after ${plural(cut.client.chunks ?? 0, 'chunk')}, and ${trace.id} goes on with its text as if it had been all.`
      return [{ sentence, evidence: [cut.id, trace.id] }]
    })
  })
}

/** The same request may well succeed later. What had come of a stream cannot be taken back, so that a client may leave it at that. */
function isPassing({ answer, client }: JudgedTrace): boolean {
  const { status, shouldRetry, ending } = answer
  if (shouldRetry === false || client.did === 'still open') return false
  if (status >= 400) return shouldRetry === true || status >= 500 || PASSING_STATUSES.includes(status)
  return client.did === 'read to the end' && !client.chunks && (sawNone(answer) || ending === 'reset')
}

/** Since when the client could know the answer. */
function answeredAt({ answer, time }: JudgedTrace): number {
  return answer.firstByteAt ?? answer.endedAt ?? time
}

function nameOf({ id, method, path, upstream, answer }: JudgedTrace): string {
  const where = upstream === '' ? '' : ` at ${upstream}`
  return `${id} (${method} ${path}${where}, ${sawNone(answer) ? 'no answer' : answer.status})`
}

function idsOf(traces: readonly JudgedTrace[]): string {
  const ids = traces.slice(0, MOST_NAMED).map(({ id }) => id)
  return `${ids.join(', ')}${traces.length > ids.length ? ', …' : ''}`
}
