// The measuring side: the client against servers whose behaviour is known, and the command from source.
import { afterAll, describe, expect, test } from 'bun:test'
import { runLoad } from '../../../src/bench/client/load.ts'
import type { LoadPlan } from '../../../src/bench/client/plan.ts'
import { type Asked, probe } from '../../../src/bench/client/probe.ts'
import { chooseFormat, targetOf } from '../../../src/bench/client/target.ts'
import { readCalibrateConfig } from '../../../src/config/calibrate.ts'
import { percentile } from '../../../src/stats/histogram.ts'
import type { Running } from '../../../src/server/server.ts'
import { loadPlan, wishesOf } from '../_results.ts'
import {
  childrenOf,
  isAlive,
  numbersOf,
  runToEnd,
  serveInProcess,
  sourceCommand,
  start,
  until,
} from '../../_helpers.ts'

const running = new Set<Running>()
afterAll(async () => void (await Promise.all([...running].map((server) => server.stop(0)))))

function serve(flags: Parameters<typeof serveInProcess>[0]): { server: Running; url: URL } {
  const server = serveInProcess(flags)
  running.add(server)
  return { server, url: new URL(`http://127.0.0.1:${server.port}/v1/chat/completions`) }
}

function askedOf(url: URL): Asked {
  return { url, target: targetOf(url, wishesOf({ format: chooseFormat(url, null) })) }
}

async function planFor(url: URL, change: Partial<LoadPlan> = {}): Promise<LoadPlan> {
  const asked = askedOf(url)
  const { delimiter } = await probe(asked)
  return loadPlan({ target: asked.target, delimiter, warmMs: 50, measureMs: 500, ...change })
}

describe('runLoad', () => {
  test('a closed loop counts what the server counts', async () => {
    const { server, url } = serve({ chunkDelayMs: '0' })
    const plan = await planFor(url)
    const result = await runLoad(plan, () => void server.snapshot(true))
    const { events } = numbersOf(server)
    expect(result.errors).toBe(0)
    expect(result.requests).toBeGreaterThan(10)
    // What was under way at the borders of the window is counted on one side only.
    expect(Math.abs(events - result.events)).toBeLessThanOrEqual(plan.connections * 20 * 2)
  })

  test('gaps, first events and lateness of a paced server', async () => {
    const { url } = serve({ chunkDelayMs: '20', ttftMs: '60' })
    const due = { ttftMs: 60, delayMs: 20, steps: Array.from({ length: 20 }, (_, i) => Math.min(i, 18)) }
    const { ttft, gap, lateness } = await runLoad(await planFor(url, { due, measureMs: 1500, warmMs: 0 }))
    expect(percentile(ttft, 0.5) / 1000).toBeGreaterThan(59)
    expect(percentile(gap, 0.5) / 1000).toBeGreaterThan(15)
    expect(percentile(gap, 0.5) / 1000).toBeLessThan(40)
    const early = await runLoad(await planFor(url, { due: { ...due, ttftMs: 10 }, measureMs: 800 }))
    expect(percentile(early.lateness, 0.5) - percentile(lateness, 0.5)).toBeGreaterThan(30_000) // it expects 50 ms less
  })

  test('in an open loop the time a request waits for a connection counts: no coordinated omission', async () => {
    const { url } = serve({ ttftMs: '100', chunkDelayMs: '0' })
    // One connection can do ten a second; forty are due.
    const result = await runLoad(await planFor(url, { connections: 1, rate: 40, measureMs: 1500, warmMs: 0 }))
    expect(result.waiting).toBeGreaterThan(20)
    expect(percentile(result.latency, 0.99) / 1000).toBeGreaterThan(700)
    const closed = await runLoad(await planFor(url, { connections: 1, measureMs: 1000, warmMs: 0 }))
    expect(percentile(closed.latency, 0.99)).toBeLessThan(percentile(result.latency, 0.99) / 2)
  })

  test.each(['/v1/chat/completions', '/v1/messages', '/v1/responses'])(
    'a stall shows as lateness on %s',
    async (path) => {
      const { url } = serve({ chunkDelayMs: '10', fault: 'stall:4:60' })
      const at = new URL(path, url)
      const { steps } = await probe(askedOf(at))
      const due = { ttftMs: 10, delayMs: 10, steps }
      const { lateness } = await runLoad(await planFor(at, { due, measureMs: 800 }))
      expect(percentile(lateness, 0.5) / 1000).toBeGreaterThan(50)
    },
  )

  test('what is never answered is told, with its age', async () => {
    const { url } = serve({ chunkDelayMs: '0', fault: 'okx1,hang' })
    const result = await runLoad(await planFor(url, { measureMs: 400 }))
    expect(result).toMatchObject({ requests: 0, errors: 0, underWay: 4 })
    expect(result.oldestMs).toBeGreaterThan(390)
  })

  test('with nothing but a time to the first chunk only that is judged', async () => {
    const { url } = serve({ chunkDelayMs: '30' })
    const due = { ttftMs: 30, delayMs: null, steps: [0] }
    const { lateness } = await runLoad(await planFor(url, { due, measureMs: 1500 }))
    expect(percentile(lateness, 0.9) / 1000).toBeLessThan(29)
  })
})

describe('the command', () => {
  // With few descriptors the search ends soon: the first case has searched.
  const bounded = ['sh', '-c', 'ulimit -n 314; exec "$@"', 'sh', ...sourceCommand]
  test.each([
    ['bun', sourceCommand, ['-d', '5']],
    ['socket', bounded, ['-d', '20', '--engine', 'socket']],
  ])(
    'for machines, engine %s: figures of this host, and no process is left',
    async (engine, command, more) => {
      const args = ['calibrate', '-s', '1', '-c', '18', '-w', '1', '--json', ...more]
      const { code, stdout, stderr } = await runToEnd(command, args, {}, 110_000)
      expect([code, stderr]).toEqual([0, expect.stringContaining('delay 0, 1 of 1 workers')])
      const found = JSON.parse(stdout)
      expect(found.engine).toBe(engine)
      expect(found.scaling).toHaveLength(1)
      expect(found.scaling[0].requestsPerSecond).toBeGreaterThan(100)
      expect(found.scaling[0].eventsPerSecond / found.scaling[0].requestsPerSecond).toBeCloseTo(20, 0)
      expect(found.floor.clientLatenessMs.count).toBeGreaterThan(100)
      // On a busy host even ten streams are late, and then no more are tried.
      expect(found.streams.length > 0).toBe(found.floor.kept)
      expect(found.mostStreams === null).toBe(!found.floor.kept)
      expect(found.advice.length).toBeGreaterThan(1)
    },
    120_000,
  )

  test('another server, in a closed and an open loop', async () => {
    const { url } = serve({ chunkDelayMs: '10' })
    const args = ['calibrate', '--url', url.href, '-s', '1', '--expect-delay-ms', '10']
    const closed = await runToEnd(sourceCommand, args)
    expect(closed.stdout).toMatch(
      /^server {4}http:.*\nload .*closed loop\nrequests .*20 events each\n[^]*lateness +p50/,
    )
    const open = await runToEnd(sourceCommand, [...args, '--rate', '20/s', '--json'])
    const { loop, requestsPerSecond, latenessMs } = JSON.parse(open.stdout)
    expect([loop, latenessMs.count > 0]).toEqual(['open', true])
    expect(requestsPerSecond).toBeGreaterThan(5)
    expect(requestsPerSecond).toBeLessThan(40)
  }, 60_000)

  test('another server, asked for whole answers of another API, by HTTP/2 and with a header of ours', async () => {
    const { url } = serve({ chunkDelayMs: '0', reply: 'auto', apiKey: 'sk-1' })
    const at = new URL('/v1/messages', url).href
    const more = ['--whole', '--http2', '--header', 'X-A: b', '--header', 'x-api-key: sk-1', '--json']
    const args = ['calibrate', '--url', at, '-s', '1', '--connections', '2', ...more]
    const { code, stdout } = await runToEnd(sourceCommand, args)
    const { eventsPerReply, errorKinds, requests } = JSON.parse(stdout)
    expect([code, eventsPerReply, errorKinds, requests > 10]).toEqual([0, 1, [], true])
  })

  test.each([
    [[], /^server {4}http:[^]*\nrequests {2}0 [^]*\nerrors +[\d,]+: status 500\n/],
    [['--json'], /^\{\n {2}"url": "http:[^]*"errorKinds": \[\s+\[\s+"status 500",\s+\d+\s+\]\s+\],[^]*\}\n$/],
  ])('with failed requests the figures are printed, and the exit code is 1: %j', async (more, figures) => {
    const { url } = serve({ chunkDelayMs: '0', fault: 'okx1,status:500x100000' })
    const args = ['calibrate', '--url', url.href, '-s', '1', '--connections', '2', ...more]
    const { code, stdout, stderr } = await runToEnd(sourceCommand, args)
    expect(stdout).toMatch(figures)
    expect(stderr).toMatch(/\d+ requests failed, the first because: status 500\n$/)
    expect(code).toBe(1)
  })

  test('Ctrl-C leaves nothing behind', async () => {
    const program = start([...sourceCommand, 'calibrate'], {})
    await until(() => program.output.stderr.includes('delay 0'))
    const all = await until(() => {
      const found = childrenOf(program.process.pid)
      const deep = found.flatMap(childrenOf)
      return deep.length > 0 ? [...found, ...deep] : undefined
    })
    program.process.kill('SIGINT')
    expect(await program.process.exited).toBe(130)
    await until(() => !all.some(isAlive))
  }, 60_000)

  test.each([
    [['--rate', '5/s'], '--rate needs --url'],
    [['--url', 'http://127.0.0.1:1/', '-w', '2'], '--workers is about our own server'],
    [['--url', 'http://127.0.0.1:1/', '--engine', 'socket'], '--engine is about our own server'],
    [['--engine', 'sokcet'], "--engine does not accept 'sokcet': it takes bun, socket; did you mean socket?"],
    [['--url', 'ftp://127.0.0.1:1/'], '--url does not accept'],
    [['--url', 'http://127.0.0.1:1/', '--insecure'], '--insecure needs a URL that begins with https:'],
    [['--header', 'A: b'], '--header needs --url'],
    [['--url', 'nowhere'], '--url does not accept'],
    [['--seconds', '0'], '--seconds does not accept'],
    [['--listen', '1'], 'unknown option --listen'],
  ])('%j is refused', async (args, message) => {
    const { code, stderr } = await runToEnd(sourceCommand, ['calibrate', ...args])
    expect([code, stderr.trim().split('\n').length]).toEqual([2, 1])
    expect(stderr).toContain(message)
  })

  test('a server that is not there is one line and exit code 1', async () => {
    const { code, stderr } = await runToEnd(sourceCommand, ['calibrate', '--url', 'http://127.0.0.1:9/v1'])
    expect(code).toBe(1)
    expect(stderr.trim().split('\n').at(-1)).toStartWith('mock-llm-api: cannot measure http://127.0.0.1:9/v1')
  })
})

test('the expectations follow each other', () => {
  const url = 'http://127.0.0.1:1/'
  expect(readCalibrateConfig({ url, expectDelayMs: '5' }, {})).toMatchObject({
    expectDelayMs: 5,
    expectTtftMs: 5,
  })
  expect(readCalibrateConfig({ url }, {})).toMatchObject({ expectDelayMs: null, expectTtftMs: null })
})
