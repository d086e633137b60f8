// Which requests are asked for, how a page is made of what several workers tell, and where it ends.
import { describe, expect, test } from 'bun:test'
import { BadRequest } from '../../../src/apis/api.ts'
import {
  cursorAt,
  filterKeys,
  isWanted,
  type QueryKey,
  readFilter,
} from '../../../src/server/journal/filter.ts'
import {
  answerQuestion,
  type JournalQuestion,
  mergePages,
  MOST_PAGE_BYTES,
  type Page,
} from '../../../src/server/journal/questions.ts'
import { readKeys } from '../../../src/server/query.ts'
import { unixOf } from '../../../src/server/journal/tell.ts'
import { compareNewest } from '../../../src/stats/traces.ts'
import { finish } from '../../../src/replies/work.ts'
import { bodies, cut, entryOf, faulty, journalOf, keep } from './_entries.ts'

const answerOf = (journal: ReturnType<typeof journalOf>, question: JournalQuestion) =>
  finish(answerQuestion(journal, question))

const readQuery = (query: string, keys: readonly QueryKey[]): ReturnType<typeof readFilter> =>
  readFilter(readKeys(query, keys))
const all = [...filterKeys, 'limit', 'cursor'] as const

describe('a query', () => {
  test.each([
    ['', { limit: 100, after: null }],
    [
      'upstream=a&session=s&body=x%20y',
      { upstream: 'a', session: 's', body: 'x y', limit: 100, after: null },
    ],
    ['path=/v1/*', { path: '/v1/*', limit: 100, after: null }],
    ['status=429', { status: [429, 429], limit: 100, after: null }],
    ['status=5XX', { status: [500, 599], limit: 100, after: null }],
    ['status=0', { status: [0, 0], limit: 100, after: null }],
    ['since=1795380000000.5', { since: 1_795_380_000_000.5, limit: 100, after: null }],
    ['since=2026-01-31T12:00:00Z', { since: Date.UTC(2026, 0, 31, 12), limit: 100, after: null }],
    ['limit=1', { limit: 1, after: null }],
    [
      'limit=1000&cursor=1795380000000.123_3-45',
      { limit: 1000, after: { time: 1_795_380_000_000.123, id: '3-45' } },
    ],
    [`session=${'s'.repeat(1 << 20)}`, { session: 's'.repeat(256), limit: 100, after: null }],
  ])('%.60j', (query, expected) => expect(readQuery(query, all)).toEqual(expected as never))

  test.each([
    [
      'upstraem=a',
      "There is no key 'upstraem'. Did you mean upstream? It takes upstream, path, status, since, session, body, limit or cursor.",
    ],
    ['x=1', "There is no key 'x'. It takes upstream,"],
    ['path=v1', "path does not accept 'v1': it takes a path, or its beginning and a star, as in /v1/*."],
    ['status=99', "status does not accept '99': it takes a status or a class of them, as in 429 or 4xx;"],
    ['status=', "status does not accept ''"],
    ['since=yesterday', "since does not accept 'yesterday': it takes Unix milliseconds, or a date"],
    ['limit=0', "limit does not accept '0': it takes a whole number from 1 to 1000."],
    ['limit=1001', "limit does not accept '1001'"],
    ['cursor=1', "cursor does not accept '1': it takes what an answer has as next."],
    ['body=a&body=b', 'body is given twice.'],
    [`${'k'.repeat(1 << 20)}=1`, "There is no key 'kkkkk"],
  ])('%.60j is refused', (query, message) => {
    const refusal = expect(() => readQuery(query, all))
    refusal.toThrow(BadRequest)
    refusal.toThrow(message)
  })

  test('a refusal is short, whatever was asked', () => {
    expect(() => readQuery(`status=${'9'.repeat(1 << 20)}`, all)).toThrow(/^.{0,250}$/)
  })

  test('what one way of asking takes, another does not', () =>
    expect(() => readQuery('limit=1', filterKeys)).toThrow(
      "There is no key 'limit'. It takes upstream, path,",
    ))
})

describe('a filter', () => {
  const entry = entryOf({
    path: '/v1/messages',
    upstream: 'b',
    headers: { 'x-test-session': 's1' },
    body: '{"say":"Grüße"}',
    reply: { status: 429 },
  })
  test.each<[string, boolean]>([
    ['', true],
    ['upstream=b', true],
    ['upstream=', false],
    ['path=/v1/messages', true],
    ['path=/v1', false],
    ['path=/v1*', true],
    ['path=/v2*', false],
    ['status=429', true],
    ['status=4xx', true],
    ['status=428', false],
    ['status=5xx', false],
    ['since=1000', true],
    ['since=1001', false],
    ['session=s1', true],
    ['session=s', false],
    ['body=Gr%C3%BC%C3%9F', true],
    ['body=gr', false],
    ['status=429&body=nowhere', false],
  ])('%s: %j', (query, wanted) => expect(isWanted(entry, 1000, readQuery(query, all))).toBe(wanted))

  test('a body that was not read has no part', () =>
    expect(isWanted(entryOf({ unfit: 'tooLarge' }), 0, { body: '' })).toBe(false))
})

describe('pages', () => {
  const page = (journal: ReturnType<typeof journalOf>, query = ''): Page =>
    answerOf(journal, { kind: 'requests', wanted: readQuery(query, all) }) as Page
  const bodiesOf = ({ requests }: Page): unknown[] => requests.map(({ body }) => body)

  test('the newest first, as many as are asked for, and on from there', () => {
    const journal = journalOf()
    for (const body of ['a', 'b', 'c', 'd']) keep(journal, { body })
    const first = page(journal, 'limit=3')
    expect([bodiesOf(first), first.hasMore]).toEqual([['d', 'c', 'b'], true])
    keep(journal, { body: 'e' })
    const second = page(journal, `limit=3&cursor=${cursorAt(first.requests[2]!)}`)
    expect([bodiesOf(second), second.hasMore]).toEqual([['a'], false])
  })

  test('in the order in which they came, whenever their bodies did', () => {
    const journal = journalOf()
    const atMs = performance.now()
    keep(journal, { body: 'late', atMs: atMs - 5 })
    keep(journal, { body: 'first', atMs: atMs - 10 })
    expect(bodiesOf(page(journal))).toEqual(['late', 'first'])
  })

  test('a page holds 1 MB at most, and one request in any case', () => {
    const journal = journalOf(100, 1 << 24)
    for (let i = 0; i < 30; i++) keep(journal, { body: '\u0001'.repeat(65_536) })
    const { requests, hasMore } = page(journal)
    expect([requests.length, hasMore]).toEqual([2, true])
    expect(JSON.stringify(requests).length).toBeLessThan(MOST_PAGE_BYTES)
  })

  test('of several workers: by time, and never past what one of them has not told', () => {
    const start = performance.now() - 1000
    const journals = [0, 1].map((worker) => journalOf(100, 1 << 20, worker))
    // Worker 0 has many of late, worker 1 a few of before and between.
    for (let i = 0; i < 8; i++) keep(journals[0]!, { body: `0-${i}`, atMs: start + 100 + 2 * i })
    for (let i = 0; i < 3; i++) keep(journals[1]!, { body: `1-${i}`, atMs: start + 50 * i + 5 })
    const told: string[] = []
    let cursor = ''
    for (let pages = 0; pages < 10; pages++) {
      const one = mergePages(
        journals.map((journal) => page(journal, `limit=3${cursor}`)),
        3,
      )
      told.push(...(bodiesOf(one) as string[]))
      expect(one.requests.length).toBeGreaterThan(0)
      if (!one.hasMore) break
      cursor = `&cursor=${cursorAt(one.requests.at(-1)!)}`
    }
    const expected = journals
      .flatMap((journal) =>
        [...journal.entries()].map((entry) => ({
          id: `${journal.worker}-${entry.sequence}`,
          time: unixOf(entry.atMs),
        })),
      )
      .toSorted(compareNewest)
    expect(told).toEqual(expected.map(({ id }) => id))
  })

  test('where one ends early because it is full, the others end there too', () => {
    const at = (time: number): Page['requests'][number] =>
      ({ id: `0-${time}`, time }) as Page['requests'][number]
    const merged = mergePages(
      [
        { requests: [at(9), at(8)], hasMore: true },
        { requests: [at(10), at(7), at(6)], hasMore: false },
      ],
      100,
    )
    expect([merged.requests.map(({ time }) => time), merged.hasMore]).toEqual([[10, 9, 8], true])
    expect(mergePages([], 5)).toEqual({ requests: [], hasMore: false })
  })
})

test('what is counted and forgotten is what the filter says', () => {
  const journal = journalOf()
  for (const [body, status] of [
    ['a', 200],
    ['b', 429],
    ['c', 200],
  ] as const)
    keep(journal, { body, reply: { status } })
  expect(answerOf(journal, { kind: 'count', wanted: {} })).toBe(3)
  expect(answerOf(journal, { kind: 'count', wanted: { status: [200, 200] } })).toBe(2)
  expect(answerOf(journal, { kind: 'forget', wanted: { status: [200, 200] } })).toBe(2)
  expect(bodies(journal)).toEqual(['b'])
  expect(answerOf(journal, { kind: 'forget', wanted: {} })).toBe(1)
  expect([journal.taken, bodies(journal)]).toEqual([0, []])
})

describe('what bodies say', () => {
  const body = JSON.stringify({ messages: [{ role: 'assistant', content: 'x' }] })
  const journal = journalOf()
  for (const session of ['a', 'b', undefined])
    keep(journal, { body, headers: session === undefined ? {} : { 'x-test-session': session } })
  keep(journal, { unfit: 'tooLarge' })
  const said = [(Bun.SHA256.hash('x', 'hex') as unknown as string).slice(0, 16)]

  test.each<[readonly (string | null)[], object]>([
    [[], {}],
    [['a'], { '0-0': said }],
    [['b', 'c'], { '0-1': said }],
    [[null], { '0-2': said, '0-3': [] }],
  ])('is told of the sessions %j', (sessions, expected) =>
    expect(answerOf(journal, { kind: 'said', wanted: {}, sessions })).toEqual(expected as never),
  )

  test('and not with the rest', () =>
    expect(answerOf(journal, { kind: 'traces', wanted: {} })).toMatchObject(
      Array.from({ length: 4 }, () => ({ said: [] })),
    ))
})

test.each<JournalQuestion>([
  { kind: 'traces', wanted: {} },
  { kind: 'said', wanted: {}, sessions: [null] },
  { kind: 'alike', fingerprints: [''] },
  { kind: 'requests', wanted: { body: 'x', limit: 1, after: null } },
  { kind: 'count', wanted: { body: 'x' } },
  { kind: 'forget', wanted: { body: 'x' } },
])('to answer %j may be interrupted at each entry, whatever comes and goes meanwhile', (question) => {
  const journal = journalOf(20)
  for (let i = 0; i < 20; i++) keep(journal, { reply: { marks: cut }, ledger: faulty() })
  const work = answerQuestion(journal, question)
  let pauses = 0
  while (work.next().done !== true) {
    pauses++
    keep(journal)
  }
  expect(pauses).toBeGreaterThanOrEqual(20)
  expect(journal.taken).toBe([...journal.entries()].reduce((sum, { weight }) => sum + weight, 0))
})
