// Whole programs with several upstreams: addresses, files, sockets, and what changes by the clock in every worker.
import { describe, expect, test } from 'bun:test'
import { join } from 'node:path'
import { canSharePort, claimPort } from '../../src/fleet/host.ts'
import { engines, type RawClient, runToEnd, sourceCommand, start, until } from '../_helpers.ts'
import { statsOf, useFleet } from './_programs.ts'
import { askOn, connectToAll, disconnect, order, serveYaml } from './_upstreams.ts'

const fleet = useFleet()
const instant = { chunkCount: '1', chunkDelayMs: '0' }

const ask = (url: string, unix?: string): Promise<Response> =>
  fetch(`${url}/v1/chat/completions`, { method: 'POST', keepalive: false, ...(unix && { unix }) })

describe.each(engines)('engine %s', (engine) => {
  test('twenty upstreams: ten at prefixes of the address, ten at addresses of their own', async () => {
    const list = Array.from({ length: 20 }, (_, i) =>
      i < 10
        ? `{name: u${i}, prefix: /u${i}, model: m${i}}`
        : `{name: u${i}, listen: '127.0.0.1:0', model: m${i}}`,
    )
    const { program, ready, at } = await serveYaml(fleet, `upstreams:\n  - ${list.join('\n  - ')}\n`, {
      ...instant,
      engine,
    })
    expect(Object.keys(ready.upstreams!)).toEqual(Array.from({ length: 20 }, (_, i) => `u${i}`))
    const ports = new Set<string>()
    for (let i = 0; i < 20; i++) {
      const url = at(`u${i}`)
      expect(ready.upstreams![`u${i}`]!.openaiBaseUrl).toBe(`${url}/v1`)
      ports.add(new URL(url).port)
      const response = await ask(url)
      expect([response.status, response.headers.get('x-mock-upstream')]).toEqual([200, `u${i}`])
      expect(await response.text()).toContain(`"model":"m${i}"`)
      expect(program.output.stdout).toContain(`u${i} at ${url}: Each reply: 1 chunk`)
    }
    expect(ports.size).toBe(11)
    expect(at('u3')).toBe(`${ready.url}/u3`)
  })

  test.skipIf(process.platform !== 'linux')('a Unix socket serves those of the address (Linux)', async () => {
    const socket = join(fleet.folder, `several-${engine}`)
    const yaml =
      "upstreams: [{name: a, prefix: /a}, {name: b, prefix: /b}, {name: c, listen: '127.0.0.1:0'}]\n"
    await serveYaml(fleet, yaml, { ...instant, engine, socket })
    const seen: unknown[] = []
    for (const path of ['/a', '/b', '/c']) {
      const { status, headers } = await ask(`http://localhost${path}`, socket)
      seen.push([status, status === 200 && headers.get('x-mock-upstream')])
    }
    expect(seen).toEqual([
      [200, 'a'],
      [200, 'b'],
      [404, false],
    ])
  })
})

describe('without an address of the run', () => {
  const both = "upstreams: [{name: a, listen: '127.0.0.1:0'}, {name: b, listen: '127.0.0.1:0'}]\n"

  test('each is at its own, and the first is where the program is', async () => {
    const { ready, at } = await serveYaml(fleet, both, { ...instant, listen: 'none' })
    expect([ready.url, at('a') === at('b')]).toEqual([at('a'), false])
    for (const name of ['a', 'b']) expect((await ask(at(name))).headers.get('x-mock-upstream')).toBe(name)
  })

  test.skipIf(process.platform !== 'linux')('who has none is on the socket alone (Linux)', async () => {
    const socket = join(fleet.folder, 'alone')
    const yaml = "upstreams: [{name: a, listen: '127.0.0.1:0'}, {name: b}]\n"
    const { ready, at } = await serveYaml(fleet, yaml, { ...instant, listen: 'none', socket, workers: '0' })
    expect([ready.url, ready.upstreams!['b']!.url]).toEqual([null, null])
    expect((await ask(at('a'))).headers.get('x-mock-upstream')).toBe('a')
    expect((await ask('http://localhost', socket)).headers.get('x-mock-upstream')).toBe('b')
  })
})

describe('what is wrong with a file', () => {
  test.each([
    ['upstreams: []\n', ':1:12: upstreams takes at least one'],
    ['upstreams:\n  - {name: a, prefix: /a}\n  - {name: a, prefix: /b}\n', ':3:5: is the second upstream'],
    ['upstreams:\n  - {name: a, prefix: /a}\n  - {name: b, prefix: /a/b}\n', 'lies within /a'],
    ['chunk-dely-ms: 3\n', ':1:1: a configuration does not accept'],
    ['upstreams: [{name: a, workers: 2}]\n', 'workers goes for the whole program'],
    ['a: &a [*a]\n', ':1:'],
    ['phases: [{after: 2s}, {after: 1s}]\n', 'is not behind'],
    ['', 'is empty'],
  ])('%j ends it with code 2 and one line', async (yaml, message) => {
    const file = join(fleet.folder, `wrong-${Bun.hash(yaml)}.yaml`)
    await Bun.write(file, yaml)
    const { code, stdout, stderr } = await runToEnd(sourceCommand, ['--config', file])
    expect([code, stdout]).toEqual([2, ''])
    expect(stderr).toStartWith(`mock-llm-api: ${file}`)
    expect(stderr).toContain(message)
    expect(stderr.trimEnd()).not.toContain('\n')
  })

  test('a file that is not there', async () => {
    const { code, stderr } = await runToEnd(sourceCommand, ['--config', '/nowhere.yaml'])
    expect([code, stderr]).toEqual([2, expect.stringContaining('--config: /nowhere.yaml cannot be read')])
  })
})

test('names may be those of what every object has', async () => {
  const names = ['constructor', 'toString', '__proto__', 'hasOwnProperty']
  const upstreams = names.map(
    (name) => `{name: ${name}, prefix: /${name}, phases: [{after: 0, model: m0}, {after: 1h, model: m1}]}`,
  )
  const { port, at } = await serveYaml(fleet, `upstreams: [${upstreams.join()}]\n`, {
    ...instant,
    control: 'true',
  })
  const models = (): Promise<string[]> =>
    Promise.all(
      names.map(async (name) => {
        const answer = await fetch(`${at(name)}/v1/chat/completions`, { method: 'POST', keepalive: false })
        return /"model":"(\w+)"/.exec(await answer.text())![1]!
      }),
    )
  expect(await models()).toEqual(['m0', 'm0', 'm0', 'm0'])
  expect((await order(port, 'POST', '/phase?upstream=__proto__', { to: 1 })).status).toBe(200)
  expect(await models()).toEqual(['m0', 'm0', 'm1', 'm0'])
  expect((await order(port, 'PATCH', '?upstream=toString', { model: 'x' })).status).toBe(200)
  expect((await order(port, 'POST', '/phase?upstream=constructor', { to: 1 })).status).toBe(200)
  expect(await models()).toEqual(['m1', 'x', 'm1', 'm0'])
  const { upstreams: told } = await statsOf(port)
  expect(Object.entries(told!).map(([name, { phase, requests }]) => [name, phase, requests.total])).toEqual([
    ['constructor', 1, 3],
    ['toString', 0, 3],
    ['__proto__', 1, 3],
    ['hasOwnProperty', 0, 3],
  ])
})

test('two names of one address are refused', async () => {
  const port = await claimPort({ host: '127.0.0.1', port: 0 })
  const path = join(fleet.folder, 'twins.yaml')
  const at = (host: string): string => `listen: '${host}:${port}'`
  await Bun.write(
    path,
    `upstreams: [{name: a, ${at('localhost')}}, {name: b, ${at('127.0.0.1')}}, {name: c, ${at('[::1]')}}]\n`,
  )
  const { code, stderr } = await runToEnd(sourceCommand, ['--config', path])
  expect(stderr).toMatch(
    /^mock-llm-api: localhost:\d+ and \S+ are one address of this host: write both the same/,
  )
  expect(code).toBe(2)
})

test('the file may be named by MOCK_LLM_CONFIG, and a flag has the last word', async () => {
  const file = join(fleet.folder, 'named.yaml')
  await Bun.write(file, 'chunk-count: 3\nttft-ms: 7\n')
  const flags = ['--print-config', '--ttft-ms', '9']
  const { code, stdout } = await runToEnd(sourceCommand, flags, { MOCK_LLM_CONFIG: file })
  expect([code, JSON.parse(stdout)]).toMatchObject([0, { 'chunk-count': 3, 'ttft-ms': 9 }])
})

test('what --print-config prints of several upstreams is a file that comes to the same', async () => {
  const [first, second] = ['first', 'second'].map((name) => join(fleet.folder, `${name}.yaml`))
  await Bun.write(
    first!,
    'ttft-ms: 3\nupstreams: [{name: a, prefix: /a, phases: [{after: 1s, fault: refuse}]}, {name: b, listen: ":9", model: [x, y]}]\n',
  )
  const printed = await runToEnd(sourceCommand, ['--config', first!, '--print-config'])
  await Bun.write(second!, printed.stdout)
  const again = await runToEnd(sourceCommand, ['--config', second!, '--print-config'])
  expect([again.code, again.stderr, again.stdout]).toEqual([0, '', printed.stdout])
})

test.skipIf(process.platform === 'win32')(
  'SIGHUP reads the rules of several upstreams again, those of a change included (Unix)',
  async () => {
    const [a, b] = ['a', 'b'].map((name) => join(fleet.folder, `rules-${name}.yaml`))
    const rule = (text: string): string => `- then: {text: ${text}}\n`
    await Promise.all([Bun.write(a!, rule('first')), Bun.write(b!, rule('second'))])
    const { program, port, pid, at } = await serveYaml(
      fleet,
      `reply: auto\nchunk-delay-ms: 0\nupstreams:\n  - {name: a, prefix: /a, phases: [{after: 0}, {after: 1h, replies: ${a}}]}\n  - {name: b, prefix: /b, replies: ${b}}\n`,
      { control: 'true' },
    )
    const said = async (name: string): Promise<string> => {
      const body = JSON.stringify({ messages: [{ role: 'user', content: 'x' }] })
      const url = `${at(name)}/v1/chat/completions`
      const answer = await fetch(url, { method: 'POST', body, keepalive: false })
      return ((await answer.json()) as { choices: [{ message: { content: string } }] }).choices[0].message
        .content
    }
    expect(await said('b')).toBe('second')
    expect((await order(port, 'PATCH', '?upstream=a', { replies: a })).status).toBe(200)
    expect(await said('a')).toBe('first')
    await Promise.all([Bun.write(a!, rule('third')), Bun.write(b!, rule('fourth'))])
    process.kill(pid, 'SIGHUP')
    await until(async () => (await said('a')) === 'third' && (await said('b')) === 'fourth')
    expect(program.output.stderr).toContain('2 rules read again')
  },
)

describe.skipIf(!canSharePort)('two workers (several need Linux)', () => {
  test('phases change in both at the same time, from the start and from a reset', async () => {
    const { port } = await serveYaml(
      fleet,
      'unique-ids: true\nphases: [{after: 0}, {after: 1s, fault: status:503}, {after: 2s}]\n',
      { ...instant, workers: '2' },
    )
    const clients = await connectToAll(port, 2) // before it changes or after it has changed back
    const follow = async (client: RawClient): Promise<number[]> => {
      const atMs: number[] = []
      for (const wanted of [503, 200]) {
        await until(async () => (await askOn(client)).status === wanted)
        atMs.push(Date.now())
      }
      return atMs
    }
    await statsOf(port, '/reset', 'POST')
    const resetMs = Date.now()
    const all = await Promise.all([...clients.values()].map(follow))
    for (const [i, afterMs] of [1000, 2000].entries()) {
      const times = all.map((atMs) => atMs[i]!)
      // Within 10 ms where nothing else keeps the machine busy; each asks every 5 ms.
      expect(Math.max(...times) - Math.min(...times)).toBeLessThan(400)
      expect(Math.min(...times)).toBeGreaterThanOrEqual(resetMs + afterMs - 100)
    }
    disconnect(clients)
  })
})

/** Every path in a value, without those of its `config`. */
function keysIn(value: unknown, at = ''): string[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return [at]
  return Object.entries(value).flatMap(([key, inner]) =>
    at === '' && key === 'config' ? [] : keysIn(inner, at === '' ? key : `${at}.${key}`),
  )
}

test('one upstream without a file tells the numbers that it always told', async () => {
  const program = start(sourceCommand, { ...instant, workers: '1', listen: '127.0.0.1:0' })
  fleet.running.add(program)
  const port = await program.port()
  await (await ask(`http://127.0.0.1:${port}`)).text()
  const spread = (name: string): string[] =>
    ['count', 'max', 'p50', 'p90', 'p99', 'p999'].map((key) => `${name}.${key}`)
  expect(keysIn(await statsOf(port)).toSorted()).toEqual(
    [
      ...['blockedMs', 'latenessMs', 'loopDelayMs', 'ttftMs', 'wholeMs'].flatMap(spread),
      ...['busy.peak', 'busy.perWorker', 'commit', 'descriptors.peak', 'engine', 'faults'],
      ...['bodies', 'prepared'].flatMap((name) => [`memory.${name}.limit`, `memory.${name}.taken`]),
      ...[
        'abortedBeforeFirstEvent',
        'abortedMidStream',
        'byRoute',
        'completed',
        'cut',
        'leavings',
        'lost',
      ].map((key) => `requests.${key}`),
      ...['open', 'openSeconds', 'peakOpen', 'timeline', 'total', 'unrouted', 'waiting'].map(
        (key) => `requests.${key}`,
      ),
      ...[
        'sent.bytes',
        'sent.events',
        'sent.heldBack',
        'startedAt',
        'uptimeSeconds',
        'version',
        'windowSeconds',
      ],
      ...['verdict.about', 'verdict.kept', 'verdict.sentence'],
      ...['expected', 'lost', 'missing', 'reported'].map((key) => `workers.${key}`),
    ].toSorted(),
  )
  expect(program.output.stdout).toStartWith('mock-llm-api ')
  expect(program.output.stdout.split('\n').slice(1, 4)).toEqual([
    'Each reply: 1 chunk, as fast as possible. Every reply streams, whatever is asked; --reply auto answers as asked.',
    '',
    `  export OPENAI_BASE_URL=http://127.0.0.1:${port}/v1 OPENAI_API_KEY=mock`,
  ])
})
