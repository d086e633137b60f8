// What all workers are asked about their journals, and what their answers come to together.
import type { Work } from '../../replies/work.ts'
import { compareNewest, type JudgedTrace, type KeptRequest, type Position } from '../../stats/traces.ts'
import { type Filter, isWanted, type Paging } from './filter.ts'
import { type Entry, sessionOf } from './entry.ts'
import type { Journal } from './journal.ts'
import { saidIn } from './said.ts'
import { fingerprintOf, idOf, judgedTraceOf, tellRequest, unixOf } from './tell.ts'

export type JournalQuestion =
  /** The newest requests, as many as a page holds. */
  | { readonly kind: 'requests'; readonly wanted: Filter & Paging }
  | { readonly kind: 'count'; readonly wanted: Filter }
  | { readonly kind: 'forget'; readonly wanted: Filter }
  | { readonly kind: 'traces'; readonly wanted: Filter }
  /** What bodies say that the assistant has said, where they are of one of these sessions. */
  | { readonly kind: 'said'; readonly wanted: Filter; readonly sessions: readonly (string | null)[] }
  /** All requests that ask for the same as one of these. */
  | { readonly kind: 'alike'; readonly fingerprints: readonly string[] }

/** Asks every worker; resolves to what was answered in time. */
export type AskAll = (question: JournalQuestion) => Promise<readonly unknown[]>

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
  /** By id. */
  readonly said: Readonly<Record<string, readonly string[]>>
  readonly alike: readonly JudgedTrace[]
}

/** What a page holds at most, as JSON. */
export const MOST_PAGE_BYTES = 1_000_000
/** So many of the last requests of a worker are judged. */
const MOST_JUDGED = 10_000

/** The answer of one worker. It pauses behind each entry: to look into a body takes 0.2 ms. */
export function* answerQuestion(
  journal: Journal,
  question: JournalQuestion,
): Work<JournalAnswers[JournalQuestion['kind']]> {
  const { worker } = journal
  switch (question.kind) {
    case 'requests':
      return yield* pageOf(journal, question.wanted)
    case 'count':
      return (yield* find(journal, question.wanted)).length
    case 'forget':
      return journal.forget(yield* find(journal, question.wanted))
    case 'traces': {
      const found = yield* find(journal, question.wanted)
      return yield* each(found.slice(0, MOST_JUDGED), (entry) => judgedTraceOf(entry, worker))
    }
    case 'said': {
      const found = yield* find(journal, question.wanted)
      const sessions = new Set(question.sessions)
      const meant = found.slice(0, MOST_JUDGED).filter(({ headers }) => sessions.has(sessionOf(headers)))
      return Object.fromEntries(
        yield* each(meant, (entry) => [idOf(entry, worker), entry.body === null ? [] : saidIn(entry.body)]),
      )
    }
    case 'alike': {
      const fingerprints = new Set(question.fingerprints)
      const found = yield* chosen(journal, (entry) => fingerprints.has(fingerprintOf(entry)))
      return yield* each(found.slice(0, MOST_JUDGED), (entry) => judgedTraceOf(entry, worker))
    }
  }
}

function find(journal: Journal, wanted: Filter): Work<Entry[]> {
  return chosen(journal, (entry) => isWanted(entry, unixOf(entry.atMs), wanted))
}

/** Of those that there are now, whatever comes and goes meanwhile. */
function* chosen(journal: Journal, isMeant: (entry: Entry) => boolean): Work<Entry[]> {
  const found: Entry[] = []
  for (const entry of [...journal.entries()]) {
    if (isMeant(entry)) found.push(entry)
    yield
  }
  return found
}

function* each<Value>(entries: readonly Entry[], tell: (entry: Entry) => Value): Work<Value[]> {
  const told: Value[] = []
  for (const entry of entries) {
    told.push(tell(entry))
    yield
  }
  return told
}

function* pageOf(journal: Journal, wanted: Filter & Paging): Work<Page> {
  const { after, limit } = wanted
  const placeOf = (entry: Entry): Position => ({ id: idOf(entry, journal.worker), time: unixOf(entry.atMs) })
  const found = yield* chosen(journal, (entry) => {
    const place = placeOf(entry)
    return (after === null || compareNewest(after, place) < 0) && isWanted(entry, place.time, wanted)
  })
  const sorted = found.map((entry) => ({ entry, ...placeOf(entry) })).toSorted(compareNewest)
  return take(sorted, limit, ({ entry }) => tellRequest(entry, journal.worker))
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
