// Signals to whole programs: which ones count, what they do, and what is left behind.
import { describe, expect, test } from 'bun:test'
import { join } from 'node:path'
import { canSharePort } from '../../src/fleet/host.ts'
import { kindOfSignal } from '../../src/fleet/signals.ts'
import type { Report } from '../../src/stats/report.ts'
import { chatRequest, childrenOf, engines, isAlive, type RawClient, rawClient, until } from '../_helpers.ts'
import { chat, statsOf, useFleet } from './_programs.ts'

const { folder, serve } = useFleet()
const hasSignals = process.platform !== 'win32'

test.each([
  [undefined, 'first'],
  [0, 'same'],
  [100, 'same'],
  [249.9, 'same'],
  [250, 'later'],
  [400, 'later'],
  [86_400_000, 'later'],
] as const)('a signal %j ms after the first is %s', (sinceMs, kind) =>
  expect(kindOfSignal(sinceMs)).toBe(kind),
)

type Signal = 'SIGINT' | 'SIGTERM'
const pairs: readonly [Signal, Signal][] = [
  ['SIGTERM', 'SIGTERM'],
  ['SIGINT', 'SIGINT'],
  ['SIGINT', 'SIGTERM'],
  ['SIGTERM', 'SIGINT'],
]
const workers = canSharePort ? '2' : '1'

describe.skipIf(!hasSignals)('two signals (Unix)', () => {
  /** A program with one open stream, which no grace period ends. */
  async function begin(flags: object): Promise<{
    client: RawClient
    kill(signal: Signal): void
    /** Waits until the program has taken the first signal. */
    taken(): Promise<unknown>
    /** Waits for an orderly end, after which no process is left, and returns what is told of the run. */
    end(): Promise<{ report: Report; stdout: string }>
  }> {
    const path = join(folder, `${crypto.randomUUID()}.json`)
    const { program, port, pid } = await serve({ graceMs: '3600000', report: path, ...flags })
    const client = await rawClient(port)
    client.socket.on('error', () => {})
    client.send(chatRequest())
    await until(() => client.received().includes('data: '))
    const processes = [pid, ...childrenOf(pid)]
    return {
      client,
      kill: (signal) => void program.process.kill(signal),
      taken: () => until(() => program.output.stdout.includes('\nStopping: ')),
      end: async () => {
        expect(await program.process.exited).toBe(0)
        expect(program.output.stderr).toBe('')
        await until(() => !processes.some(isAlive))
        await until(() => program.output.stdout.includes('\nverdict '))
        client.socket.destroy()
        return { report: (await Bun.file(path).json()) as Report, stdout: program.output.stdout }
      },
    }
  }

  const brief = { chunkCount: '1', chunkDelayMs: '700', ttftMs: '0' }
  const endless = { chunkDelayMs: '60000', ttftMs: '0' }

  test.concurrent.each(pairs)('%s and %s at once are one, and the stream is finished', async (one, other) => {
    const { client, kill, end } = await begin(brief)
    kill(one)
    kill(other)
    expect((await client.response()).chunks.at(-1)).toBe('data: [DONE]\n\n')
    const { report, stdout } = await end()
    expect(report.requests).toMatchObject({ total: 1, completed: 1, cut: 0, open: 0 })
    expect(stdout).toContain('\nstreams    1 completed, ')
  })

  // On a busy machine the signals may be taken further apart than they were sent.
  test.concurrent.each(pairs.slice(1, 3))('%s, and %s about 100 ms later, are one', async (one, other) => {
    await until(async () => {
      const { client, kill, end } = await begin(brief)
      kill(one)
      await Bun.sleep(100)
      kill(other)
      await client.closed()
      const { requests } = (await end()).report
      expect(requests.completed + requests.cut).toBe(1)
      return requests.completed === 1
    })
  })

  test.concurrent.each(pairs)('%s, and %s about 400 ms later: what is open is cut', async (one, other) => {
    const { client, kill, taken, end } = await begin(endless)
    kill(one)
    await taken()
    await Bun.sleep(400)
    kill(other)
    await client.closed()
    expect(client.received()).not.toContain('[DONE]')
    const { report, stdout } = await end()
    expect(report.requests).toMatchObject({ total: 1, completed: 0, cut: 1, open: 0 })
    expect(stdout).toContain('\nStopping: 1 open stream may go on for 3600 s; a second signal cuts it.\n')
    expect(stdout.match(/Stopping/g)).toHaveLength(1)
    expect(stdout).toContain(', 1 cut at the end, ')
  })

  test('a third and a fourth change nothing any more', async () => {
    const { kill, end } = await begin(endless)
    const ended = end()
    let isOver = false
    const over = (): void => void (isOver = true)
    ended.then(over, over)
    for (let i = 0; !isOver; i++) {
      kill(i % 2 === 0 ? 'SIGTERM' : 'SIGINT')
      await Bun.sleep(20)
    }
    expect((await ended).report.requests.cut).toBe(1)
  })
})

test.skipIf(!hasSignals).each(['SIGINT', 'SIGTERM'] as const)(
  '%s when nothing is open ends at once (Unix)',
  async (signal) => {
    const { program, port, pid } = await serve({ workers, graceMs: '3600000', chunkDelayMs: '0' })
    await chat(port)
    const processes = [pid, ...childrenOf(pid)]
    program.process.kill(signal)
    expect(await program.process.exited).toBe(0)
    await until(() => !processes.some(isAlive))
    expect(program.output.stdout).not.toContain('Stopping')
    expect(program.output.stdout).toContain('\nrequests   1 (in the ')
    expect(program.output.stderr).toBe('')
  },
)

describe.skipIf(!hasSignals).each(engines)('engine %s (Unix)', (engine) => {
  test('signals to workers do nothing: their streams and the program go on', async () => {
    const { program, port, pid } = await serve({ engine, workers, chunkDelayMs: '30' })
    const members = childrenOf(pid)
    const client = await rawClient(port)
    client.send(chatRequest())
    await until(() => client.received().includes('data: '))
    for (const worker of members)
      for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.kill(worker, signal)
    expect((await client.response()).chunks.at(-1)).toBe('data: [DONE]\n\n')
    expect(childrenOf(pid).toSorted()).toEqual(members.toSorted())
    client.send('GET /health HTTP/1.1\r\nHost: x\r\n\r\n') // on the same connection: the same worker
    expect((await client.response()).status).toBe(200)
    expect((await statsOf(port)).workers).toMatchObject({ reported: members.length, lost: 0 })
    client.socket.destroy()
    program.process.kill('SIGTERM')
    expect(await program.process.exited).toBe(0)
    expect(program.output.stderr).toBe('')
  })
})

test.skipIf(!hasSignals)(
  'SIGHUP to the program, as a closed terminal sends it, ends all of it (Unix)',
  async () => {
    const { program, pid } = await serve({ workers })
    const processes = [pid, ...childrenOf(pid)]
    program.process.kill('SIGHUP')
    await program.process.exited
    expect(program.process.signalCode).toBe('SIGHUP')
    await until(() => !processes.some(isAlive))
  },
)
