// Tests that share a mock and are told apart by a header: scripts, limits and numbers of their own.
import { afterAll, describe, expect, test } from 'bun:test'
import { readSettings, type GivenFlags } from '../../src/config/config.ts'
import { type Config, singleUpstream } from '../../src/config/upstreams.ts'
import type { Desk } from '../../src/server/desk.ts'
import { Complaints } from '../../src/server/complaints.ts'
import { createRoom } from '../../src/server/room.ts'
import { ServedUpstream } from '../../src/server/served.ts'
import { MOST_SESSION_CHARACTERS } from '../../src/server/journal/entry.ts'
import { countRequests } from '../../src/stats/routes.ts'
import { Tally } from '../../src/stats/tally.ts'
import { createdAt, engines, serveInProcess } from '../_helpers.ts'
import { cardOf, CHAT, headOf } from './_desk.ts'

const clockAt = { ms: 1000 }
const clock = {
  now: () => clockAt.ms,
  later: setImmediate,
  unixMs: () => clockAt.ms,
  freshId: () => '',
}
const reading = { nowMs: 1000, cpuMicros: 0, unixMs: 1000 }

function serve(flags: GivenFlags, most: number, phases?: Config['upstreams'][0]['phases']): ServedUpstream {
  const process = new Tally(reading)
  const room = createRoom({ index: 0, workers: 1 }, clock, new Complaints(() => {}), process)
  const [single] = singleUpstream(
    readSettings({ chunkDelayMs: '0', sessions: String(most), ...flags }, {}),
  ).upstreams
  const upstream = new ServedUpstream(
    { ...single, ...(phases && { phases }) },
    {
      room,
      createdAt,
      files: { texts: {}, rules: {} },
      newTally: () => new Tally(reading),
      observed: [],
      prefixes: [],
      all: [single],
      isAlone: true,
      isSteered: false,
      mostSessions: most,
    },
    0,
  )
  ended.push(upstream)
  return upstream
}

const ended: ServedUpstream[] = []
afterAll(() => ended.forEach((upstream) => upstream.end()))

function statusFor(desk: Desk, session: string | null, headers: Record<string, string> = {}): number {
  const head = headOf('POST', CHAT, {
    'content-length': '2',
    ...(session !== null && { 'x-test-session': session }),
    ...headers,
  })
  const row = desk.rows.find(({ method, path }) => method === 'POST' && path === CHAT)!
  const [matched, native] = [desk.match('POST', CHAT), row.value.pick]
  const card = cardOf((session?.length ?? 0) % 2 === 0 ? matched(head) : native(head))
  card.tally.requests.count(card.counter, 0)
  return card.reply.status
}

describe('each session', () => {
  test('plays the script of the configuration from its beginning', () => {
    const { desk } = serve({ fault: 'status:429x2,ok' }, 10)
    const statuses = (session: string | null): number[] => [1, 2, 3].map(() => statusFor(desk, session))
    expect(statuses('a')).toEqual([429, 429, 200])
    expect(statuses(null)).toEqual([429, 429, 200])
    expect(statuses('bb')).toEqual([429, 429, 200])
    expect(statuses('a')).toEqual([200, 200, 200])
  })

  test('plays scripts of its own, which a header names', () => {
    const { desk } = serve({ honor: 'fault' }, 10)
    const script = { 'x-test-pattern': 'status:503x1,status:429,ok' }
    const play = (session: string): number[] => [1, 2, 3, 4].map(() => statusFor(desk, session, script))
    expect(play('a')).toEqual([503, 429, 200, 200])
    expect(play('bb')).toEqual([503, 429, 200, 200])
  })

  test('begins them anew with a reset', () => {
    const upstream = serve({ honor: 'fault', fault: 'status:500x1,ok' }, 10)
    const script = { 'x-test-pattern': 'status:503x1,ok' }
    const play = (): number[] => [
      statusFor(upstream.desk, 'a'),
      statusFor(upstream.desk, 'a', script),
      statusFor(upstream.desk, 'a', script),
    ]
    expect(play()).toEqual([500, 503, 200])
    expect(play()).toEqual([200, 200, 200])
    upstream.restart()
    expect(play()).toEqual([500, 503, 200])
  })

  test('has limits of its own', () => {
    const { desk } = serve({ rateLimit: '2/s' }, 10)
    expect([1, 2, 3].map(() => statusFor(desk, 'a'))).toEqual([200, 200, 429])
    expect([1, 2, 3].map(() => statusFor(desk, 'bb'))).toEqual([200, 200, 429])
    expect([1, 2, 3].map(() => statusFor(desk, null))).toEqual([200, 200, 429])
  })

  test('is in the phase that is in force', () => {
    const phases = [0, 5000].map((afterMs) => ({
      afterMs,
      given: {},
      settings: readSettings({ sessions: '10', ...(afterMs > 0 && { fault: 'status:503' }) }, {}),
    })) as unknown as Config['upstreams'][0]['phases']
    const upstream = serve({}, 10, phases)
    expect(statusFor(upstream.desk, 'a')).toBe(200)
    upstream.begin(-5000)
    expect([
      statusFor(upstream.desk, 'a'),
      statusFor(upstream.desk, 'bb'),
      statusFor(upstream.desk, null),
    ]).toEqual([503, 503, 503])
    upstream.begin(1000)
    expect(statusFor(upstream.desk, 'a')).toBe(200)
  })

  test('has numbers of its own, and what is dropped is told together', () => {
    const { desk, accounts } = serve({}, 2)
    for (const session of ['a', 'a', 'bb', null, 'c', 'dd', 'a']) statusFor(desk, session)
    const told = (): unknown[] =>
      accounts
        .told(reading)
        .map(({ phase, session, numbers }) => [phase, session, countRequests(numbers.routes)])
    expect(told()).toEqual([
      [0, null, 1],
      [null, 'dd', 1],
      [null, 'a', 1],
      [null, '', 4],
    ])
    expect(told()).toEqual(told())
    accounts.reset(reading)
    expect(told().map((row) => (row as unknown[])[2])).toEqual([0, 0, 0])
  })
})

test('who only asks for numbers, or has not the key, makes no session', () => {
  const { desk } = serve({ apiKey: 'sk', fault: 'status:503x1,ok' }, 1)
  const key = { authorization: 'Bearer sk' }
  expect(statusFor(desk, 'a', key)).toBe(503)
  expect(statusFor(desk, 'bb')).toBe(401)
  expect(statusFor(desk, 'bb', { authorization: 'Bearer no' })).toBe(401)
  for (const path of ['/health', '/readyz', '/']) {
    const head = headOf('GET', path, { 'x-test-session': 'c' })
    expect([path, cardOf(desk.match('GET', path)(head)).reply.status]).toEqual([path, 200])
  }
  expect(statusFor(desk, 'a', key)).toBe(200) // it goes on
})

test.each([
  ['', 400],
  ['ü', 400],
  ['a\tb', 400],
  ['x', 200],
  ['x'.repeat(MOST_SESSION_CHARACTERS), 200],
  ['x'.repeat(MOST_SESSION_CHARACTERS + 1), 400],
])('a name of other length is refused: %j → %d', (session, status) => {
  const { desk } = serve({}, 2)
  expect(statusFor(desk, session)).toBe(status)
})

test('a script in a header needs sessions', () => {
  const { desk } = serve({ honor: 'fault', sessions: '0' }, 0)
  expect(statusFor(desk, null, { 'x-test-pattern': 'status:429x2,ok' })).toBe(400)
  expect(statusFor(desk, null, { 'x-test-pattern': 'status:429' })).toBe(429)
})

test.each([...engines])('engine %s: two tests at once, each with its script', async (engine) => {
  const running = serveInProcess({ engine, chunkDelayMs: '0', fault: 'status:503x3,ok', sessions: '5' })
  try {
    const ask = async (session: string): Promise<number> => {
      const response = await fetch(`http://127.0.0.1:${running.port}${CHAT}`, {
        method: 'POST',
        headers: { 'X-Test-Session': session },
        body: '{}',
      })
      await response.text()
      return response.status
    }
    const asked = await Promise.all(
      ['one', 'two'].map(async (session) => {
        const statuses: number[] = []
        for (let i = 0; i < 5; i++) statuses.push(await ask(session))
        return statuses
      }),
    )
    expect(asked).toEqual([
      [503, 503, 503, 200, 200],
      [503, 503, 503, 200, 200],
    ])
  } finally {
    await running.stop(0)
  }
})
