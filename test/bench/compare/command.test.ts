// The command as a user runs it: against proxies that do one thing each, with what it prints, its exit codes, and Ctrl-C.
import { afterAll, describe, expect, test } from 'bun:test'
import { join } from 'node:path'
import type { CompareReport } from '../../../src/bench/compare/report.ts'
import { claimPort } from '../../../src/fleet/host.ts'
import { isAlive, serveInProcess, sourceCommand, temporaryFolder, until } from '../../_helpers.ts'
import { startDelay } from './_delay.ts'
import { type Meddling, startProxy } from './_proxy.ts'

const stops: (() => unknown)[] = []
afterAll(async () => {
  for (const stop of stops) await stop()
})

function proxyTo(port: number, meddling: Meddling): string {
  const proxy = startProxy(`http://127.0.0.1:${port}`, meddling)
  stops.push(proxy.stop)
  return proxy.url
}

interface Ran {
  readonly code: number
  readonly out: string
  readonly err: string
}

function spawn(args: readonly string[], environment: Record<string, string> = {}) {
  return Bun.spawn([...sourceCommand, 'compare', '--most-streams', '16', ...args], {
    env: { ...process.env, NO_COLOR: '1', ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
}

async function run(args: readonly string[], environment: Record<string, string> = {}): Promise<Ran> {
  const child = spawn(args, environment)
  const [out, err, code] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ])
  return { code, out, err }
}

const QUICK = ['--rounds', '3', '--seconds', '0.2', '--connections', '2']

test('a mock of its own, through what delays, harms and hides, and through what does nothing', async () => {
  const port = await claimPort({ host: '127.0.0.1', port: 0 })
  const slow = startDelay(port, 5)
  stops.push(slow.stop)
  const bad = proxyTo(port, {
    hidesLeaving: true,
    meddle: (chunk, index) => (index === 7 ? [] : [chunk, chunk]),
  })
  const folder = temporaryFolder()
  const html = join(folder.path, 'page.html')
  const vias = [
    '--via',
    `same=http://127.0.0.1:${port}`,
    '--via',
    `slow=${slow.url}`,
    '--via',
    `bad=${bad}/v1`,
  ]
  const server = ['--', '-w', '1', '-c', '12', '-d', '30']
  try {
    const ran = await run([
      ...vias,
      ...QUICK,
      '--listen',
      `127.0.0.1:${port}`,
      '--json',
      '--html',
      html,
      ...server,
    ])
    expect(ran.err).not.toContain('mock-llm-api:')
    expect(ran.code).toBe(0)
    const told = JSON.parse(ran.out) as CompareReport
    const { settings, isComplete, direct, vias: through } = told
    expect(isComplete).toBe(true)
    expect(settings).toMatchObject({ rounds: 3, seconds: 0.2, format: 'chat', isStamped: true })
    expect(settings.pace).toEqual({ chunkCount: 12, chunkDelayMs: 30, ttftMs: 30, replyMs: 390 })
    const [same, delayed, harmed] = through
    const [level] = direct.levels
    expect(level).toMatchObject({ rounds: 3, errors: 0, level: { connections: 2, rate: null } })
    expect(level!.figures.totalP50).toBeGreaterThan(389)
    for (const { levels, name } of through)
      expect([name, levels[0]!.rounds, levels[0]!.errors]).toEqual([name, 3, 0])
    const { chunkP50 } = delayed!.levels[0]!.added
    expect(chunkP50!.median).toBeGreaterThan(4)
    expect(same!.levels[0]!.stream).toMatchObject({ lost: 0, doubled: 0, reordered: 0, merged: 0, split: 0 })
    const { replies, lost, doubled } = harmed!.levels[0]!.stream!
    expect([lost, doubled]).toEqual([replies, 11 * replies])
    expect([same!.isSameText, delayed!.isSameText, harmed!.isSameText]).toEqual([true, true, false])
    for (const { aborts } of [same!, delayed!]) {
      expect(aborts!.seen).toBeGreaterThan(0)
      expect(aborts!.afterMs).toBeLessThan(270)
    }
    expect(harmed!.aborts).toEqual({
      tries: 5,
      seen: 0,
      afterMs: null,
      chunksInVain: null,
      failed: 0,
      reason: null,
    })
    expect(through.map(({ most }) => most !== null)).toEqual([true, true, true])
    expect(direct.most!.streams).toBeLessThanOrEqual(16)
    expect(await Bun.file(html).text()).toStartWith('<!doctype html>')
  } finally {
    folder.remove()
  }
}, 120_000)

describe('with a mock that runs', () => {
  const mock = serveInProcess({ chunkDelayMs: '0', stamp: 'true' })
  const plain = serveInProcess({ chunkDelayMs: '0' })
  const odd = serveInProcess({ chunkDelayMs: '0', chunkCountJitter: 'uniform:0.5' })
  stops.push(
    () => mock.stop(0),
    () => plain.stop(0),
    () => odd.stop(0),
  )
  const url = `http://127.0.0.1:${mock.port}`
  const plainUrl = `http://127.0.0.1:${plain.port}`

  test.each([
    [
      'text',
      [],
      /^mock-llm-api [^\n]*: what same adds\n[^]*\n2 connections +direct +same adds\n[^]*TTFT p50 [^]*What happened to the streams\n {2}same {2}all [\d,]+ chunks came once and in order/,
    ],
    [
      'Markdown',
      ['--markdown'],
      /^### mock-llm-api [^]*\n\| 2 connections \| direct \| same adds \|\n\|---\|---:\|---:\|\n/,
    ],
    [
      'text, in an open loop',
      ['--rate', '50/s', '--connections', '3'],
      /\n50 requests\/s, on at most 3 connections +direct/,
    ],
  ])(
    '%s',
    async (_, more, expected) => {
      const args = ['--direct', url, '--via', `same=${url}`, '--rounds', '3', '--seconds', '0.2', ...more]
      const { out, code, err } = await run(
        more.includes('--connections') ? args : [...args, '--connections', '2'],
      )
      expect(out).toMatch(expected)
      expect(err).toMatch(/warming up: same[^]*: round 3, [^]*clients that leave: same/)
      expect(code).toBe(0)
    },
    60_000,
  )

  test('without stamps: from the schedule', async () => {
    const args = ['--direct', plainUrl, '--via', `same=${plainUrl}/v1`, '--json', ...QUICK]
    const { out, code } = await run(args)
    expect(code).toBe(0)
    const { settings, vias } = JSON.parse(out) as CompareReport
    expect(settings.isStamped).toBe(false)
    expect(vias[0]!.levels[0]!.added.chunkP50).not.toBeNull()
    expect(vias[0]!.levels[0]!.stream).toBeNull()
  }, 60_000)

  test.each([
    [
      'another text',
      () => ['--direct', url, '--via', `x=${plainUrl}`],
      '--via x does not lead to the mock: there are no stamps in its text, which begins "Hello world',
    ],
    [
      'a mock whose replies differ',
      () => ['--direct', `http://127.0.0.1:${odd.port}`, '--via', `x=${url}`],
      'cannot compare: two replies of the mock differ',
    ],
    [
      'no mock',
      () => ['--direct', proxyTo(1, {}), '--via', `x=${url}`],
      'is no mock-llm-api: /stats answers with status 502',
    ],
    [
      'a path that is not there',
      () => ['--direct', url, '--via', `x=${url}/nothing`],
      `cannot compare --via x ${url}/nothing: it answers with status 404`,
    ],
    [
      'no stream',
      () => ['--direct', url, '--via', `x=${url}/health`],
      `cannot compare --via x ${url}/health: it answers with status 405`,
    ],
    [
      'a page that cannot be written',
      () => ['--direct', url, '--via', `x=${url}`, '--html', '/nowhere/page.html'],
      'cannot write --html /nowhere/page.html: ENOENT',
    ],
    [
      'paths of two formats',
      () => ['--direct', url, '--via', `x=${url}/v1/messages`, '--via', `y=${url}/v1/chat/completions`],
      'cannot compare: the path of x is of the format messages, and that of y of chat',
    ],
    [
      'a process that there is not',
      () => ['--direct', url, '--via', `x=${url}`, '--pid', 'x=999999999'],
      '--pid x=999999999: there is no such process',
    ],
    [
      'a file that is not there',
      () => ['--direct', url, '--via', `x=${url}`, '--body', '/nowhere'],
      'cannot read --body /nowhere: ENOENT',
    ],
  ] as [string, () => string[], string][])(
    '%s: one line, and exit 1',
    async (_, args, message) => {
      const { out, err, code } = await run([...args(), ...QUICK])
      const complaints = err.split('\n').filter((line) => line.startsWith('mock-llm-api:'))
      expect(complaints).toHaveLength(1)
      expect(complaints[0]).toContain(message)
      expect([out, code]).toEqual(['', 1])
    },
    60_000,
  )

  test('what fails under way is told, in the end and by the exit code', async () => {
    let asked = 0
    const failing = Bun.serve({
      hostname: '127.0.0.1',
      port: 0,
      fetch: (request) =>
        ++asked % 3 === 0
          ? new Response('no', { status: 503 })
          : fetch(url + new URL(request.url).pathname, { method: 'POST', body: request.body }),
    })
    stops.push(() => failing.stop(true))
    const via = `bad=http://127.0.0.1:${failing.port}`
    const { out, err, code } = await run(['--direct', url, '--via', via, ...QUICK])
    expect(code).toBe(1)
    expect(out).toMatch(/\n {2}errors +[\d,]+ of [\d,]+ requests failed \(bad\): status 503\n/)
    expect(err).toMatch(/\nmock-llm-api: \d+ requests? failed, the first of bad because: status 503\n$/)
  }, 60_000)

  test('Ctrl-C prints what is known, and leaves no process', async () => {
    const child = spawn(['--direct', url, '--via', `same=${url}`, '--rounds', '50', ...QUICK.slice(2)])
    let said = ''
    const decoder = new TextDecoder()
    const reading = (async () => {
      for await (const bytes of child.stderr) {
        said += decoder.decode(bytes, { stream: true })
        if (/\n5 of 100/.test(said)) child.kill('SIGINT')
      }
    })()
    const out = await new Response(child.stdout).text()
    await reading
    expect(await child.exited).toBe(130)
    expect(out).toContain('Ended before all was measured')
    expect(out).toContain('TTFT p50')
    await until(() => !isAlive(child.pid))
  }, 60_000)
})
