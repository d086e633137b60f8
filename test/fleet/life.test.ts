// Life under load: ends, deaths, pauses and outputs that are gone. The long trials are in test/soak.
import { describe, expect, test } from 'bun:test'
import { join } from 'node:path'
import { childrenOf, engines, rawClient, sourceCommand, until } from '../_helpers.ts'
import { leash } from '../_leash.ts'
import { closeAll, openReaders, untilAll } from '../_load.ts'
import { claimPort } from '../../src/fleet/host.ts'
import { answers, chat, statsOf, useFleet } from './_programs.ts'

const { folder, serve } = useFleet()
const isLinux = process.platform === 'linux'

describe.each(engines)('SIGTERM under 2,000 open streams, engine %s', (engine) => {
  const report = join(folder, `report-${engine}.json`)

  test('every stream completes, and the counts add up', async () => {
    const { program, port, pid } = await serve({
      engine,
      workers: isLinux ? '2' : '1',
      chunkCount: '100',
      report,
    })
    const readers = await openReaders(port, 2000)
    await untilAll(readers, ({ events }) => events > 0)
    process.kill(pid, 'SIGTERM')
    expect(await program.process.exited).toBe(0)
    await untilAll(readers, ({ closedAtMs }) => closedAtMs !== undefined)
    expect(readers.filter(({ replies, events }) => replies === 1 && events === 102)).toHaveLength(2000)
    const { requests } = await Bun.file(report).json()
    expect(requests).toMatchObject({ total: 2000, completed: 2000, abortedMidStream: 0, cut: 0, open: 0 })
  }, 60_000)

  test('what the grace period cuts is counted as cut', async () => {
    const { program, port, pid } = await serve({ engine, chunkCount: '1000', graceMs: '300', report })
    const [long, leaving] = await Promise.all([openReaders(port, 1900), openReaders(port, 100)])
    await untilAll([...long, ...leaving], ({ events }) => events > 0)
    closeAll(leaving)
    await until(async () => (await statsOf(port)).requests.open === 1900)
    process.kill(pid, 'SIGTERM')
    expect(await program.process.exited).toBe(0)
    const { requests } = await Bun.file(report).json()
    expect(requests).toMatchObject({ total: 2000, completed: 0, abortedMidStream: 100, cut: 1900, open: 0 })
  }, 60_000)
})

test.skipIf(!isLinux)(
  'a killed worker takes only its own streams along and is replaced (several need Linux)',
  async () => {
    const { port, pid } = await serve({ workers: '4', chunkCount: '200', chunkDelayMs: '20' })
    const readers = await openReaders(port, 400)
    await untilAll(readers, ({ events }) => events > 0)
    await statsOf(port) // every worker has told its numbers
    const [victim] = childrenOf(pid)
    process.kill(victim!, 'SIGKILL')
    const killedAtMs = performance.now()
    await until(() => childrenOf(pid).filter((worker) => worker !== victim).length === 4)
    await until(() => answers(port))
    await untilAll(readers, ({ replies, closedAtMs }) => replies === 1 || closedAtMs !== undefined)
    const broken = readers.filter(({ replies }) => replies === 0)
    expect(broken.length).toBeGreaterThan(0)
    expect(broken.length).toBeLessThan(250) // a quarter, as the kernel spreads them
    for (const { closedAtMs } of broken) expect(closedAtMs! - killedAtMs).toBeLessThan(2000)
    const { workers, requests } = await statsOf(port)
    expect(workers).toMatchObject({ expected: 4, lost: 1 })
    expect(requests.total).toBeGreaterThanOrEqual(400) // nothing it had told is lost
    closeAll(readers)
  },
  60_000,
)

test.skipIf(process.platform === 'win32')(
  'after a pause overdue events leave at once, in order, and lateness says so (Unix)',
  async () => {
    const { port, pid } = await serve({ chunkCount: '100', chunkDelayMs: '20' })
    const [worker] = childrenOf(pid)
    const client = await rawClient(port)
    client.send('POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n')
    await until(() => client.received().includes(' world'))
    process.kill(worker!, 'SIGSTOP')
    await Bun.sleep(5000) // the whole reply is overdue by then
    const before = client.received()
    process.kill(worker!, 'SIGCONT')
    const resumedAtMs = performance.now()
    const { chunks } = await client.response()
    expect(performance.now() - resumedAtMs).toBeLessThan(1000)
    expect(before).not.toContain('[DONE]')
    const reference = await fetch(`http://127.0.0.1:${port}/v1/chat/completions`, { method: 'POST' })
    expect(chunks.join('')).toBe(await reference.text())
    expect((await statsOf(port)).latenessMs.max!).toBeGreaterThan(4000)
    client.socket.destroy()
  },
  60_000,
)

describe.skipIf(process.platform === 'win32')('outputs that are gone (a Unix shell is needed)', () => {
  /** Runs the program in a shell, where `{}` stands for its command line, and ends it. */
  async function run(
    script: string,
    use: (port: number) => Promise<void>,
    ...flags: string[]
  ): Promise<number> {
    const port = await claimPort({ host: '127.0.0.1', port: 0 }) // the banner cannot be read: it is what is gone
    const command = [...sourceCommand, '-l', `127.0.0.1:${port}`, '-w', '1', '-d', '0', ...flags].join(' ')
    const shell = Bun.spawn(['bash', '-c', script.replace('{}', command)], {
      stdio: ['ignore', 'ignore', 'ignore'],
    })
    leash(shell)
    try {
      await until(() => answers(port))
      leash({ pid: supervisorOf(port)!, exited: shell.exited })
      await use(port)
      const supervisor = await until(() => supervisorOf(port))
      process.kill(supervisor, 'SIGTERM')
      return await shell.exited
    } finally {
      const left = supervisorOf(port) // when something has failed
      if (left !== undefined) process.kill(left, 'SIGKILL')
      shell.kill('SIGKILL')
    }
  }

  function supervisorOf(port: number): number | undefined {
    const { stdout } = Bun.spawnSync(['ps', '-eo', 'pid=,ppid=,args='])
    const rows = [...stdout.toString().matchAll(/^ *(\d+) +(\d+) (.*)$/gm)]
    const found = rows.filter(
      ([, , , args]) => args!.includes(`127.0.0.1:${port}`) && !args!.startsWith('bash'),
    )
    return found.length === 0 ? undefined : Number(found[0]![1])
  }

  test.each([
    ['stdout into a pipe that nobody reads any more', '{} | head -1; exit ${PIPESTATUS[0]}'],
    ['stdout on a full disk', '{} >/dev/full'],
    ['stderr on a full disk', '{} 2>/dev/full'],
    ['both closed', '{} >&- 2>&-'],
  ])('%s: serving goes on, and the end is in order', async (_, script) => {
    if (script.includes('/dev/full') && !isLinux) return console.log('skipped: there is no /dev/full here')
    const code = await run(script, async (port) => {
      for (let i = 0; i < 20; i++) await chat(port)
      await Bun.sleep(1200) // past the next line of numbers
      expect((await statsOf(port)).requests.completed).toBe(20)
      const [worker] = childrenOf(supervisorOf(port)!)
      process.kill(worker!, 'SIGKILL') // its death is told on stderr
      await until(async () => (await answers(port)) && (await statsOf(port)).workers.lost === 1)
    })
    expect(code).toBe(0)
  })

  test('a report that does not fit on the disk is an error at the end', async () => {
    const code = await run('ulimit -f 0; {}', chat, '--report', join(folder, 'no-room.json'))
    expect(code).toBe(1)
  })
})
