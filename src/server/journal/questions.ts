// What all workers are asked about their journals, and what their answers come to together.
import { compareNewest, type JudgedTrace, type KeptRequest } from '../../stats/traces.ts'
import { type Filter, isWanted, type Paging } from './filter.ts'
import type { Entry } from './entry.ts'
import type { Journal } from './journal.ts'
import { fingerprintOf, idOf, judgedTraceOf, tellRequest, unixOf } from './tell.ts'

export type JournalQuestion =
  /** The newest requests, as many as a page holds. */
  | { readonly kind: 'requests'; readonly wanted: Filter & Paging }
  | { readonly kind: 'count'; readonly wanted: Filter }
  | { readonly kind: 'forget'; readonly wanted: Filter }
  /** With what bodies say. */
  | { readonly kind: 'traces'; readonly wanted: Filter }
  /** All requests that ask for the same as one of these. */
  | { readonly kind: 'alike'; readonly fingerprints: readonly string[] }

export interface Page {
  /** The newest first. */
  readonly requests: readonly KeptRequest[]
  /** There are older ones. */
  readonly hasMore: boolean
}

/** By kind of question. */
export interface JournalAnswers {
  readonly requests: Page
  readonly count: number
  readonly forget: number
  readonly traces: readonly JudgedTrace[]
  readonly alike: readonly JudgedTrace[]
}

/** What a page holds at most, as JSON. */
export const MOST_PAGE_BYTES = 1_000_000
/** So many of the last requests of a worker are judged. */
export const MOST_JUDGED = 10_000

/** The answer of one worker. */
export function answerQuestion(
  journal: Journal,
  question: JournalQuestion,
): JournalAnswers[JournalQuestion['kind']] {
  const { worker } = journal
  const find = (wanted: Filter): Entry[] =>
    [...journal.entries()].filter((entry) => isWanted(entry, unixOf(entry.atMs), wanted))
  switch (question.kind) {
    case 'requests':
      return pageOf(journal, question.wanted)
    case 'count':
      return find(question.wanted).length
    case 'forget': {
      const forgotten = find(question.wanted)
      for (const entry of forgotten) journal.forget(entry)
      return forgotten.length
    }
    case 'traces':
      return find(question.wanted)
        .slice(0, MOST_JUDGED)
        .map((entry) => judgedTraceOf(entry, worker, true))
    case 'alike': {
      const fingerprints = new Set(question.fingerprints)
      return [...journal.entries()]
        .filter((entry) => fingerprints.has(fingerprintOf(entry)))
        .slice(0, MOST_JUDGED)
        .map((entry) => judgedTraceOf(entry, worker, false))
    }
  }
}

function pageOf(journal: Journal, wanted: Filter & Paging): Page {
  const { after, limit } = wanted
  const found = [...journal.entries()]
    .map((entry) => ({ entry, id: idOf(entry, journal.worker), time: unixOf(entry.atMs) }))
    .filter((one) => after === null || compareNewest(after, one) < 0)
    .filter(({ entry, time }) => isWanted(entry, time, wanted))
    .toSorted(compareNewest)
  return take(found, limit, ({ entry }) => tellRequest(entry, journal.worker))
}

/** As many as fit a page; one in any case. */
function take<Item>(items: readonly Item[], limit: number, tell: (item: Item) => KeptRequest): Page {
  const requests: KeptRequest[] = []
  let bytes = 0
  for (const item of items) {
    const told = tell(item)
    bytes += Buffer.byteLength(JSON.stringify(told)) + 1
    if (requests.length === limit || (bytes > MOST_PAGE_BYTES && requests.length > 0))
      return { requests, hasMore: true }
    requests.push(told)
  }
  return { requests, hasMore: false }
}

/** One page of those of all workers. It ends where one of them has older ones that it has not told. */
export function mergePages(pages: readonly Page[], limit: number): Page {
  const told = pages.flatMap(({ requests }) => requests).toSorted(compareNewest)
  const ends = pages.flatMap(({ requests, hasMore }) => (hasMore ? requests.slice(-1) : []))
  const [newestEnd] = ends.toSorted(compareNewest)
  const known = newestEnd === undefined ? told : told.filter((one) => compareNewest(one, newestEnd) <= 0)
  const page = take(known, limit, (one) => one)
  return { requests: page.requests, hasMore: page.hasMore || ends.length > 0 }
}
