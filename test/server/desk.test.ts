// Who is let in, without a socket: rates, scripts, limits, keys, sizes. What is dealt is in deskdeals.test.ts.
import { describe, expect, test } from 'bun:test'
import type { BodyNeeded } from '../../src/server/card.ts'
import { ask, cardOf, CHAT, headOf, lay, statusOf, textOf, withBody } from './_desk.ts'

const countBy = (statuses: readonly number[]): Record<number, number> =>
  Object.fromEntries(
    Map.groupBy(statuses, (status) => status)
      .entries()
      .map(([status, all]) => [status, all.length]),
  )

test('10,000 requests get their rates exactly, in any ten thousand that begin where the deck does', () => {
  const table = lay({ fault: 'status:500@2%,status:503@0.25%' })
  const statuses = Array.from({ length: 10_000 }, () => statusOf(ask(table)))
  expect(countBy(statuses)).toEqual({ 200: 9775, 500: 200, 503: 25 })
  table.desk.restart()
  expect(Array.from({ length: 10_000 }, () => statusOf(ask(table)))).toEqual(statuses)
})

test('a script is played in order, by route, whichever of its paths is asked and whatever for', () => {
  const table = lay({ fault: 'status:429x2,status:500,ok' })
  const paths = [CHAT, '/chat/completions', CHAT, CHAT, '/v1/messages', CHAT]
  expect(paths.map((path) => statusOf(ask(table, path)))).toEqual([429, 429, 500, 200, 429, 200])
  table.desk.restart()
  expect(statusOf(ask(table))).toBe(429)
})

test.each(['/health', '/v1/models', '/api/version'])('%s never fails and is never limited', (path) => {
  const table = lay({ fault: 'status:500', rateLimit: '1/s', honor: 'fault' })
  for (let i = 0; i < 5; i++)
    expect(statusOf(ask(table, path, { 'x-test-pattern': 'status:503' }, 'GET'))).toBe(200)
})

describe('limits', () => {
  test('a rate: the next is let in exactly when it is told', () => {
    const table = lay({ rateLimit: '100/s' })
    const statuses = Array.from({ length: 10_000 }, () => {
      table.wait(1)
      return statusOf(ask(table))
    })
    expect(countBy(statuses)).toEqual({ 200: 1000, 429: 9000 })
    for (let start = 0; start + 1000 <= statuses.length; start += 250)
      expect(statuses.slice(start, start + 1000).filter((status) => status === 200)).toHaveLength(100)
    const refused = cardOf(ask(table))
    expect(refused.reply.status).toBe(429)
    table.wait(Number(refused.reply.headers['retry-after-ms']))
    expect(statusOf(ask(table))).toBe(200)
  })

  test('headers of a card tell of the rate; the reply itself is the same for all', () => {
    const table = lay({ rateLimit: '3/s' })
    const [first, second] = [cardOf(ask(table)), cardOf(ask(table))]
    expect(first.extra).toMatchObject({ 'x-ratelimit-remaining-requests': '2' })
    expect(second.extra).toMatchObject({ 'x-ratelimit-remaining-requests': '1' })
    expect(second.reply).toBe(first.reply)
  })

  test('replies under way are counted by the tally', () => {
    const table = lay({ maxOpen: '2' })
    expect(statusOf(ask(table))).toBe(200)
    table.tally.open(0)
    table.tally.open(0)
    expect(statusOf(ask(table))).toBe(429)
    table.tally.complete(0)
    expect(statusOf(ask(table))).toBe(200)
  })

  test('several workers have parts that sum up to the whole', () => {
    const admitted = [0, 1, 2].map((index) => {
      const table = lay({ rateLimit: '10/s' }, { index, workers: 3 })
      return Array.from({ length: 20 }, () => statusOf(ask(table))).filter((status) => status === 200).length
    })
    expect(admitted).toEqual([4, 3, 3])
  })

  test('with auto it is the body that counts, when it is there', () => {
    const table = lay({ rateLimit: '1/s', reply: 'auto' })
    const [one, two] = [ask(table), ask(table)]
    expect(withBody(two, {}).reply.status).toBe(200)
    expect(withBody(one, {}).reply.status).toBe(429)
  })
})

describe('the key', () => {
  const table = lay({ apiKey: 'right', reply: 'auto' })
  const bearer = { authorization: 'Bearer right' }

  test.each([
    [CHAT, {}, 401],
    [`${CHAT}?key=wrong`, {}, 401],
    ['/v1/nothing', {}, 401],
    ['/v1/nothing', bearer, 404],
  ])('%s with %j: %d', (target, headers, status) =>
    expect(statusOf(ask(table, target, headers))).toBe(status),
  )

  test.each([
    [CHAT, bearer],
    [`${CHAT}?a=b&key=right`, {}],
    [CHAT, { 'x-api-key': 'right' }],
    [CHAT, { 'api-key': 'wrong', 'x-goog-api-key': 'right' }],
  ])('%s with %j is let in', (target, headers) => expect(ask(table, target, headers).kind).toBe('body'))

  test('a refusal is in the form of whoever is asked', () => {
    expect(textOf(cardOf(ask(table, '/v1/messages')))).toContain('authentication_error')
    const models = cardOf(ask(table, '/v1/models', { 'x-goog-api-key': 'no' }, 'GET'))
    expect(textOf(models)).toContain('UNAUTHENTICATED')
  })

  test('health is open', () => expect(statusOf(ask(table, '/health', {}, 'GET'))).toBe(200))
})

describe('sizes', () => {
  test.each([
    ['100', 200],
    ['101', 413],
    ['9'.repeat(30), 413],
  ])('a body of %s bytes: %d', (length, status) =>
    expect(statusOf(ask(lay({ maxBodyBytes: '100' }), CHAT, { 'content-length': length }))).toBe(status),
  )

  test('without a length it must be read first, and nothing is dealt before', () => {
    const table = lay({ maxBodyBytes: '100', fault: 'status:500x1,ok' })
    const head = headOf('POST', CHAT)
    const read = (): BodyNeeded => table.desk.match('POST', CHAT)(head) as BodyNeeded
    expect(read()).toMatchObject({ kind: 'body', mostBytes: 100 })
    expect(statusOf(read().pick('tooLarge'))).toBe(413)
    expect(statusOf(read().pick(new Uint8Array(100)))).toBe(500)
    expect(statusOf(read().pick(new Uint8Array(100)))).toBe(200)
  })

  test('with auto the smaller limit counts', () => {
    const table = lay({ maxBodyBytes: '100', reply: 'auto' })
    const choice = table.desk.match('POST', CHAT)(headOf('POST', CHAT)) as BodyNeeded
    expect(choice.mostBytes).toBe(100)
    expect(statusOf(choice.pick(new TextEncoder().encode('{"stream":true}')))).toBe(200)
    expect(statusOf(choice.pick(new TextEncoder().encode('{')))).toBe(400)
  })
})
