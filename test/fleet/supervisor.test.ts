// Whole programs: how they start, lose workers, and end.
import { afterAll, describe, expect, test } from 'bun:test'
import { lstatSync, readdirSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import type { GivenFlags } from '../../src/config/config.ts'
import { canSharePort, claimPort } from '../../src/fleet/host.ts'
import { ROLE_VARIABLE } from '../../src/fleet/messages.ts'
import type { Report } from '../../src/stats/report.ts'
import {
  chatRequest,
  childrenOf,
  isAlive,
  type Program,
  rawClient,
  runToEnd,
  sourceCommand,
  start,
  temporaryFolder,
  until,
} from '../_helpers.ts'

const folder = temporaryFolder()
const running = new Set<Program>()
afterAll(async () => {
  for (const { process } of running) process.kill('SIGKILL')
  await Promise.all([...running].map(({ process }) => process.exited))
  folder.remove()
})

async function serve(flags: GivenFlags): Promise<{ program: Program; port: number; pid: number }> {
  const program = start(sourceCommand, { workers: '1', ...flags, listen: '127.0.0.1:0' })
  running.add(program)
  return { program, port: await program.port(), pid: program.process.pid }
}

/** A child that has just ended may still be listed. */
function killIfAlive(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch (thrown) {
    if ((thrown as { code?: string }).code !== 'ESRCH') throw thrown
  }
}

const chat = async (port: number): Promise<void> =>
  void (await (await fetch(`http://127.0.0.1:${port}/v1/chat/completions`, { method: 'POST' })).text())
const statsOf = async (port: number, path = '', method = 'GET'): Promise<Report> =>
  (await (await fetch(`http://127.0.0.1:${port}/stats${path}`, { method })).json()) as Report

async function answers(port: number): Promise<boolean> {
  return fetch(`http://127.0.0.1:${port}/health`).then(
    (response) => response.ok,
    () => false,
  )
}

describe('command line', () => {
  test.each([
    [['--help'], 0, 'Usage: mock-llm-api [options]'],
    [['--version'], 0, /^\d+\.\d+\.\d+/],
    [['-w', '2', '-V'], 0, /^\d+\.\d+\.\d+/],
  ] as const)('%p', async (args, code, text) => {
    const result = await runToEnd(sourceCommand, args, { FORCE_COLOR: '1' })
    expect(result.stderr).toBe('')
    expect(result.code).toBe(code)
    expect(result.stdout).toMatch(text)
    expect(result.stdout).not.toContain('\u001b')
  })

  test.each([
    [['--chunk-cout', '3'], {}, 2, 'unknown option --chunk-cout: did you mean --chunk-count?'],
    [['-w'], {}, 2, '--workers needs a value: --workers <N>'],
    [['-w=3'], {}, 2, "'-w=3' is not accepted: write '-w 3' or '--workers=3'"],
    [['stray'], {}, 2, "unexpected argument 'stray': every setting is an option, see --help"],
    [['-d', '-5'], {}, 2, "--chunk-delay-ms does not accept '-5': it takes milliseconds from 0 to 86400000"],
    [['-c', '1e99'], {}, 2, "--chunk-count does not accept '1e99'"],
    [['-l', 'nowhere'], {}, 2, "--listen does not accept 'nowhere'"],
    [[], { MOCK_LLM_WORKERS: 'many' }, 2, "MOCK_LLM_WORKERS does not accept 'many'"],
    [['-l', '192.0.2.1:80'], {}, 1, 'cannot listen on 192.0.2.1:80: '],
  ])('%p %p ends with one line and exit code %d', async (args, environment, code, message) => {
    const result = await runToEnd(sourceCommand, args, environment)
    expect(result.stdout).toBe('')
    expect(result.stderr).toStartWith(`mock-llm-api: ${message}`)
    expect(result.stderr.trimEnd()).not.toContain('\n')
    expect(result.code).toBe(code)
  })

  test('a busy port ends the program before any worker starts', async () => {
    const { port } = await serve({ quiet: 'false' })
    const result = await runToEnd(sourceCommand, ['-l', String(port)])
    expect(result.stderr).toStartWith(
      `mock-llm-api: cannot listen on 127.0.0.1:${port}: the address is in use`,
    )
    expect(result.code).toBe(1)
    expect(await answers(port)).toBe(true)
  })
})

describe('workers', () => {
  test.skipIf(!canSharePort)('the banner comes when all of them serve (several need Linux)', async () => {
    const { program, port, pid } = await serve({ workers: '3' })
    expect(program.output.stdout).toContain(', 3 workers\n')
    expect(childrenOf(pid)).toHaveLength(3)
    expect(await answers(port)).toBe(true)
  })

  test.skipIf(!canSharePort)('all tell the same start time (several need Linux)', async () => {
    const { port } = await serve({ workers: '3', chunkCount: '0', chunkDelayMs: '0' })
    const created = new Set<string>()
    for (let i = 0; i < 30; i++) {
      const response = await fetch(`http://127.0.0.1:${port}/v1/chat/completions`, {
        method: 'POST',
        headers: { connection: 'close' },
      })
      created.add(/"created":(\d+)/.exec(await response.text())![1]!)
    }
    expect(created.size).toBe(1)
  })

  test.skipIf(process.platform !== 'linux')(
    'when they cannot be started, none is left over (limits: Linux)',
    async () => {
      const result = await runToEnd(
        ['bash', '-c', 'ulimit -n 40; exec "$@"', 'bash', ...sourceCommand, '-l', '0', '-w', '40'],
        [],
      )
      expect(result.stderr).toStartWith('mock-llm-api: cannot start a worker: ')
      expect(result.stderr.trimEnd()).not.toContain('\n')
      expect(result.code).toBe(1)
    },
  )

  test.skipIf(!canSharePort)(
    'two programs that start together do not share the port (sharing needs Linux)',
    async () => {
      const port = await claimPort({ host: '127.0.0.1', port: 0 })
      const programs = Array.from({ length: 3 }, () =>
        start(sourceCommand, { workers: '1', listen: String(port) }),
      )
      for (const program of programs) running.add(program)
      await until(() => programs.filter(({ process }) => process.exitCode === 1).length === 2)
      const [winner] = programs.filter(({ process }) => process.exitCode === null)
      expect(await winner!.port()).toBe(port)
      for (const program of programs)
        if (program !== winner)
          expect(program.output.stderr).toStartWith(`mock-llm-api: cannot listen on 127.0.0.1:${port}: `)
    },
  )

  test('one that ends before it serves ends the program', async () => {
    const preload = join(folder.path, 'preload.ts')
    await Bun.write(preload, `if (process.env['${ROLE_VARIABLE}']) process.exit(7)`)
    const result = await runToEnd(sourceCommand, ['-l', '0', '-w', '2'], {
      BUN_OPTIONS: `--preload=${preload}`,
    })
    expect(result.stdout).toBe('')
    expect(result.stderr).toStartWith('mock-llm-api: a worker ended before it served (exit code 7)\n')
    expect(result.code).toBe(1)
  })

  test('one that cannot listen ends the program with its error', async () => {
    const preload = join(folder.path, 'refuse.ts')
    await Bun.write(
      preload,
      `if (process.env['${ROLE_VARIABLE}']) Bun.serve = () => { throw new Error('the moon is full') }`,
    )
    const result = await runToEnd(sourceCommand, ['-l', '0', '-w', '1'], {
      BUN_OPTIONS: `--preload=${preload}`,
    })
    expect(result.stderr).toBe('mock-llm-api: a worker cannot serve: the moon is full\n')
    expect(result.code).toBe(1)
  })

  test('one that dies later is reported and replaced', async () => {
    const { program, port, pid } = await serve({})
    const [worker] = childrenOf(pid)
    process.kill(worker!, 'SIGKILL')
    await until(() => program.output.stderr.includes(`worker ${worker} died (SIGKILL)`))
    await until(() => childrenOf(pid).some((child) => child !== worker))
    await until(() => answers(port))
    expect(program.output.stderr.match(/\n/g)).toHaveLength(1)
  })

  test('five deaths in ten seconds end the program', async () => {
    const { program, pid } = await serve({})
    while (program.process.exitCode === null) {
      for (const worker of childrenOf(pid)) killIfAlive(worker)
      await Bun.sleep(20)
    }
    expect(program.output.stderr).toContain('the 5th death in 10 s: giving up')
    expect(program.process.exitCode).toBe(1)
  })

  test('none outlives a killed supervisor, and the port is free', async () => {
    const { program, port, pid } = await serve({ workers: canSharePort ? '2' : '1' })
    const workers = childrenOf(pid)
    program.process.kill('SIGKILL')
    await until(() => !workers.some(isAlive))
    expect(await answers(port)).toBe(false)
  })
})

describe('signals', () => {
  test('the first lets open streams finish, refuses new ones, and ends with 0', async () => {
    const { program, port, pid } = await serve({ chunkCount: '6', chunkDelayMs: '100' })
    const client = await rawClient(port)
    client.send(chatRequest())
    await until(() => client.received().includes('data: '))
    for (const member of [pid, ...childrenOf(pid)]) process.kill(member, 'SIGINT') // as a terminal does
    await until(async () => !(await answers(port)))
    const { chunks } = await client.response()
    expect(chunks.at(-1)).toBe('data: [DONE]\n\n')
    expect(await program.process.exited).toBe(0)
    expect(program.output.stderr).toBe('')
  })

  test('a stream that waits for its first event is finished too', async () => {
    const { program, port } = await serve({ chunkCount: '1', chunkDelayMs: '400' })
    const client = await rawClient(port)
    client.send(chatRequest())
    await until(async () => (await statsOf(port)).requests.open === 1)
    program.process.kill('SIGTERM')
    expect((await client.response()).chunks).toHaveLength(3)
    expect(await program.process.exited).toBe(0)
  })

  test('what is still open after the grace period is cut', async () => {
    const { program, port } = await serve({ chunkDelayMs: '60000', graceMs: '100' })
    const client = await rawClient(port)
    client.send(chatRequest())
    expect((await fetch(`http://127.0.0.1:${port}/health`)).ok).toBe(true)
    program.process.kill('SIGTERM')
    expect(await program.process.exited).toBe(0)
    await client.closed()
    expect(client.received()).toBe('')
  })

  test('a second at the same moment is the same one, as npm hands it on', async () => {
    const { program, port } = await serve({ chunkCount: '1', chunkDelayMs: '300' })
    const client = await rawClient(port)
    client.send(chatRequest())
    expect((await fetch(`http://127.0.0.1:${port}/health`)).ok).toBe(true)
    program.process.kill('SIGINT')
    program.process.kill('SIGINT')
    expect((await client.response()).chunks).toHaveLength(3)
    expect(await program.process.exited).toBe(0)
  })

  test('the first says what it waits for, a later second ends it at once', async () => {
    const { program, port } = await serve({ chunkDelayMs: '60000', graceMs: '3600000' })
    const client = await rawClient(port)
    client.send(chatRequest())
    expect((await fetch(`http://127.0.0.1:${port}/health`)).ok).toBe(true)
    program.process.kill('SIGTERM')
    await until(() => program.output.stdout.includes('Stopping: 1 open streams may go on for 3600 s'))
    await until(() => {
      program.process.kill('SIGTERM')
      return program.process.exitCode !== null
    })
    expect(program.process.exitCode).toBe(0)
    expect(program.output.stdout).toContain(', 1 cut at the end, at most 1 open')
  })
})

describe('numbers', () => {
  test('/stats is about all workers, whichever is asked; the summary counts what a client counts', async () => {
    const workers = canSharePort ? 3 : 1
    const { program, port } = await serve({ workers: String(workers), chunkDelayMs: '0' })
    for (let i = 0; i < 40; i++) await chat(port)
    for (let i = 0; i < 5; i++) {
      const report = await statsOf(port)
      expect(report.requests.total).toBe(40)
      expect(report.sent.events).toBe(800)
      expect(report.workers).toEqual({ expected: workers, reported: workers, missing: 0, lost: 0 })
      expect(report.busy.perWorker).toHaveLength(workers)
    }
    program.process.kill('SIGTERM')
    expect(await program.process.exited).toBe(0)
    expect(program.output.stdout).toMatch(/^requests {3}40 in .* POST \/v1\/chat\/completions 200: 40$/m)
    expect(program.output.stdout).toMatch(/^verdict {4}(Not s|S)aturated: .*\.$/m) // 800 events are enough to judge
  })

  test('a reset reaches every worker', async () => {
    const { port } = await serve({ workers: canSharePort ? '2' : '1', chunkDelayMs: '0' })
    for (let i = 0; i < 20; i++) await chat(port)
    expect((await statsOf(port, '/reset', 'POST')).requests.total).toBe(20)
    expect((await statsOf(port)).requests.total).toBe(0)
  })

  test.skipIf(!canSharePort)(
    'a worker that does not answer is missing, one that died is lost (needs several: Linux)',
    async () => {
      const { program, port, pid } = await serve({ workers: '2', chunkDelayMs: '0' })
      const [first, second] = childrenOf(pid)
      // A stopped worker still has its share of new connections: a kept connection to the other one is needed.
      const clients = await Promise.all(Array.from({ length: 16 }, () => rawClient(port)))
      const ask = 'GET /stats HTTP/1.1\r\nHost: x\r\n\r\n'
      process.kill(first!, 'SIGSTOP')
      for (const client of clients) client.send(ask)
      const answered = await until(() => clients.find((client) => client.received().includes('\r\n\r\n')))
      const halved = JSON.parse((await answered.response()).body) as Report
      expect(halved.workers).toEqual({ expected: 2, reported: 1, missing: 1, lost: 0 })
      answered.send(ask)
      process.kill(first!, 'SIGKILL') // while it is being asked
      const [after] = [JSON.parse((await answered.response()).body) as Report]
      expect(after.workers).toMatchObject({ expected: 2, reported: 1, missing: 1 })
      for (const client of clients) client.socket.destroy()
      await until(() => childrenOf(pid).length === 2 && !childrenOf(pid).includes(first!))
      await until(async () => (await statsOf(port)).workers.reported === 2)
      expect((await statsOf(port)).workers.lost).toBe(1)
      expect(isAlive(second!)).toBe(true)
      program.process.kill('SIGTERM')
      await program.process.exited
      expect(program.output.stdout).toContain('what 1 worker that died had done since last asked')
    },
  )

  test.each([['SIGTERM'], ['SIGINT']] as const)(
    '--report writes the run as JSON after %s',
    async (signal) => {
      const path = join(folder.path, `report-${signal}.json`)
      const { program, port } = await serve({ report: path, chunkDelayMs: '0' })
      await chat(port)
      program.process.kill(signal)
      expect(await program.process.exited).toBe(0)
      const report = await Bun.file(path).json()
      expect(report).toMatchObject({
        requests: { total: 1, completed: 1 },
        config: { workers: 1, listen: { port } },
        host: { cpu: expect.any(String), kernel: expect.any(String) },
        startedAt: expect.any(String),
        endedAt: expect.any(String),
      })
      expect(readdirSync(folder.path).filter((name) => name.endsWith('.tmp'))).toEqual([])
    },
  )

  test('links are followed, and what is not a file is refused', async () => {
    const [real, link, pipe] = ['real.json', 'link.json', 'pipe'].map((name) => join(folder.path, name))
    await Bun.write(real!, 'old')
    symlinkSync(real!, link!)
    const { program } = await serve({ report: link! })
    program.process.kill('SIGTERM')
    expect(await program.process.exited).toBe(0)
    expect((await Bun.file(real!).json()).requests.total).toBe(0)
    expect(lstatSync(link!).isSymbolicLink()).toBe(true)
    expect(Bun.spawnSync(['mkfifo', pipe!]).success).toBe(true)
    const refused = await runToEnd(sourceCommand, ['-l', '0', '--report', pipe!])
    expect(refused.stderr).toBe(`mock-llm-api: cannot write the report to ${pipe}: it is not a file\n`)
    expect(refused.code).toBe(1)
  })

  test.each(['/nonexistent/folder/report.json', folder.path])(
    'a report that cannot be written is refused at the start: %s',
    async (path) => {
      const result = await runToEnd(sourceCommand, ['--listen', '0', '--report', path])
      expect(result.stderr).toStartWith(`mock-llm-api: cannot write the report to ${path}: `)
      expect(result.stderr.trimEnd()).not.toContain('\n')
      expect(result.code).toBe(1)
    },
  )
})

test('--quiet prints nothing', async () => {
  const port = await claimPort({ host: '127.0.0.1', port: 0 })
  const program = start(sourceCommand, { quiet: 'true', listen: String(port), workers: '1' })
  running.add(program)
  await until(() => answers(port))
  program.process.kill('SIGTERM')
  expect(await program.process.exited).toBe(0)
  expect(program.output).toEqual({ stdout: '', stderr: '' })
})
