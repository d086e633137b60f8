// Which requests are asked for: from the query of `GET /requests` to a filter, and which entries it takes.
import { BadRequest } from '../../apis/api.ts'
import { quoteText } from '../../config/format.ts'
import type { Position } from '../../stats/traces.ts'
import type { Asked } from '../query.ts'
import { type Entry, MOST_SESSION_CHARACTERS, sessionOf } from './entry.ts'
import { bodyOf } from './tell.ts'

/** What must be so; what is missing may be anything. */
export interface Filter {
  readonly upstream?: string
  /** All of it, or its beginning and a star. */
  readonly path?: string
  /** From one to the other. */
  readonly status?: readonly [from: number, to: number]
  /** Unix ms. */
  readonly since?: number
  readonly session?: string
  /** A part of it. */
  readonly body?: string
}

/** A page of what is asked for. */
export interface Paging {
  readonly limit: number
  /** Only what comes behind this one, so what is older; null: from the newest on. */
  readonly after: Position | null
}

const MOST_LIMIT = 1_000
const USUAL_LIMIT = 100

type Reader<Value> = (text: string) => Value | undefined

/** Each returns undefined for what it does not accept. */
const readers = {
  upstream: [(text: string) => text, 'the name of an upstream'],
  path: [
    (text: string) => (text.startsWith('/') ? text : undefined),
    'a path, or its beginning and a star, as in /v1/*',
  ],
  status: [readStatus, 'a status or a class of them, as in 429 or 4xx; 0 where the client saw none'],
  since: [readSince, 'Unix milliseconds, or a date as in 2026-01-31T12:00:00Z'],
  session: [(text: string) => text.slice(0, MOST_SESSION_CHARACTERS), 'the value of X-Test-Session'],
  body: [(text: string) => text, 'a part of the body'],
  limit: [readLimit, `a whole number from 1 to ${MOST_LIMIT}`],
  text: [(): true => true, 'anything'],
  cursor: [readCursor, 'what an answer has as next'],
} as const satisfies Readonly<Record<string, readonly [read: Reader<unknown>, accepts: string]>>

export type QueryKey = keyof typeof readers

export const filterKeys = [
  'upstream',
  'path',
  'status',
  'since',
  'session',
  'body',
] as const satisfies QueryKey[]

type Read = { [Key in QueryKey]?: NonNullable<ReturnType<(typeof readers)[Key][0]>> }

/** @throws BadRequest for a value that is not accepted */
export function readFilter(asked: Asked<QueryKey>): Filter & Paging & { readonly text?: true } {
  const values = Object.entries(asked).map(([name, text]) => {
    const key = name as QueryKey
    const [reader, accepts] = readers[key]
    const value = reader(text)
    if (value === undefined)
      throw new BadRequest(`${key} does not accept ${quoteText(text)}: it takes ${accepts}.`, key)
    return [key, value]
  })
  const { limit = USUAL_LIMIT, cursor: after = null, ...filter } = Object.fromEntries(values) as Read
  return { ...filter, limit, after }
}

function readStatus(text: string): readonly [number, number] | undefined {
  if (/^[1-5]xx$/i.test(text)) return [Number(text[0]) * 100, Number(text[0]) * 100 + 99]
  return /^(0|[1-5]\d\d)$/.test(text) ? [Number(text), Number(text)] : undefined
}

function readSince(text: string): number | undefined {
  const ms = /^\d+(\.\d+)?$/.test(text) ? Number(text) : Date.parse(text)
  return Number.isNaN(ms) ? undefined : ms
}

function readLimit(text: string): number | undefined {
  const limit = /^\d{1,5}$/.test(text) ? Number(text) : 0
  return limit >= 1 && limit <= MOST_LIMIT ? limit : undefined
}

function readCursor(text: string): Position | undefined {
  const [, time, id] = /^(\d+(?:\.\d+)?)_(\d+-\d+)$/.exec(text) ?? []
  return id === undefined ? undefined : { time: Number(time), id }
}

/** What `cursor` takes to go on behind a request. */
export function cursorAt({ time, id }: Position): string {
  return `${time}_${id}`
}

/** `unixMs`: when the request came. */
export function isWanted(entry: Entry, unixMs: number, wanted: Filter): boolean {
  const { upstream, path, status, since, session, body } = wanted
  return (
    (upstream === undefined || entry.upstream === upstream) &&
    (path === undefined ||
      (path.endsWith('*') ? entry.path.startsWith(path.slice(0, -1)) : entry.path === path)) &&
    (status === undefined || (entry.status >= status[0] && entry.status <= status[1])) &&
    (since === undefined || unixMs >= since) &&
    (session === undefined || sessionOf(entry.headers) === session) &&
    (body === undefined || bodyOf(entry)?.includes(body) === true)
  )
}
