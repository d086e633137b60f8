// What the long trials share: the compiled program as it is served, its numbers, its memory, and clients that get in its way.
import { afterAll } from 'bun:test'
import { readFileSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import type { Report } from '../../src/stats/report.ts'
import { childrenOf, compile, type EngineName, type Program, start, temporaryFolder } from '../_helpers.ts'
import { closeAll, openReaders, untilAll } from '../_load.ts'

/** Each trial is for both. */
export const engines: readonly EngineName[] = ['bun', 'socket']

export interface Served {
  readonly program: Program
  readonly port: number
  readonly url: string
  readonly workers: () => number[]
}

export interface Trials {
  /** The command that runs the program. */
  readonly binary: readonly string[]
  /** Serves by one worker, unless the flags say otherwise. */
  serve(flags: Parameters<typeof start>[1], command?: readonly string[]): Promise<Served>
  /** Ends it in order, and returns its exit code. */
  stop(served: Served): Promise<number>
}

/** Compiles the program; what is still served when the tests of the file have ended is killed. */
export async function prepareTrials(): Promise<Trials> {
  const folder = temporaryFolder()
  const programs = new Set<Program>()
  afterAll(async () => {
    for (const { process } of programs) process.kill('SIGKILL')
    await Promise.all([...programs].map(({ process }) => process.exited))
    folder.remove()
  })
  const binary = await compile(folder.path)
  return {
    binary,
    serve: async (flags, command = binary) => {
      const program = start(command, { workers: '1', ...flags, listen: '127.0.0.1:0' })
      programs.add(program)
      const port = await program.port()
      const url = `${flags.tls === undefined ? 'http' : 'https'}://127.0.0.1:${port}`
      return { program, port, url, workers: () => childrenOf(program.process.pid) }
    },
    stop: async ({ program }) => {
      program.process.kill('SIGTERM')
      const code = await program.process.exited
      programs.delete(program)
      return code
    },
  }
}

const ask = ({ url }: Served, path: string, method = 'GET'): Promise<Response> =>
  fetch(`${url}${path}`, {
    method,
    tls: { rejectUnauthorized: false },
    signal: AbortSignal.timeout(20_000),
  })

export async function stats(served: Served, path = '', method = 'GET'): Promise<Report> {
  return (await ask(served, `/stats${path}`, method)).json() as Promise<Report>
}

export const answers = (served: Served): Promise<boolean> =>
  ask(served, '/health').then(
    ({ ok }) => ok,
    () => false,
  )

/** Resident memory in bytes (Linux). */
export function residentBytes(pids: readonly number[]): number {
  return pids.reduce((sum, pid) => {
    const [, kilobytes] = /^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))!
    return sum + Number(kilobytes) * 1024
  }, 0)
}

export const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`
export const say = (name: string, figures: Record<string, unknown>): void =>
  console.log(name, JSON.stringify(figures))

interface Beside {
  readonly completed: number
  /** The time between two segments, ms. */
  readonly p50: number
  readonly p99: number
}

/**
 * What twenty clients of ordinary streams see while something else is going on: the best of five rounds of a second, because what
 * the host does in between says nothing of the server; but all of them must read their replies in every round.
 */
export async function others(port: number): Promise<Beside> {
  const rounds: Beside[] = []
  for (let i = 0; i < 5; i++) rounds.push(await oneRound(port))
  const [best] = rounds.toSorted((a, b) => a.p99 - b.p99)
  return { ...best!, completed: Math.min(...rounds.map(({ completed }) => completed)) }
}

async function oneRound(port: number): Promise<Beside> {
  const readers = await openReaders(port, 20)
  const gaps: number[] = []
  for (const { socket } of readers) {
    let lastMs: number | undefined
    socket.on('data', () => {
      const nowMs = performance.now()
      if (lastMs !== undefined) gaps.push(nowMs - lastMs)
      lastMs = nowMs
    })
  }
  await untilAll(readers, ({ replies, closedAtMs }) => replies === 1 || closedAtMs !== undefined)
  const completed = readers.filter(({ replies }) => replies === 1).length
  closeAll(readers)
  gaps.sort((a, b) => a - b)
  return { completed, p50: gaps[Math.floor(gaps.length * 0.5)]!, p99: gaps[Math.floor(gaps.length * 0.99)]! }
}

/** Connections that send a request, or nothing, and do not read. */
export async function openStuck(port: number, count: number, request: string): Promise<Socket[]> {
  const sockets: Socket[] = []
  for (let i = 0; i < count; i++) {
    const { promise, resolve } = Promise.withResolvers<void>()
    const socket = connect(port, '127.0.0.1', resolve)
    socket.on('error', () => {})
    socket.pause()
    await promise
    if (request !== '') socket.write(request)
    sockets.push(socket)
  }
  return sockets
}
