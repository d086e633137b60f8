// What there is to object to in how clients treat failures: from what the journal has kept to sentences. Pure.
import { plural } from '../config/format.ts'
import { findAttempts } from './attempts.ts'
import { clientRules, type Finding, type Judged, type Severity } from './clientrules.ts'
import { compareNewest, type JudgedTrace } from './traces.ts'

export interface ClientVerdict {
  /** What all comes to. */
  readonly sentence: string
  /** So many requests were judged. */
  readonly requests: number
  /** Of those so many are still under way. */
  readonly open: number
  /** Errors first, and of each rule a few. */
  readonly findings: readonly Finding[]
  /** How many findings of each rule are left out, where any are. */
  readonly more: Readonly<Record<string, number>>
}

/** So many findings of one rule are told. */
export const MOST_FINDINGS = 20
const order: readonly Severity[] = ['error', 'warning', 'info']

/**
 * Judges what clients did. `nowMs`: the moment at which it is judged, Unix time. With `upstream` only what was asked there: where else its
 * clients went is known from all `traces`.
 */
export function judgeClient(traces: readonly JudgedTrace[], nowMs: number, upstream?: string): ClientVerdict {
  const sorted = traces.toSorted((a, b) => compareNewest(b, a))
  const meant = upstream === undefined ? sorted : sorted.filter((trace) => trace.upstream === upstream)
  const judged: Judged = { ...findAttempts(traces), traces: sorted, meant, nowMs }
  const ids = new Set(meant.map(({ id }) => id))
  const findings: Finding[] = []
  const more: Record<string, number> = {}
  let objections = 0
  for (const [rule, { severity, find }] of Object.entries(clientRules)) {
    const found = find(judged).filter(({ evidence }) => evidence.some((id) => ids.has(id)))
    findings.push(...found.slice(0, MOST_FINDINGS).map((one) => ({ rule, severity, ...one })))
    if (severity !== 'info') objections += found.length
    if (found.length > MOST_FINDINGS) more[rule] = found.length - MOST_FINDINGS
  }
  const open = meant.filter(({ client }) => client.did === 'still open').length
  return {
    sentence: sumUp(meant.length, open, objections),
    requests: meant.length,
    open,
    findings: findings.toSorted((a, b) => order.indexOf(a.severity) - order.indexOf(b.severity)),
    more,
  }
}

function sumUp(requests: number, open: number, objections: number): string {
  if (requests === 0) return 'There is no request to judge.'
  const still = open === 0 ? '' : `; ${open} of them ${open === 1 ? 'is' : 'are'} still under way`
  const judged = `${plural(requests, 'request was', 'requests were')} judged${still}`
  return objections === 0
    ? `There is nothing to object to: ${judged}.`
    : `There ${objections === 1 ? 'is' : 'are'} ${plural(objections, 'objection')}: ${judged}.`
}

/** For people: the sentence, and below it a line for each finding. */
export function renderClientVerdict({ sentence, findings, more }: ClientVerdict): string {
  const lines = findings.map(({ rule, severity, sentence }) => `${severity.padEnd(7)} ${rule}: ${sentence}`)
  const left = Object.entries(more).map(([rule, count]) => `        ${rule}: ${count} more`)
  return `${[sentence, ...lines, ...left].join('\n')}\n`
}
