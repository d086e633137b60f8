// What several tests need: a server run one of three ways, and what holds for which engine. From here come also other processes and raw
// clients, which have files of their own.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buildExecutable } from '../.github/scripts/build.ts'
import { type Settings, type GivenFlags, readSettings } from '../src/config/config.ts'
import { readConfigFile } from '../src/config/configfile.ts'
import { type Config, singleUpstream } from '../src/config/upstreams.ts'
import { type Running, type ServerOptions, startServer } from '../src/server/server.ts'
import { total } from '../src/stats/shares.ts'
import type { Snapshot } from '../src/stats/snapshot.ts'
import { childrenOf, residentBytes, start } from './_processes.ts'

export { childrenOf, isAlive, type Program, runToEnd, start, until } from './_processes.ts'
export { chatRequest, type RawClient, type RawResponse, rawClient, takeResponse, withClient } from './_raw.ts'

export const root = join(import.meta.dir, '..')
export const createdAt = 1_795_380_000

export type EngineName = Settings['engine']

interface Promises {
  /** HTTP/2, in clear text and with TLS. */
  readonly http2: boolean
  readonly tls: boolean
  /** A request that comes while a reply is streaming is answered after it. */
  readonly pipelining: boolean
  /** Whoever has ended its side of the connection is still answered. */
  readonly halfClosed: boolean
  /** What cannot be made out is refused in the provider's form. */
  readonly strictHeads: boolean
  /** A refusal spares whoever asks (`Expect`) the body. */
  readonly sparesBodies: boolean
  /** What follows the last chunk of a body is read and dropped. */
  readonly trailers: boolean
}

/**
 * What holds for one engine and not for the other; all else is tested on both. A test of such a thing is skipped by name where it
 * does not hold, and what happens there instead is in bun.test.ts and socket.test.ts.
 */
export const promises: Readonly<Record<EngineName, Promises>> = {
  bun: {
    http2: true,
    tls: true,
    pipelining: false,
    halfClosed: false,
    strictHeads: false,
    sparesBodies: false,
    trailers: false,
  },
  socket: {
    http2: false,
    tls: false,
    pipelining: true,
    halfClosed: true,
    strictHeads: true,
    sparesBodies: true,
    trailers: true,
  },
}

/** `bun run test:fast`: one engine, in this process, and nothing that takes seconds. */
export const isFast = process.env['TEST_FAST'] === '1'

/** The engines that suites run on, for `describe.each`. */
export const engines: readonly EngineName[] = isFast ? ['bun'] : ['bun', 'socket']

export interface Launched {
  readonly port: number
  readonly url: string
  /** Resident memory of every process that serves, in bytes. */
  memory(): number
  stop(): Promise<void>
}

export type Launch = (flags: GivenFlags) => Promise<Launched>

/** All numbers of a server. */
export const numbersOf = (server: Running): Snapshot => total(server.snapshot(false))

/** Serves in this process. */
export const launchInProcess: Launch = async (flags) => {
  const running = serveInProcess(flags)
  return {
    port: running.port,
    url: `http://127.0.0.1:${running.port}`,
    memory: () => process.memoryUsage.rss(),
    stop: async () => void (await running.stop(0)),
  }
}

type InProcess = Partial<Pick<ServerOptions, 'askAll' | 'began' | 'collect' | 'facts' | 'place' | 'tls'>>

/** The server itself, as a worker runs it. */
export function serveInProcess(flags: GivenFlags, options: InProcess = {}): Running {
  return serveConfig(singleUpstream(readSettings({ ...flags, listen: '127.0.0.1:0' }, {})), options)
}

/** The same with what a configuration file says. */
export async function serveFile(yaml: string, flags: GivenFlags = {}): Promise<Running> {
  const given = { flags: { ...flags, listen: '127.0.0.1:0' }, environment: {} }
  return serveConfig(await readConfigFile(yaml, 'c.yaml', given))
}

function serveConfig(
  config: Config,
  { place = { index: 0, workers: 1 }, ...options }: InProcess = {},
): Running {
  const facts = {
    version: '0.0.0',
    commit: null,
    config,
    startedAtMs: createdAt * 1000,
    cpus: 1,
    descriptorLimit: undefined,
  }
  return startServer({
    config,
    createdAt,
    files: { texts: {}, rules: {} },
    facts,
    place,
    sharePort: false,
    ...options,
  })
}

/** The command that runs the program from source. */
export const sourceCommand: readonly string[] = [process.execPath, join(root, 'src', 'cli.ts')]

/** Serves by `command` (a program, from source or compiled) with a worker, and waits for its banner. */
export function launcher(command: readonly string[]): Launch {
  return async (flags) => {
    const program = start(command, { workers: '1', graceMs: '0', ...flags, listen: '127.0.0.1:0' })
    const port = await program.port()
    return {
      port,
      url: `http://127.0.0.1:${port}`,
      memory: () => childrenOf(program.process.pid).reduce((sum, pid) => sum + residentBytes(pid), 0),
      stop: async () => {
        program.process.kill('SIGTERM')
        await program.process.exited
      },
    }
  }
}

/** A table for `test.each` whose rows get a first cell to be named by: what is in them, cut to a part of a line. */
export function named<Row extends readonly unknown[]>(rows: readonly Row[]): [string, ...Row][] {
  return rows.map((row) => {
    const text = row.map((cell) => (typeof cell === 'string' ? cell : JSON.stringify(cell))).join(' ')
    return [text.length > 80 ? `${text.slice(0, 79)}…` : text, ...row]
  })
}

/** A folder that `remove` takes away again. */
export function temporaryFolder(): { path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), 'mock-llm-api-'))
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) }
}

/** Builds the executable into `folder` and returns the command that runs it. */
export async function compile(folder: string): Promise<readonly string[]> {
  const binary = join(folder, 'mock-llm-api')
  await buildExecutable(binary)
  return [binary]
}
