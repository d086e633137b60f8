// How refusals say when to come back: by a date, which is reckoned when a request is refused, and in every other form.
import { describe, expect, test } from 'bun:test'
import type { Card } from '../../src/server/card.ts'
import { ask, cardOf, CHAT, lay, type Table } from './_desk.ts'

/** The clock of a table begins at 20:40:05 (GMT). */
const AT = (second: string): string => `Sun, 22 Nov 2026 20:40:${second} GMT`

function told(card: Card): Record<string, string> {
  const headers: Record<string, string> = { ...card.reply.headers, ...card.extra }
  return Object.fromEntries(
    ['retry-after', 'retry-after-ms', 'x-should-retry'].flatMap((name) =>
      name in headers ? [[name, headers[name]!]] : [],
    ),
  )
}

const deal = (table: Table, target?: string): Record<string, string> => told(cardOf(ask(table, target)))

describe('--retry-after date', () => {
  test('a fault: from now, whenever that is', () => {
    const table = lay({ fault: 'status:429', retryAfter: 'date', retryAfterMs: '3000' })
    expect(deal(table)).toEqual({ 'retry-after': AT('08') })
    table.wait(1500)
    expect(deal(table)).toEqual({ 'retry-after': AT('10') }) // 9.5, and not too early
    expect(deal(table, '/v1/messages')).toEqual({ 'retry-after': AT('10') })
  })

  test('a limit: when there is room again', () => {
    const table = lay({ rateLimit: '1/s', retryAfter: 'date' })
    expect(deal(table)).toEqual({})
    expect(deal(table)).toEqual({ 'retry-after': AT('06') })
  })

  test('other statuses and good answers have none, and a pattern that is picked is told all the same', () => {
    const table = lay({ retryAfter: 'date', honor: 'fault' })
    const pick = (pattern: string): Card => cardOf(ask(table, CHAT, { 'x-test-pattern': pattern }))
    expect(told(pick('status:503'))).toEqual({})
    expect(told(pick('ok'))).toEqual({})
    expect(told(pick('status:429'))).toEqual({ 'retry-after': AT('06') })
    expect(pick('status:429').extra).toMatchObject({ 'X-Test-Pattern-Applied': 'status:429' })
  })
})

test.each([
  ['both', { 'retry-after': '2', 'retry-after-ms': '1500' }],
  ['seconds', { 'retry-after': '2' }],
  ['ms', { 'retry-after-ms': '1500' }],
  ['past', { 'retry-after': 'Thu, 01 Jan 1970 00:00:00 GMT' }],
  ['malformed', { 'retry-after': 'soon' }],
  ['none', {}],
])('--retry-after %s', (retryAfter, headers) => {
  expect(deal(lay({ fault: 'status:429', retryAfter, retryAfterMs: '1500' }))).toEqual(headers)
  const full = lay({ rateLimit: '1/s', retryAfter })
  deal(full)
  expect(Object.keys(deal(full))).toEqual(Object.keys(headers))
})

test.each(['true', 'false'])(
  '--should-retry %s is said with every status that is asked for',
  (shouldRetry) => {
    const table = lay({ fault: 'status:400x1,status:503x1,ok', shouldRetry })
    expect(deal(table)).toEqual({ 'x-should-retry': shouldRetry })
    expect(deal(table)).toEqual({ 'x-should-retry': shouldRetry })
    expect(deal(table)).toEqual({})
  },
)
