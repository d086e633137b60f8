// One client that asks when it is time, whatever the server does.
import { describe, expect, test } from 'bun:test'
import { percentile } from '../../../src/stats/histogram.ts'
import { load, OK, serve, UNTIL_CLOSE } from './_load.ts'

describe('an open loop', () => {
  test('asks when it is time, on few connections, and no more often', async () => {
    const seen = serve(() => ({ say: OK }))
    const result = await load(seen.port, { rate: 100, connections: 3, measureMs: 300 })
    expect(result.errors).toBe(0)
    expect(result.requests).toBeGreaterThan(5)
    expect(seen.requests).toBeLessThanOrEqual((result.measuredMs + 100) / 10)
    expect(seen.connections).toBe(3)
  })

  test('what never gets a connection is under way since it was due', async () => {
    const seen = serve(() => null)
    const result = await load(seen.port, { rate: 100, connections: 2, measureMs: 300 })
    expect([result.requests, seen.requests]).toEqual([0, 2])
    expect(result.underWay).toBeGreaterThan(10)
    expect(result.waiting).toBe(result.underWay - 2)
    expect(result.oldestMs).toBeGreaterThanOrEqual(result.measuredMs) // the first was due at the start
  })

  test('what is due while the client itself is held up is asked in its order, and late since it was due', async () => {
    const seen = serve((request) => (request < 40 ? { say: OK } : null))
    const holdUp = (): void => Bun.sleepSync(500)
    const result = await load(seen.port, { rate: 100, connections: 1, measureMs: 600 }, holdUp)
    expect(result.errors).toBe(0)
    expect(percentile(result.latency, 0.5) / 1000).toBeGreaterThan(100)
    expect(result.underWay).toBeGreaterThan(9)
    expect(result.oldestMs).toBeLessThan(result.measuredMs - 200) // the forty that were due first have been answered
  })

  test('what is idle is not under way', async () => {
    const seen = serve(() => ({ say: OK }))
    const result = await load(seen.port, { rate: 0.1, connections: 3 })
    expect([seen.connections, seen.requests]).toEqual([3, 1])
    expect(result).toMatchObject({ underWay: 0, oldestMs: 0, errors: 0 })
  })

  test('a server that speaks without being asked is an error', async () => {
    const seen = serve(() => null, OK)
    const { errors, errorKinds } = await load(seen.port, { rate: 0.1, connections: 3 })
    expect(errors).toBeGreaterThan(0)
    expect(errorKinds).toEqual([['more bytes than asked for', errors]])
  })

  test('what is due when no connection is left waits, and is not lost', async () => {
    const seen = serve(() => {
      seen.close()
      return { say: OK, close: true }
    })
    const result = await load(seen.port, { rate: 5, connections: 1, measureMs: 500 })
    expect(seen.requests).toBe(1)
    expect(result.errorKinds[0]![0]).toStartWith('cannot connect: ')
    expect(result.underWay).toBeGreaterThan(1) // those due after 200 and 400 ms
  })

  test('what waits is asked when a connection is replaced, late but not lost', async () => {
    const seen = serve(() => ({ say: UNTIL_CLOSE, close: true }))
    const result = await load(seen.port, { rate: 500, connections: 2, measureMs: 300 })
    expect(result.errors).toBe(0)
    expect(result.requests).toBeGreaterThan(5)
    expect(result.waiting).toBeGreaterThan(5)
    expect(result.latency.maxMicros).toBeGreaterThan(10_000)
  })
})

test('connections are opened over the ramp', async () => {
  const seen = serve(() => null)
  let opened = 0
  const result = await load(seen.port, { connections: 10, rampMs: 60_000 }, () => (opened = seen.connections))
  expect([opened <= 1, seen.connections, result.underWay]).toEqual([true, 1, 1])
})
