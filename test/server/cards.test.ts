// What a card says besides its reply, and where a worker begins to deal.
import { describe, expect, test } from 'bun:test'
import type { Observation } from '../../src/server/observe.ts'
import { serveInProcess } from '../_helpers.ts'
import { ask, cardOf, CHAT, lay, statusOf, textOf, withBody } from './_desk.ts'

test('what is answered as usual is in no account of faults, named as it is or not', () => {
  for (const fault of ['', 'status:429x2,ok', 'ok', 'status:429,okx3', 'status:429x2']) {
    const table = lay({ fault })
    const cards = Array.from({ length: 6 }, () => cardOf(ask(table)))
    expect(cards.map(({ reply, ledger }) => ledger?.pattern ?? reply.status)).toEqual(
      cards.map(({ reply }) => (reply.status === 429 ? 'status:429' : 200)),
    )
  }
})

describe('of several workers', () => {
  const flags = { ttftMs: '100', ttftJitter: 'normal:0.2' }
  const dueOf = (index: number, workers: number, count: number): number[] => {
    const table = lay(flags, { index, workers })
    return Array.from({ length: count }, () => cardOf(ask(table)).reply.dueMs[0]!)
  }

  test.each([2, 3, 7])('%d begin the same deck at even distances', (workers) => {
    const deck = dueOf(0, 1, 1024)
    for (let index = 0; index < workers; index++) {
      const start = Math.floor((index * deck.length) / workers)
      expect(dueOf(index, workers, 5)).toEqual(deck.concat(deck).slice(start, start + 5))
    }
  })
})

test('a wrong method at a path that is open to all needs no key to be told so', () => {
  const pick: Observation['pick'] = () => {
    throw new Error('not asked')
  }
  const table = lay({ apiKey: 'k' }, undefined, [{ method: 'GET', path: '/stats', pick }])
  expect(statusOf(ask(table, '/stats'))).toBe(405)
  expect(statusOf(ask(table, '/nowhere'))).toBe(401)
})

describe('a pattern that a request picks', () => {
  test.each([
    ['split:1', 400],
    ['split:9', 200],
  ])('%s may make fewer pieces than one that is configured', (fault, status) => {
    const flags = { chunkCount: '1000', honor: 'fault' }
    expect(statusOf(ask(lay({ ...flags, fault })))).toBe(200)
    expect(statusOf(ask(lay(flags), CHAT, { 'x-test-pattern': fault }))).toBe(status)
  })
})

test.each([
  [{ stream: 'yes' }, 'stream'],
  [{ n: 129 }, 'n'],
  [{ model: 5 }, 'model'],
  [{ stream_options: { include_usage: 1 } }, 'include_usage'],
])('the refusal of %j names %s', (body, param) => {
  const card = withBody(ask(lay({ reply: 'auto' })), body)
  expect(card.reply.status).toBe(400)
  expect(JSON.parse(textOf(card)).error.param).toContain(param)
})

test('a new measuring window begins scripts of faults anew', async () => {
  const server = serveInProcess({ fault: 'status:429x2,ok', chunkDelayMs: '0' })
  try {
    const post = async (path: string): Promise<number> => {
      const response = await fetch(`http://127.0.0.1:${server.port}${path}`, { method: 'POST', body: '{}' })
      await response.text()
      return response.status
    }
    expect([await post(CHAT), await post(CHAT), await post(CHAT)]).toEqual([429, 429, 200])
    expect(await post('/stats/reset')).toBe(200)
    expect([await post(CHAT), await post(CHAT), await post(CHAT)]).toEqual([429, 429, 200])
  } finally {
    await server.stop(0)
  }
})
