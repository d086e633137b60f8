// Whole programs: how they start, lose workers, and end.
import { describe, expect, test } from 'bun:test'
import { join } from 'node:path'
import { canSharePort, claimPort } from '../../src/fleet/host.ts'
import { ROLE_VARIABLE } from '../../src/config/role.ts'
import {
  chatRequest,
  childrenOf,
  engines,
  isAlive,
  rawClient,
  runToEnd,
  sourceCommand,
  start,
  until,
} from '../_helpers.ts'
import { answers, statsOf, useFleet } from './_programs.ts'

const { folder, running, serve } = useFleet()

/** A child that has just ended may still be listed. */
function killIfAlive(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch (thrown) {
    if ((thrown as { code?: string }).code !== 'ESRCH') throw thrown
  }
}

describe('command line', () => {
  test.each([
    [['--help'], 0, 'Usage: mock-llm-api [serve] [options]'],
    [['serve', '--help'], 0, 'Usage: mock-llm-api [serve] [options]'],
    [['compare', '-h'], 0, 'Usage: mock-llm-api compare --via NAME=URL'],
    [['--version'], 0, /^\d+\.\d+\.\d+/],
    [['-w', '2', '-V'], 0, /^\d+\.\d+\.\d+/],
  ] as const)('%j', async (args, code, text) => {
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
    [['--engine', 'sokcet'], {}, 2, "--engine does not accept 'sokcet': it takes bun, socket; did you mean"],
    [['--engine', 'socket', '--tls'], {}, 2, '--engine socket speaks clear text only: HTTP/2 and TLS are'],
    [['--max-head-bytes', '9999'], {}, 2, '--max-head-bytes 9999 needs --engine socket: '],
    [['calibrat'], {}, 2, "unexpected argument 'calibrat': did you mean the command calibrate?"],
    [
      ['--port', '9000', '-l', ':1'],
      {},
      2,
      '--port 9000 contradicts --listen :1, which has a port: give one of them',
    ],
    [['stray'], {}, 2, "unexpected argument 'stray': every setting is an option, see --help"],
    [['-d', '-5'], {}, 2, "--chunk-delay-ms does not accept '-5': it takes milliseconds from 0 to 86400000"],
    [['-c', '1e99'], {}, 2, "--chunk-count does not accept '1e99'"],
    [['-l', 'nowhere'], {}, 2, "--listen does not accept 'nowhere'"],
    [[], { MOCK_LLM_WORKERS: 'many' }, 2, "MOCK_LLM_WORKERS does not accept 'many'"],
    [['-l', '192.0.2.1:80'], {}, 1, 'cannot listen on 192.0.2.1:80: '],
  ])('%j %j: one line and exit code %d', async (args, environment, code, message) => {
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
    expect(program.output.stdout).toContain(', 3 workers, engine bun\n')
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
    const preload = join(folder, 'preload.ts')
    await Bun.write(preload, `if (process.env['${ROLE_VARIABLE}']) process.exit(7)`)
    const result = await runToEnd(sourceCommand, ['-l', '0', '-w', '2'], {
      BUN_OPTIONS: `--preload=${preload}`,
    })
    expect(result.stdout).toBe('')
    expect(result.stderr).toStartWith('mock-llm-api: a worker ended before it served (exit code 7)\n')
    expect(result.code).toBe(1)
  })

  test('one that cannot listen ends the program with its error', async () => {
    const preload = join(folder, 'refuse.ts')
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

describe.each(engines)('signals, engine %s', (engine) => {
  test('the first lets open streams finish, refuses new ones, and ends with 0', async () => {
    const { program, port, pid } = await serve({ engine, chunkCount: '6', chunkDelayMs: '100' })
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
    const { program, port } = await serve({ engine, chunkCount: '1', chunkDelayMs: '400' })
    const client = await rawClient(port)
    client.send(chatRequest())
    await until(async () => (await statsOf(port)).requests.open === 1)
    program.process.kill('SIGTERM')
    expect((await client.response()).chunks).toHaveLength(3)
    expect(await program.process.exited).toBe(0)
  })

  test('what is still open after the grace period is cut', async () => {
    const { program, port } = await serve({ engine, chunkDelayMs: '60000', graceMs: '100' })
    const client = await rawClient(port)
    client.send(chatRequest())
    expect((await fetch(`http://127.0.0.1:${port}/health`)).ok).toBe(true)
    program.process.kill('SIGTERM')
    expect(await program.process.exited).toBe(0)
    await client.closed()
    expect(client.received()).toBe('')
  })

  test('a second at the same moment is the same one, as npm hands it on', async () => {
    const { program, port } = await serve({ engine, chunkCount: '1', chunkDelayMs: '300' })
    const client = await rawClient(port)
    client.send(chatRequest())
    expect((await fetch(`http://127.0.0.1:${port}/health`)).ok).toBe(true)
    program.process.kill('SIGINT')
    program.process.kill('SIGINT')
    expect((await client.response()).chunks).toHaveLength(3)
    expect(await program.process.exited).toBe(0)
  })

  test('the first says what it waits for, a later second ends it at once', async () => {
    const { program, port } = await serve({ engine, chunkDelayMs: '60000', graceMs: '3600000' })
    const client = await rawClient(port)
    client.send(chatRequest())
    expect((await fetch(`http://127.0.0.1:${port}/health`)).ok).toBe(true)
    program.process.kill('SIGTERM')
    await until(() => program.output.stdout.includes('Stopping: 1 open stream may go on for 3600 s'))
    await until(() => {
      program.process.kill('SIGTERM')
      return program.process.exitCode !== null
    })
    expect(program.process.exitCode).toBe(0)
    expect(program.output.stdout).toContain(', 1 cut at the end, at most 1 open')
  })
})

test('--quiet with any free port prints where it is, and nothing else', async () => {
  const program = start(sourceCommand, { quiet: 'true', listen: ':0', workers: '1' })
  running.add(program)
  const [, port] = await until(() => /^http:\/\/127\.0\.0\.1:(\d+)\n$/.exec(program.output.stdout))
  expect(await answers(Number(port))).toBe(true)
  program.process.kill('SIGTERM')
  expect(await program.process.exited).toBe(0)
  expect(program.output).toEqual({ stdout: `http://127.0.0.1:${port}\n`, stderr: '' })
})

test('a misspelt variable is warned of, with --quiet as well', async () => {
  const environment = { MOCK_LLM_CHUNKS: '3', MOCK_LLM_PORT: 'tcp://10.96.0.7:8080' }
  const warning = 'MOCK_LLM_CHUNKS sets nothing; MOCK_LLM_CHUNK_COUNT would'
  const program = start(sourceCommand, { listen: ':0', workers: '1' }, environment)
  const quiet = start(sourceCommand, { listen: ':0', workers: '1', quiet: 'true' }, environment)
  for (const one of [program, quiet]) running.add(one)
  await until(() => program.output.stdout.includes(`Warning: ${warning}.`))
  await until(() => quiet.output.stdout.includes('http://'))
  await until(() => quiet.output.stderr !== '')
  expect([program.output.stderr, quiet.output.stderr]).toEqual(['', `mock-llm-api: ${warning}\n`])
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
