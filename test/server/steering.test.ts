// Orders to change what is served: one after the other, each everywhere or nowhere.
import { describe, expect, test } from 'bun:test'
import { type Given, readConfigFile } from '../../src/config/configfile.ts'
import type { Config } from '../../src/config/upstreams.ts'
import { type Hands, type Order, Steering, type Steered } from '../../src/server/steering.ts'

const file = `chunk-delay-ms: 20
upstreams:
  - {name: a, prefix: /a, phases: [{after: 0}, {after: 1s, fault: refuse}, {after: 3s}]}
  - {name: b, prefix: /b}
  - {name: c, prefix: /c, phases: [{after: 0}, {after: 5s, fault: refuse}]}
`

interface Set {
  readonly steering: Steering
  readonly applied: Config[]
  readonly began: Readonly<Record<string, number>>[]
}

async function set(yaml = file, hands: Partial<Hands> = {}, flags: Given['flags'] = {}): Promise<Set> {
  const applied: Config[] = []
  const began: Readonly<Record<string, number>>[] = []
  const config = await readConfigFile(yaml, 'c.yaml', { flags, environment: {} })
  const steering = new Steering(config, {
    apply: async (config) => void applied.push(config),
    begin: (moments) => void began.push(moments),
    unixMs: () => 10_000,
    ...hands,
  })
  return { steering, applied, began }
}

const patch = (upstream: string | null, change: object): Order => ({
  verb: 'patch',
  upstream,
  text: JSON.stringify(change),
})
const enter = (upstream: string | null, text: string): Order => ({ verb: 'enter', upstream, text })
const delays = ({ upstreams }: Config): number[] =>
  upstreams.map(({ phases }) => phases[0].settings.chunkDelayMs)
const shown = ({ settings }: Steered): { upstreams: Record<string, unknown>[] } => settings as never

describe('patch', () => {
  test('of one, of all, and of one again; null is the start again', async () => {
    const { steering } = await set()
    const told: (number | undefined)[][] = []
    for (const order of [
      patch('b', { 'chunk-delay-ms': 5 }),
      patch(null, { 'chunk-delay-ms': 7 }),
      patch('b', { 'chunk-delay-ms': null }),
      { verb: 'show' },
    ] as const) {
      const steered = await steering.steer(order)
      expect(steered.status).toBe(200)
      told.push(shown(steered).upstreams.map((one) => one['chunk-delay-ms'] as number))
    }
    expect(told).toEqual([
      [20, 5, 20],
      [7, 7, 7],
      [7, 20, 7],
      [7, 20, 7],
    ])
    expect(delays(steering.config)).toEqual([7, 20, 7])
  })

  test('keys are not told', async () => {
    const { steering } = await set()
    const { settings } = await steering.steer(patch('b', { 'api-key': 'secret' }))
    expect(JSON.stringify(settings)).not.toContain('secret')
    expect(JSON.stringify(settings)).toContain('(set)')
  })

  test.each<[Order, number, string]>([
    [patch(null, { workers: 2 }), 409, 'workers cannot change while the program serves'],
    [patch(null, { 'chunk-count': -1 }), 400, 'chunk-count does not accept'],
    [{ verb: 'patch', upstream: null, text: '' }, 400, 'is empty'],
    [patch(null, { replies: 'r.yaml' }), 400, '--replies r.yaml needs --reply auto'],
  ])('%j: %d, and nothing is applied', async (order, status, error) => {
    const { steering, applied } = await set()
    const before = steering.config
    const steered = await steering.steer(order)
    expect(steered.status).toBe(status)
    expect(steered.error).toContain(error)
    expect(applied).toEqual([])
    expect(steering.config).toBe(before)
  })

  test('more than there is room for is refused with the figure', async () => {
    const { steering, applied } = await set('ramp: { over: 60s, steps: 100, ttft-ms: [1, 100] }')
    const { status, error } = await steering.steer(patch(null, { 'chunk-count': 1e6 }))
    expect([status, error]).toEqual([400, expect.stringContaining('would take about 23')])
    expect(applied).toEqual([])
  })

  test('one without a name is changed where none is named', async () => {
    const { steering } = await set('chunk-delay-ms: 1\n')
    expect((await steering.steer(patch(null, { 'ttft-ms': 3 }))).settings).toMatchObject({ 'ttft-ms': 3 })
  })

  test('what cannot be applied leaves all as it was, and the next one is as if it had not been', async () => {
    let fails = true
    const { steering } = await set(file, {
      apply: async () => {
        if (fails) throw new Error('a worker cannot serve this: no')
      },
    })
    expect(await steering.steer(patch('a', { 'chunk-delay-ms': 1 }))).toEqual({
      status: 503,
      error: 'a worker cannot serve this: no',
    })
    expect(delays(steering.config)).toEqual([20, 20, 20])
    fails = false
    await steering.steer(patch('b', { 'chunk-delay-ms': 2 }))
    expect(delays(steering.config)).toEqual([20, 2, 20])
  })
})

describe('order', () => {
  test('two at once: the second begins when the first has been applied, and sees it', async () => {
    const events: string[] = []
    const release = Promise.withResolvers<void>()
    const { steering } = await set(file, {
      apply: async (config) => {
        events.push(`begin ${delays(config)}`)
        if (events.length === 1) await release.promise
        events.push('end')
      },
    })
    const both = [
      steering.steer(patch('a', { 'chunk-delay-ms': 1 })),
      steering.steer(patch('b', { 'chunk-delay-ms': 2 })),
    ]
    release.resolve()
    const [first, second] = await Promise.all(both)
    expect(events).toEqual(['begin 1,20,20', 'end', 'begin 1,2,20', 'end'])
    const told = [first, second].map((one) => shown(one!).upstreams.map((one) => one['chunk-delay-ms']))
    expect(told).toEqual([
      [1, 20, 20],
      [1, 2, 20],
    ])
  })

  test('1,000 in a second come one by one, and more than that are turned away', async () => {
    const { steering, applied } = await set()
    const orders = Array.from({ length: 1003 }, (_, i) => steering.steer(patch('b', { 'chunk-delay-ms': i })))
    const statuses = (await Promise.all(orders)).map(({ status }) => status)
    expect(statuses.slice(0, 1000).every((status) => status === 200)).toBe(true)
    expect(statuses.slice(1000)).toEqual([503, 503, 503])
    expect(applied.map((config) => delays(config)[1])).toEqual(Array.from({ length: 1000 }, (_, i) => i))
    expect((await steering.steer({ verb: 'show' })).status).toBe(200) // there is room again
  })

  test('one that fails does not hold up the next', async () => {
    const { steering } = await set()
    const answers = await Promise.all([
      steering.steer(patch(null, { x: 1 })),
      steering.steer(patch(null, { 'ttft-ms': 1 })),
    ])
    expect(answers.map(({ status }) => status)).toEqual([400, 200])
  })
})

test.each<Order>([enter(null, '{"to": 1}'), { verb: 'restore', upstream: null }])(
  '%j is answered when all have begun',
  async (order) => {
    const entered = Promise.withResolvers<void>()
    const { steering } = await set(file, { begin: () => entered.promise })
    const answer = steering.steer(order)
    expect(await Promise.race([answer, Bun.sleep(5).then(() => 'waits')])).toBe('waits')
    entered.resolve()
    expect((await answer).status).toBe(200)
  },
)

describe('restore', () => {
  test('of one takes back what has been changed of it, and begins its phases anew', async () => {
    const { steering, began } = await set()
    await steering.steer(patch(null, { 'chunk-delay-ms': 1 }))
    await steering.steer({ verb: 'restore', upstream: 'a' })
    expect(delays(steering.config)).toEqual([20, 1, 1])
    expect(began).toEqual([{ a: 10_000 }])
  })

  test('of all', async () => {
    const { steering, began } = await set()
    const start = steering.config
    await steering.steer(patch(null, { 'chunk-delay-ms': 1, 'api-key': 'x' }))
    await steering.steer({ verb: 'restore', upstream: null })
    expect(steering.config).toEqual(start)
    expect(began).toEqual([{ a: 10_000, b: 10_000, c: 10_000 }])
  })
})

describe('enter', () => {
  test.each<[string | null, number, Record<string, number>]>([
    ['a', 0, { a: 10_000 }],
    ['a', 1, { a: 9_000 }],
    ['a', 2, { a: 7_000 }],
    [null, 1, { a: 9_000, c: 5_000 }], // those that have phases
  ])('%j, %d', async (upstream, to, moments) => {
    const { steering, began, applied } = await set()
    expect((await steering.steer(enter(upstream, JSON.stringify({ to })))).status).toBe(200)
    expect([began, applied]).toEqual([[moments], []])
  })

  test.each<[string | null, string, number, string]>([
    ['b', '{"to": 0}', 409, 'b has no phases: there is nothing to enter'],
    ['a', '{"to": 3}', 400, 'to takes a phase from 0 to 2 of a, not 3'],
    [null, '{"to": 2}', 400, 'to takes a phase from 0 to 1 of c, not 2'],
    ['a', '{"to": -1}', 400, 'as in {"to": 2}'],
    ['a', '{"to": 1.5}', 400, 'as in {"to": 2}'],
    ['a', '{"to": "1"}', 400, 'as in {"to": 2}'],
    ['a', '{}', 400, 'as in {"to": 2}'],
    ['a', '', 400, 'as in {"to": 2}'],
    ['a', 'null', 400, 'as in {"to": 2}'],
  ])('%j, %s: %d %s', async (upstream, text, status, error) => {
    const { steering, began } = await set()
    const steered = await steering.steer(enter(upstream, text))
    expect([steered.status, steered.error]).toEqual([status, expect.stringContaining(error)])
    expect(began).toEqual([])
  })

  test('where nothing has phases', async () => {
    const { steering } = await set('chunk-delay-ms: 1\n')
    expect(await steering.steer(enter(null, '{"to": 0}'))).toEqual({
      status: 409,
      error: 'no upstream has phases: there is nothing to enter',
    })
  })
})
