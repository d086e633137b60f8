// The processes of a measurement: how clients share a plan, what is told of those that end, and that none is left.
import { afterEach, describe, expect, test } from 'bun:test'
import type { LoadPlan } from '../../../src/bench/client/plan.ts'
import { Rig } from '../../../src/bench/client/rig.ts'
import { probe } from '../../../src/bench/client/probe.ts'
import { answers } from '../../fleet/_programs.ts'
import { serveInProcess, sourceCommand, temporaryFolder, until } from '../../_helpers.ts'
import { loadPlan, targetTo, urlTo } from '../_results.ts'

/** The rigs of the tests: what one of them started is ended, also where its test has failed. */
const rigs = new Set<Rig>()
afterEach(async () => {
  for (const each of rigs) await each.clear()
})

function rigOf(...command: string[]): Rig {
  const made = new Rig(command)
  rigs.add(made)
  return made
}

test('a client measures replies of 25,000 events', async () => {
  const server = serveInProcess({ chunkCount: '25000', chunkDelayMs: '0' })
  try {
    const [url, target] = [urlTo(server.port), targetTo(server.port)]
    const { delimiter, steps } = await probe({ url, target })
    const due = { ttftMs: 0, delayMs: 0, steps }
    const plan = loadPlan({ target, delimiter, connections: 1, measureMs: 500, due })
    const { errors, events: arrived } = await rigOf(...sourceCommand).load(plan, 1)
    expect(errors).toBe(0)
    expect(arrived).toBeGreaterThan(0)
  } finally {
    await server.stop(0)
  }
}, 60_000)

/** A client that answers its plan with it: as many requests as it has connections, as many events as its rate. */
const CLIENT = `
  process.on('message', ({ connections, rate, target: { request: { body: task } } }) => {
    if (task === 'last ends' && connections === 1) return void setTimeout(() => process.exit(7), 200)
    if (task !== 'measure' && task !== 'last ends') process.exit(Number(task))
    process.send({ type: 'measuring' })
    const none = { count: 0, sumMicros: 0, maxMicros: 0, buckets: [] }
    const histograms = { ttft: none, gap: none, latency: none, lateness: none }
    const counts = { requests: connections, events: rate, errors: 1, errorKinds: [['told', 1]], measuredMs: 1, cpuMs: 0 }
    const result = { ...counts, waiting: 0, underWay: 0, oldestMs: 0, ...histograms, watched: null }
    process.send({ type: 'result', result }, undefined, undefined, () => process.exit(0))
  })
  process.send({ type: 'here' })
`

const tasked = (body: string): Pick<LoadPlan, 'target'> => ({ target: targetTo(1, { body }) })

describe('with clients that only tell their plans', () => {
  test.each([
    [10, 1, 1],
    [10, 3, 3],
    [2, 4, 2],
  ])('%j connections by %j of them: the whole plan, by %j', async (connections, clients, parts) => {
    let called = 0
    const plan = loadPlan({ connections, rate: 60, ...tasked('measure') })
    const result = await rigOf(process.execPath, '-e', CLIENT).load(plan, clients, async () => void called++)
    expect([result.requests, result.events, result.errors, called]).toEqual([connections, 60, parts, 1])
    expect(result.errorKinds).toEqual([['told', parts]])
  })

  test('what fails when all measure, fails', async () => {
    const failing = rigOf(process.execPath, '-e', CLIENT).load(loadPlan(tasked('measure')), 2, () =>
      Promise.reject(new Error('no stats')),
    )
    await expect(failing).rejects.toThrow('no stats')
  })

  test('it is not said that all measure while one does not', async () => {
    let called = 0
    const plan = loadPlan({ connections: 3, ...tasked('last ends') })
    const failing = rigOf(process.execPath, '-e', CLIENT).load(plan, 2, async () => void called++)
    await expect(failing).rejects.toThrow('cannot measure: a client ended (7)')
    expect(called).toBe(0)
  })

  test('a client that ends is told with its code', async () => {
    await expect(rigOf(process.execPath, '-e', CLIENT).load(loadPlan(tasked('7')), 2)).rejects.toThrow(
      'cannot measure: a client ended (7)',
    )
  })
})

test('a client that is killed is told with its signal', async () => {
  const killed = rigOf('sh', '-c', 'kill -9 $$')
  await expect(killed.load(loadPlan(), 1)).rejects.toThrow('cannot measure: a client ended (SIGKILL)')
})

describe('a server', () => {
  test('that ends before it serves is told', async () => {
    const empty = rigOf('sh', '-c', 'exit 0')
    await expect(empty.serve({})).rejects.toThrow('cannot measure: the server ended before it served')
  })

  test('is started with the options, and known by the port in its banner, however that comes', async () => {
    // It prints its arguments to where the test reads them, and its banner in two pieces.
    const { path, remove } = temporaryFolder()
    const script = `printf '%s ' "$@" > ${path}/args; printf 'OPENAI_BASE_URL=http://127.0.0.1:12'; sleep 0.1; printf '345/v1\\n'; exec sleep 60`
    const own = rigOf('sh', '-c', script, 'sh')
    try {
      const server = await own.serve({ chunkCount: '3', chunkDelayMs: '0' })
      expect(server.port).toBe(12_345)
      expect(await Bun.file(`${path}/args`).text()).toBe(
        '--listen=127.0.0.1:0 --exit-with-parent=true --chunk-count=3 --chunk-delay-ms=0 ',
      )
      await server.stop()
      const typed = await own.serve({ listen: '127.0.0.1:7' }, ['-w', '2', '--stamp'])
      expect(await Bun.file(`${path}/args`).text()).toBe(
        '--listen=127.0.0.1:7 --exit-with-parent=true -w 2 --stamp ',
      )
      await typed.stop()
    } finally {
      remove()
    }
  })

  test('ends with the rig, and nothing starts after it', async () => {
    const own = rigOf(...sourceCommand)
    const server = await own.serve({ workers: '1', chunkDelayMs: '0' })
    expect(await answers(server.port)).toBe(true)
    expect(server.residentBytes()).toBeGreaterThan(1 << 20)
    expect((await server.stats()).requests.total).toBeGreaterThan(0)
    await server.stats(true)
    expect((await server.stats()).requests.total).toBe(0)
    await own.clear()
    await until(async () => !(await answers(server.port)))
    expect(server.residentBytes()).toBeNull()
    await expect(own.serve({})).rejects.toThrow('cannot measure: it was ended')
    await expect(own.load(loadPlan(), 1)).rejects.toThrow('cannot measure: it was ended')
  })
})
