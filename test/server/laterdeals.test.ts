// What is dealt when it takes long to prepare: the same as else, later; and what stands between a request and its card knows of it.
import { describe, expect, test } from 'bun:test'
import { ask, CHAT, type Clocked, headOf, lay, layRules, statusOf, type Table, textOf } from './_desk.ts'
import { type GivenFlags, readSettings } from '../../src/config/config.ts'
import type { Card, Choice, Later } from '../../src/server/card.ts'
import { Complaints } from '../../src/server/complaints.ts'
import { createDesk } from '../../src/server/desk.ts'
import { createRoom, soleSite } from '../../src/server/room.ts'
import type { Memory } from '../../src/stats/memory.ts'
import { Tally } from '../../src/stats/tally.ts'

/** So that work is interrupted at each pause. */
const HASTY: Clocked = { tickMs: 10 }
const AUTO: GivenFlags = { reply: 'auto', chunkCount: '3000' }

const read = (choice: Choice, body: object = {}): Card | Later => {
  if (choice.kind !== 'body') return choice
  const bytes = new TextEncoder().encode(JSON.stringify(body))
  return choice.pick(bytes)
}

/** A card that is not there yet. */
function laterOf(choice: Card | Later): Later {
  expect(choice.kind).toBe('later')
  return choice as Later
}

const STREAM = { stream: true }

interface Asked {
  readonly flags: GivenFlags
  readonly path?: string
  readonly body?: object
  readonly headers?: Record<string, string>
}

describe('the same as what is there at once', () => {
  const requests: [string, Asked][] = [
    ['a chat', { flags: AUTO, body: STREAM }],
    ['a chat that is cut', { flags: AUTO, body: { ...STREAM, max_tokens: 5 } }],
    ['blocks', { flags: AUTO, path: '/v1/messages', body: STREAM }],
    ['many vectors', { flags: AUTO, path: '/v1/embeddings', body: { input: ['a', 'b', 'c', 'd'] } }],
    [
      'jittered lengths',
      {
        flags: { ...AUTO, chunkCount: '132000', chunkCountJitter: 'uniform:0.3' },
        path: '/v1/messages',
        body: { ...STREAM, max_tokens: 3 },
      },
    ],
    ['what the configuration asks for', { flags: { chunkCount: '200000' }, path: '/v1/messages' }],
    ['a fault of the plan', { flags: { ...AUTO, fault: 'abort:2000+crlf' }, body: STREAM }],
    [
      'a fault on top',
      { flags: { ...AUTO, honor: 'fault' }, body: STREAM, headers: { 'x-test-pattern': 'end:2000' } },
    ],
    ['a status', { flags: { ...AUTO, fault: 'status:503' }, body: STREAM }],
    ['with limits told', { flags: { ...AUTO, rateLimit: '9/s', providerHeaders: 'true' }, body: STREAM }],
  ]
  test.each(requests)('%s', async (_, { flags, path = CHAT, body, headers }) => {
    const deal = (table: Table): Card | Later => read(ask(table, path, headers), body)
    const usual = deal(lay(flags)) as Card
    expect(usual.kind).toBe('card')
    const table = lay(flags, HASTY)
    const card = await laterOf(deal(table)).card
    expect(textOf(card)).toBe(textOf(usual))
    expect(card.reply).toEqual(usual.reply)
    expect(card.extra).toEqual(usual.extra)
    expect([card.ledger?.pattern, card.counter?.status]).toEqual([
      usual.ledger?.pattern,
      usual.counter?.status,
    ])
  })

  test('rules, also those that are exchanged meanwhile', async () => {
    const yaml = `
- when: { model: slow }
  then: { chunk-count: 2500, fault: 'end:2000' }
`
    const usual = read(ask(await layRules(yaml, AUTO)), { ...STREAM, model: 'slow' }) as Card
    const table = await layRules(yaml, AUTO, '', HASTY)
    const later = laterOf(read(ask(table), { ...STREAM, model: 'slow' }))
    table.desk.reload([])
    expect((await later.card).reply).toEqual(usual.reply)
    expect((await laterOf(read(ask(table), { ...STREAM, model: 'slow' })).card).reply.frames).toHaveLength(
      3002,
    )
  })
})

describe('two at once', () => {
  test('for the same wait for the same, and what comes then is there', async () => {
    const table = lay(AUTO, HASTY)
    const [one, other] = [1, 2].map(() => laterOf(read(ask(table), STREAM)))
    const [first, second] = await Promise.all([one!.card, other!.card])
    expect(first).toBe(second!)
    const third = read(ask(table), STREAM)
    expect(third).toBe(first!)
  })

  test('any number may wait for the same', async () => {
    const table = lay(AUTO, HASTY)
    const laters = Array.from({ length: 100 }, () => laterOf(read(ask(table), STREAM)))
    expect(new Set(await Promise.all(laters.map(({ card }) => card))).size).toBe(1)
  })

  test('that say the same share what they say', async () => {
    const table = lay(AUTO, HASTY)
    const prompts = ['short', 'a longer prompt, of more tokens']
    const laters = prompts.map((content) =>
      laterOf(read(ask(table), { ...STREAM, messages: [{ role: 'user', content }] })),
    )
    const [first, second] = await Promise.all(laters.map(({ card }) => card))
    expect(first!.reply).not.toBe(second!.reply)
    expect(first!.reply.trunk!.whole).toBe(second!.reply.trunk!.whole)
    expect(first!.reply.frames[9]).toBe(second!.reply.frames[9]!)
  })

  test('what is prepared is counted when it is there', async () => {
    const table = lay(AUTO, HASTY)
    const taken = (): number => {
      const { memory } = table.tally.snapshot({ nowMs: 0, cpuMicros: 0, unixMs: 0 })
      return (memory as Memory).prepared!.taken
    }
    const later = laterOf(read(ask(table), STREAM))
    expect(taken()).toBe(0)
    await later.card
    expect(taken()).toBeGreaterThan(100_000)
  })
})

describe('who waits for a card', () => {
  test('is under way', async () => {
    const table = lay({ ...AUTO, maxOpen: '2' }, HASTY)
    const laters = [1, 2].map(() => laterOf(read(ask(table), STREAM)))
    expect(statusOf(read(ask(table), STREAM))).toBe(429)
    await Promise.all(laters.map(({ card }) => card))
    expect(statusOf(read(ask(table), STREAM))).toBe(200)
  })

  test('is under way where it asked, and nowhere else', async () => {
    const tallies = [1, 2].map(() => new Tally({ nowMs: 0, cpuMicros: 0, unixMs: 0 }))
    let nowMs = 0
    const clock = { now: () => (nowMs += 10), later: setImmediate, unixMs: () => 0, freshId: () => '' }
    const room = createRoom({ index: 0, workers: 1 }, clock, new Complaints(() => {}), tallies[0]!)
    const config = readSettings({ ...AUTO, maxOpen: '1' }, {})
    const [one, other] = tallies.map((tally) => createDesk({ config, createdAt: 0 }, soleSite(tally), room))
    const head = headOf('POST', CHAT, { 'content-length': '2' })
    const later = laterOf(read(one!.match('POST', CHAT)(head), STREAM))
    expect([one!, other!].map((desk) => read(desk.match('POST', CHAT)(head), STREAM).kind)).toEqual([
      'card',
      'later',
    ])
    await later.card
  })

  test('has an id of its own', async () => {
    const table = lay({ ...AUTO, providerHeaders: 'true' }, HASTY)
    const laters = [1, 2].map(() => laterOf(read(ask(table), STREAM)))
    const ids = (await Promise.all(laters.map(({ card }) => card))).map(
      ({ extra }) => extra?.['x-request-id'],
    )
    expect(ids).toEqual(['req_1', 'req_2'])
  })

  test('is counted on its route', () => {
    const later = laterOf(read(ask(lay(AUTO, HASTY)), STREAM))
    expect([later.counter?.route, later.counter?.status]).toEqual([`POST ${CHAT}`, 0])
  })
})
