import { describe, expect, spyOn, test } from 'bun:test'
import { connect } from 'node:net'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { type GivenFlags, readSettings } from '../../src/config/config.ts'
import { readConfigFile } from '../../src/config/configfile.ts'
import { parseListen } from '../../src/config/parsers.ts'
import { singleUpstream } from '../../src/config/upstreams.ts'
import { RunError, UsageError } from '../../src/config/errors.ts'
import {
  canSharePort,
  claimPort,
  countWorkers,
  descriptorLimit,
  ephemeralPorts,
  isContainer,
  isFirst,
  isForeground,
  localPorts,
  lock,
  reasonOf,
  refuseTwins,
} from '../../src/fleet/host.ts'
import { leash } from '../_leash.ts'

test.each([
  ['0', true, availableParallelism()],
  ['3', true, 3],
  ['0', false, 1],
  ['1', false, 1],
])('countWorkers: --workers %s, sharing %j → %d', (workers, sharing, count) =>
  expect(countWorkers(singleUpstream(readSettings({ workers }, {})), sharing)).toBe(count),
)

test.each([
  [{ fault: 'status:429x2,ok' }, 1],
  [{ fault: 'status:429x2,ok', workers: '3' }, 3],
  [{ rateLimit: '5/s' }, 1],
  [{ maxOpen: '5', workers: '5' }, 5],
] as [GivenFlags, number][])('countWorkers: %j → %d', (flags, count) =>
  expect(countWorkers(singleUpstream(readSettings(flags, {})), true)).toBe(count),
)

test('countWorkers: every worker needs a part of a limit', () =>
  expect(() =>
    countWorkers(singleUpstream(readSettings({ rateLimit: '3/s', workers: '4' }, {})), true),
  ).toThrow('--rate-limit 3 cannot be shared by --workers 4'))

test('countWorkers: of several upstreams it is told whose limit it is', async () => {
  const yaml = 'upstreams: [{name: a, prefix: /a}, {name: b, phases: [{after: 1s, max-open: 3}]}]'
  const config = await readConfigFile(yaml, 'c.yaml', { flags: {}, environment: {} })
  const counted = (workers: number): number =>
    countWorkers({ ...config, run: { ...config.run, workers } }, true)
  expect(counted(3)).toBe(3)
  expect(() => counted(4)).toThrow('b: --max-open 3 cannot be shared by --workers 4: each needs a part of it')
})

test.each([
  ['listen: none\nsocket: /s\nupstreams: [{name: a}, {name: b, listen: :1}]', 1],
  ['listen: none\nsocket: /s\nupstreams: [{name: a, listen: :1}, {name: b, prefix: /b}]', 1],
  ['listen: none\nupstreams: [{name: a, listen: :1}]', availableParallelism()],
  ['socket: /s\nupstreams: [{name: a, listen: :1}, {name: b}]', availableParallelism()],
])('countWorkers: what is on the socket alone has one: %j', async (yaml, count) =>
  expect(countWorkers(await readConfigFile(yaml, 'c.yaml', { flags: {}, environment: {} }), true)).toBe(
    count,
  ),
)

test.each([
  [
    ['localhost:7', '127.0.0.1:7', '[::1]:7'],
    /^localhost:7 and \S+:7 are one address of this host: write both/,
  ],
  [['127.0.0.1:7', 'localhost:8', '[::1]:7'], null],
  [['127.0.0.1:0', 'localhost:0'], null],
  [['127.0.0.1:7', '127.0.0.2:7', 'nowhere.invalid:7', 'neither.invalid:7'], null],
  [[], null],
])('refuseTwins: %j', async (texts, message) => {
  const refusal = await refuseTwins(texts.map((text) => parseListen(text)!)).then(
    () => null,
    (thrown: Error) => thrown,
  )
  if (message === null) expect(refusal).toBeNull()
  else {
    expect(refusal).toBeInstanceOf(UsageError)
    expect(refusal!.message).toMatch(message)
  }
})

test.skipIf(!canSharePort)('lock: what has another name is locked as well (Linux)', () => {
  lock('localhost:7', '127.0.0.1:7')
  expect(() => lock('127.0.0.1:7')).toThrow('cannot listen on 127.0.0.1:7: another mock-llm-api')
})

test('countWorkers: more than one needs a shared port', () =>
  expect(() => countWorkers(singleUpstream(readSettings({ workers: '2' }, {})), false)).toThrow(UsageError))

test('claimPort finds a free port and leaves it free', async () => {
  const port = await claimPort({ host: '127.0.0.1', port: 0 })
  expect(port).toBeGreaterThan(0)
  expect(await claimPort({ host: '127.0.0.1', port })).toBe(port)
})

test.skipIf(!canSharePort)(
  'claimPort listens on no port that is given, so that clients that are early are not reset (Linux)',
  async () => {
    const serve = spyOn(Bun, 'serve')
    try {
      for (const host of ['127.0.0.1', '0.0.0.0', '::1', '::', 'localhost']) {
        const port = await claimPort({ host, port: 0 }).catch(() => undefined)
        if (port === undefined && host.includes(':')) continue // there is no IPv6 here
        serve.mockClear()
        expect(await claimPort({ host, port: port! })).toBe(port!)
        expect([host, serve.mock.calls.length]).toEqual([host, 0])
      }
    } finally {
      serve.mockRestore()
    }
  },
)

test('claimPort refuses a port that is taken, even by one who shares it', async () => {
  using taken = Bun.serve({ hostname: '127.0.0.1', port: 0, reusePort: true, fetch: () => new Response() })
  const claim = claimPort({ host: '127.0.0.1', port: taken.port! })
  await expect(claim).rejects.toThrow(RunError)
  await expect(claim).rejects.toThrow(`cannot listen on 127.0.0.1:${taken.port}: the address is in use`)
})

test('claimPort refuses an address that is not ours', async () => {
  await expect(claimPort({ host: 'nowhere.invalid', port: 0 })).rejects.toThrow(
    'nowhere.invalid:0: no such host',
  )
  const claim = claimPort({ host: '192.0.2.1', port: 0 }) // TEST-NET-1, RFC 5737
  await expect(claim).rejects.toThrow('cannot listen on 192.0.2.1:0: ')
})

describe.skipIf(process.platform !== 'linux')('lock (abstract sockets: Linux)', () => {
  test('keeps another one off, also where the name is long', () => {
    for (const what of ['127.0.0.1:1', `/tmp/${'x'.repeat(200)}/1`, `/tmp/${'x'.repeat(200)}/2`]) {
      lock(what)
      expect(() => lock(what)).toThrow(
        `cannot listen on ${what}: another mock-llm-api is starting or serving there`,
      )
    }
  })

  test('whoever connects to it is sent away, and holds up nobody', async () => {
    const script = `
      import { lock } from ${JSON.stringify(join(import.meta.dir, '../../src/fleet/host.ts'))}
      lock('a lock of a test')
      process.stdin.once('data', () => process.stdin.unref())
      console.log('locked')`
    const holder = Bun.spawn([process.execPath, '-e', script], { stdio: ['pipe', 'pipe', 'inherit'] })
    leash(holder)
    await holder.stdout.getReader().read()
    const connection = connect('\0mock-llm-api a lock of a test')
    connection.on('error', () => {})
    connection.resume()
    await new Promise((resolve) => connection.once('close', resolve))
    holder.stdin.write('go')
    holder.stdin.end()
    expect(await holder.exited).toBe(0)
  })
})

test('limits are read where the system tells them', () => {
  const limit = descriptorLimit()
  const range = ephemeralPorts()
  if (process.platform === 'linux') {
    expect(limit).toBeGreaterThan(0)
    expect(range![0]).toBeLessThan(range![1])
  } else {
    expect([limit, range]).toEqual([undefined, undefined])
  }
})

test.each([
  ['EADDRINUSE', 'the address is in use; stop what listens there or choose another port with --listen'],
  ['EACCES', 'not permitted; ports below 1024 belong to root'],
  ['EADDRNOTAVAIL', 'no interface of this host has that address'],
  ['ESOMETHING', 'as the system says'],
])('%s: %s', (code, reason) =>
  expect(reasonOf(Object.assign(new Error('as the system says'), { code }))).toBe(reason),
)

test.each([
  [1, [], true],
  [2, ['/.dockerenv'], true],
  [2, ['/run/.containerenv'], true],
  [2, ['/etc/passwd'], false],
  [10, [], false],
])('process %d, with the files %j: in a container %j', (pid, files, expected) =>
  expect(isContainer(pid, (path) => files.includes(path as never))).toBe(expected),
)

test.each([
  [[32_768, 60_999], 28_231],
  [[1024, 65_535], 64_511],
] as [readonly [number, number], number][])('of the range %j a client has %d ports', (range, count) =>
  expect(localPorts(range)).toBe(count),
)

test('a limit that has as many parts as there are workers can be shared', () => {
  for (const flags of [{ rateLimit: '4/s' }, { maxOpen: '4' }] as GivenFlags[]) {
    expect(countWorkers(singleUpstream(readSettings({ ...flags, workers: '4' }, {})), true)).toBe(4)
    expect(() => countWorkers(singleUpstream(readSettings({ ...flags, workers: '5' }, {})), true)).toThrow(
      '4 cannot be shared by --workers 5: each needs a part of it',
    )
  }
})

test.each([
  [1, 0, true],
  [7, 1, true],
  [8, 7, false],
])('process %d, started by %d: the first of a container, %j', (pid, parent, expected) =>
  expect(isFirst(pid, parent)).toBe(expected),
)

test.each([
  ['7 (mock) S 1 70 70 34816 70 0', true],
  ['7 (a) b (c) S 1 70 70 34816 71 0', false],
  ['7 (mock) S 1 70 70 0 -1 0', false],
])('%j: in the foreground of its terminal, %j', (stat, expected) =>
  expect(isForeground(() => stat)).toBe(expected),
)

test('where nobody says who has the terminal, it is this process', () =>
  expect(
    isForeground(() => {
      throw new Error('no such file')
    }),
  ).toBe(true))
