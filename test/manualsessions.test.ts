// What the manual shows of test sessions runs as it stands, and what it says of them is so.
import { afterAll, afterEach, describe, expect, test } from 'bun:test'
import { symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { readSettings, type GivenFlags } from '../src/config/config.ts'
import { singleUpstream } from '../src/config/upstreams.ts'
import { countWorkers } from '../src/fleet/host.ts'
import type { Running } from '../src/server/server.ts'
import type { Report } from '../src/stats/report.ts'
import {
  engines,
  root,
  runToEnd,
  serveFile,
  serveInProcess,
  sourceCommand,
  temporaryFolder,
} from './_helpers.ts'
import { codeIn, page, writeExample } from './_manual.ts'

const folder = temporaryFolder()
afterAll(folder.remove)
symlinkSync(join(root, 'node_modules'), join(folder.path, 'node_modules'))
let running: Running | undefined
afterEach(async () => {
  await running?.stop(0)
  running = undefined
})

const CHAT = '/v1/chat/completions'

function serve(flags: GivenFlags): string {
  running = serveInProcess({ chunkDelayMs: '0', ...flags })
  return `http://127.0.0.1:${running.port}`
}

/** The statuses of one request after the other. */
async function play(url: string, session: string | null, times: number, script?: string): Promise<number[]> {
  const headers = {
    ...(session !== null && { 'x-test-session': session }),
    ...(script !== undefined && { 'x-test-pattern': script }),
  }
  const statuses: number[] = []
  for (let i = 0; i < times; i++) {
    const answer = await fetch(url, { method: 'POST', headers })
    await answer.arrayBuffer()
    statuses.push(answer.status)
  }
  return statuses
}

const requestsOf = async (url: string, query = ''): Promise<number> =>
  ((await (await fetch(`${url}/stats${query}`)).json()) as Report).requests.total

test('the script of the shell', async () => {
  if (Bun.which('curl') === null) return console.log('skipped: curl is not on the PATH')
  const url = serve({ sessions: '100', fault: 'status:429x2,ok', journal: '1000' })
  const code = codeIn('sessions', 'sessions.sh').replace('http://127.0.0.1:8080', url)
  await Bun.write(join(folder.path, 'sessions.sh'), code)
  const { stdout, stderr, code: ended } = await runToEnd(['sh', join(folder.path, 'sessions.sh')], [])
  expect([ended, stderr]).toEqual([0, ''])
  expect(stdout.trim().split('\n')).toEqual([...code.matchAll(/# (\S+)$/gm)].map(([, told]) => told!))
})

test('the tests that run at the same time', async () => {
  await writeExample(folder.path, 'sessions', 'sessions.test.ts')
  const run = Bun.spawn([process.execPath, 'test', 'sessions.test.ts'], { cwd: folder.path, stderr: 'pipe' })
  expect(await run.stderr.text()).toContain('3 pass')
})

test('the help prints the page', async () => {
  const { code, stdout } = await runToEnd(sourceCommand, ['help', 'sessions'])
  expect([code, stdout.includes('X-Test-Session')]).toEqual([0, true])
})

describe.each(engines)('engine %s', (engine) => {
  test('a script goes on, another begins, and the first is where it was', async () => {
    const url = serve({ engine, sessions: '9', honor: 'fault', fault: 'status:429x1,ok' })
    const [first, second] = ['status:503x1,status:502x1,ok', 'status:500x1,ok']
    expect(await play(url + CHAT, 'a', 1, first)).toEqual([503])
    expect(await play(url + CHAT, 'a', 2, second)).toEqual([500, 200])
    expect(await play(url + CHAT, 'a', 2, first)).toEqual([502, 200])
    expect(await play(url + CHAT, 'b', 1, first)).toEqual([503])
    expect(await play(`${url}/v1/completions`, 'a', 1, first)).toEqual([503]) // another route
    expect(await play(url + CHAT, 'a', 2)).toEqual([429, 200])
    expect(await play(url + CHAT, null, 1, first)).toEqual([503])
    expect(await play(url + CHAT, null, 1, first)).toEqual([502])
  })

  test.each([
    ['a script without sessions', { honor: 'fault' }, 'status:429x2,ok', '--sessions'],
    ['a list by rate', { honor: 'fault', sessions: '9' }, 'status:429@10%,hang@1%', 'several in turn'],
  ] as const)('%s is refused', async (_, flags, pattern, said) => {
    const url = serve({ engine, ...flags })
    const headers = { 'x-test-session': 'a', 'x-test-pattern': pattern }
    const answer = await fetch(url + CHAT, { method: 'POST', headers })
    expect([answer.status, (await answer.text()).includes(said)]).toEqual([400, true])
  })

  test.each([
    ['/health', 200],
    ['/stats', 200],
    [CHAT, 400],
  ])('an ID that is too long, at %s: %d', async (path, status) => {
    const headers = { 'x-test-session': 'x'.repeat(257) }
    expect((await fetch(serve({ engine, sessions: '9' }) + path, { headers })).status).toBe(status)
  })

  test('limits and numbers are those of the session; what is dropped begins anew and is told', async () => {
    const url = serve({ engine, sessions: '2', fault: 'status:500x1,ok', rateLimit: '2/s', workers: '1' })
    expect(await play(url + CHAT, 'a b', 3)).toEqual([500, 200, 429])
    expect(await play(url + CHAT, 'c', 2)).toEqual([500, 200])
    expect(await requestsOf(url, '?session=a%20b')).toBe(3)
    expect(await play(url + CHAT, 'd', 1)).toEqual([500])
    expect(await requestsOf(url, '?session=a%20b')).toBe(0)
    expect(await requestsOf(url, '?session=')).toBe(3)
    expect(await play(url + CHAT, 'a b', 2)).toEqual([500, 200])
    expect(await requestsOf(url)).toBe(8)
    expect(await (await fetch(`${url}/metrics`)).text()).not.toContain('session')
  })

  test('a reset goes for everything', async () => {
    const url = serve({ engine, sessions: '9', fault: 'status:500x1,ok', journal: '9' })
    expect(await play(url + CHAT, 'a', 2)).toEqual([500, 200])
    expect(await play(url + CHAT, 'b', 2)).toEqual([500, 200])
    await fetch(`${url}/stats/reset`, { method: 'POST', headers: { 'x-test-session': 'a' } })
    expect([await requestsOf(url), await requestsOf(url, '?session=b')]).toEqual([0, 0])
    expect(await (await fetch(`${url}/requests/count?session=b`)).json()).toEqual({ count: 2 })
    expect(await play(url + CHAT, 'b', 2)).toEqual([500, 200])
  })

  test('each upstream has sessions of its own, which are in no phase', async () => {
    const phases = '[{ after: 0s }, { after: 1h }]'
    const yaml = `sessions: 1\nfault: status:503x1,ok\nupstreams: [{ name: p, prefix: /p, phases: ${phases} }, { name: q, prefix: /q }]`
    running = await serveFile(yaml, { engine, chunkDelayMs: '0' })
    const url = `http://127.0.0.1:${running.port}`
    for (const name of ['p', 'q']) expect(await play(`${url}/${name}${CHAT}`, 'a', 2)).toEqual([503, 200])
    expect(await requestsOf(url, '?session=a')).toBe(4)
    expect(await requestsOf(url, '?session=a&upstream=p')).toBe(2)
    const { upstreams } = (await (await fetch(`${url}/stats`)).json()) as Report
    expect(upstreams!['p']!.requests.total).toBe(2)
    expect(upstreams!['p']!.phases!.map(({ requests }) => requests.total)).toEqual([0, 0])
  })
})

test('what is said of numbers: at most 2,000, in one worker', () => {
  expect(() => readSettings({ sessions: '2001' }, {})).toThrow('from 0 to 2000')
  const config = singleUpstream(readSettings({ sessions: '2000', workers: '0' }, {}))
  expect(countWorkers(config, true)).toBe(1)
  expect(() => readSettings({ sessions: '1', workers: '2' }, {})).toThrow('--workers 2')
  expect(page('sessions')).toContain('2,000')
})
