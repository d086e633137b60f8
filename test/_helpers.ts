// What several tests need: a server run one of three ways, a raw HTTP client, and waiting for a condition.
import { mkdtempSync, rmSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buildExecutable } from '../.github/scripts/build.ts'
import { type Config, type GivenFlags, readConfig } from '../src/config/config.ts'
import type { OptionName } from '../src/config/options.ts'
import { flagOf } from '../src/config/table.ts'
import { type Running, type ServerOptions, startServer } from '../src/server/server.ts'

export const root = join(import.meta.dir, '..')
export const createdAt = 1_795_380_000

/** Generous, for a busy machine; only a broken test ever waits so long. */
const PATIENCE_MS = 20_000

export type EngineName = Config['engine']

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

/** The server itself, as a worker runs it. */
export function serveInProcess(
  flags: GivenFlags,
  {
    place = { index: 0, workers: 1 },
    ...options
  }: Partial<Pick<ServerOptions, 'collect' | 'place' | 'tls'>> = {},
): Running {
  const config = readConfig({ ...flags, listen: '127.0.0.1:0' }, {})
  const facts = {
    version: '0.0.0',
    commit: null,
    config,
    startedAtMs: createdAt * 1000,
    cpus: 1,
    descriptorLimit: undefined,
  }
  return startServer({
    setup: { config, createdAt },
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

export interface Program {
  readonly process: Bun.Subprocess<'ignore', 'pipe', 'pipe'>
  /** All it has printed so far. */
  readonly output: { stdout: string; stderr: string }
  /** The port its banner names, once it has been printed. */
  port(): Promise<number>
}

/** Tests do not care how punctual the first seconds are, and start hundreds of workers. */
const COLD = { MOCK_LLM_NO_WARM_UP: 'true' }

/** Starts a program with flags as a Config names them; extra arguments come last. */
export function start(
  command: readonly string[],
  flags: GivenFlags,
  environment: Record<string, string> = {},
): Program {
  const given = Object.entries(flags).map(([name, text]) => `${flagOf(name as OptionName)}=${text}`)
  const child = Bun.spawn([...command, ...given], {
    env: { ...process.env, ...COLD, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const output = { stdout: '', stderr: '' }
  void collect(child.stdout, (text) => (output.stdout += text))
  void collect(child.stderr, (text) => (output.stderr += text))
  return {
    process: child,
    output,
    port: async () => {
      const found = await until(() => {
        if (child.exitCode !== null) throw new Error(`ended with ${child.exitCode}: ${output.stderr}`)
        return /OPENAI_BASE_URL=https?:\/\/\S+:(\d+)\/v1/.exec(output.stdout)
      })
      return Number(found[1])
    },
  }
}

async function collect(stream: ReadableStream<Uint8Array>, take: (text: string) => void): Promise<void> {
  const decoder = new TextDecoder()
  for await (const bytes of stream) take(decoder.decode(bytes, { stream: true }))
}

/** Runs a program to its end. */
export async function runToEnd(
  command: readonly string[],
  args: readonly string[],
  environment: Record<string, string> = {},
  patienceMs = PATIENCE_MS,
): Promise<{ code: number; stdout: string; stderr: string }> {
  const child = Bun.spawn([...command, ...args], {
    env: { ...process.env, ...COLD, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: patienceMs,
  })
  const [stdout, stderr, code] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited])
  return { code, stdout, stderr }
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

/** Waits until `probe` returns something other than undefined, null or false; its error ends the wait. */
export async function until<T>(probe: () => T | Promise<T>): Promise<NonNullable<T>> {
  const deadline = performance.now() + PATIENCE_MS
  for (;;) {
    const found = await probe()
    if (found !== undefined && found !== null && found !== false) return found
    if (performance.now() > deadline) throw new Error(`gave up waiting for: ${probe}`)
    await Bun.sleep(5)
  }
}

/** Whether a process is there and not a zombie. */
export function isAlive(pid: number): boolean {
  const { stdout } = Bun.spawnSync(['ps', '-o', 'stat=', '-p', String(pid)])
  const state = stdout.toString().trim()
  return state !== '' && !state.startsWith('Z')
}

/** The processes whose parent is `pid`. */
export function childrenOf(pid: number): number[] {
  const { stdout } = Bun.spawnSync(['ps', '-o', 'pid=,ppid=', '-A'])
  return [...stdout.toString().matchAll(/^\s*(\d+)\s+(\d+)$/gm)].flatMap(([, child, parent]) =>
    Number(parent) === pid ? [Number(child)] : [],
  )
}

function residentBytes(pid: number): number {
  return Number(Bun.spawnSync(['ps', '-o', 'rss=', '-p', String(pid)]).stdout.toString()) * 1024
}

/** A TCP connection that keeps every byte it receives and when it came. */
export interface RawClient {
  readonly socket: Socket
  /** All bytes so far, as Latin-1, so that lengths are byte lengths. */
  received(): string
  /** Resolves when the system has taken all of it, and rejects when it cannot be sent; whoever does not care need not wait. */
  send(text: string | Uint8Array): Promise<void>
  /** Waits for and takes the next whole response. */
  response(): Promise<RawResponse>
  /** Waits until the other side has closed. */
  closed(): Promise<void>
  /** How the connection has ended: in order, or by an error, as when it was reset. Undefined while it has not. */
  ending(): 'end' | Error | undefined
}

export interface RawResponse {
  readonly status: number
  /** The header block as sent, without the status line. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  /** The HTTP chunks, when the transfer coding is chunked. */
  readonly chunks: readonly string[]
  /** When its first and last bytes had arrived, on the clock of performance.now(). */
  readonly headersAtMs: number
  readonly endAtMs: number
}

/** Connects; the caller destroys `socket`. */
export async function rawClient(port: number): Promise<RawClient> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const socket = connect(port, '127.0.0.1', resolve)
  let ending: 'end' | Error | undefined
  socket.on('error', (error) => {
    ending = error
    reject(error)
  })
  socket.on('end', () => (ending ??= 'end'))
  let buffer = ''
  let ended = false
  let firstAtMs = 0
  let lastAtMs = 0
  socket.on('data', (bytes) => {
    lastAtMs = performance.now()
    if (buffer === '') firstAtMs = lastAtMs
    buffer += bytes.toString('latin1')
  })
  socket.on('close', () => (ended = true))
  await promise
  return {
    socket,
    received: () => buffer,
    send: (text) => {
      const { promise: sent, resolve: whenSent, reject: whenFailed } = Promise.withResolvers<void>()
      socket.write(text, (error) => (error ? whenFailed(error) : whenSent()))
      sent.catch(() => {}) // told to whoever waits
      return sent
    },
    ending: () => ending,
    response: async () => {
      const parsed = await until(() => {
        const found = takeResponse(buffer, ended)
        if (found === undefined && ended) throw new Error(`closed after ${JSON.stringify(buffer)}`)
        return found
      })
      buffer = parsed.rest
      return { ...parsed, headersAtMs: firstAtMs, endAtMs: lastAtMs }
    },
    closed: async () => void (await until(() => ended)),
  }
}

/** The first whole response in `text` and what follows it; undefined while it is incomplete. */
export function takeResponse(
  text: string,
  ended = false,
): (Omit<RawResponse, 'headersAtMs' | 'endAtMs'> & { rest: string }) | undefined {
  const headEnd = text.indexOf('\r\n\r\n')
  if (headEnd < 0) return undefined
  const [statusLine, ...lines] = text.slice(0, headEnd).split('\r\n')
  const status = Number(statusLine!.split(' ')[1])
  if (status === 100) return takeResponse(text.slice(headEnd + 4), ended)
  const headers = Object.fromEntries(
    lines.map((line) => [
      line.slice(0, line.indexOf(':')).toLowerCase(),
      line.slice(line.indexOf(':') + 1).trim(),
    ]),
  )
  const body = text.slice(headEnd + 4)
  if (headers['transfer-encoding'] !== 'chunked') {
    const length = headers['content-length'] === undefined ? undefined : Number(headers['content-length'])
    if (length === undefined ? !ended : body.length < length) return undefined
    return {
      status,
      headers,
      body: body.slice(0, length),
      chunks: [],
      rest: body.slice(length ?? body.length),
    }
  }
  const chunks: string[] = []
  for (let at = 0; ;) {
    const lineEnd = body.indexOf('\r\n', at)
    if (lineEnd < 0) return undefined
    const size = Number.parseInt(body.slice(at, lineEnd), 16)
    const start = lineEnd + 2
    if (body.length < start + size + 2) return undefined
    at = start + size + 2
    if (size === 0) return { status, headers, body: chunks.join(''), chunks, rest: body.slice(at) }
    chunks.push(body.slice(start, start + size))
  }
}

/** A request for the chat stream. */
export function chatRequest(headers = '', body = '{"stream":true}', path = '/v1/chat/completions'): string {
  return `POST ${path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${body.length}\r\n${headers}\r\n${body}`
}
