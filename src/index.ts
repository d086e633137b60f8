// The library: a mock for as long as a test takes. For Bun, and for Node from version 20.
import { spawn } from 'node:child_process'
import type { Socket } from 'node:net'
import { STARTED_BY_VARIABLE } from './config/role.ts'
import { MockError } from './library/error.ts'
import { findCommand } from './library/executable.ts'
import { Keyring } from './library/keyring.ts'
import { commandLine, type MockOptions } from './library/options.ts'
import { askerOf, end, endOf, untilReady } from './library/running.ts'
import { changesText, type MockChanges, type MockConfig } from './library/configuration.ts'
import { askRequests, askVerdict, queryOf, type RequestQuery } from './library/journal.ts'
import type { ClientVerdict } from './stats/clientverdict.ts'
import type { Report } from './stats/report.ts'
import type { ToldRequest as MockRequest } from './stats/traces.ts'

export {
  type ClientVerdict as MockVerdict,
  type MockChanges,
  type MockConfig,
  MockError,
  type MockOptions,
  type MockRequest,
  type Report as MockStats,
  type RequestQuery,
}

/** Base URLs of a mock, or of one of its upstreams. */
export interface MockUrls {
  /** `http://127.0.0.1:40123`: what the clients of Anthropic, Google and Ollama take. */
  readonly url: string
  /** The same with `/v1`: what the clients of OpenAI take. */
  readonly openaiBaseUrl: string
}

/** Where a mock serves. */
interface Place extends MockUrls {
  /** Where each upstream is that has a name, by that. */
  readonly upstreams: Readonly<Record<string, MockUrls>>
  readonly port: number
  readonly pid: number
  /** The certificate to trust, where `tls` has made one. */
  readonly certFile: string | null
}

/** A mock that serves. */
export interface Mock extends Place, AsyncDisposable {
  /** The numbers since the start or the last reset, as `GET /stats` tells them. */
  stats(): Promise<Report>
  /** The same, and a new measuring window begins: scripts and rates of faults start anew. */
  reset(): Promise<Report>
  /** What clients asked, the newest first; all of it, of every page. It takes `journal`. */
  requests(query?: RequestQuery): Promise<readonly MockRequest[]>
  /** What there is to object to in how clients treat failures. It takes `journal`. */
  verdict(session?: string): Promise<ClientVerdict>
  /**
   * Changes the settings of an upstream, or of all; `null` is what it was at the start. Whoever has waited finds it changed: replies that
   * begin from then on. Open ones end as they began.
   * @throws MockError for what is not accepted; then nothing changes
   */
  set(changes: MockChanges, upstream?: string): Promise<void>
  /** The phase with this number begins now, the first being 0; the next ones follow as they are timed. */
  enter(phase: number, upstream?: string): Promise<void>
  /** Takes back all changes of an upstream, or of all; their phases begin anew. */
  restore(upstream?: string): Promise<void>
  /** Ends it. Open replies are cut, unless `graceMs` leaves them time. */
  stop(): Promise<void>
}

/**
 * Starts a mock, a process of its own on a free port of 127.0.0.1, and resolves when it serves. It ends with `stop()`, at the end of
 * `await using`, or when this process ends, however that does. Variables (`MOCK_LLM_…`) have no say.
 * @throws MockError for an option that is not accepted, or when it cannot serve
 */
export async function startMock(options: MockOptions = {}): Promise<Mock> {
  const { flags, environment, graceMs, input } = commandLine(options, process.env)
  const [file, ...words] = findCommand()
  const child = spawn(file, [...words, 'serve', ...flags, '--quiet', '--ready-file=-'], {
    env: { ...environment, [STARTED_BY_VARIABLE]: String(process.pid) },
    stdio: [input === null ? 'ignore' : 'pipe', 'pipe', 'pipe'],
    windowsHide: true,
  })
  child.stdin?.on('error', () => {}).end(input) // it may have ended already, and says why
  const ended = endOf(child)
  const stop = (): Promise<void> => end(child, ended, graceMs)
  const place = await untilReady<Place>(child).catch(async (thrown: unknown) => {
    await stop()
    throw thrown
  })
  // Whoever forgets to stop it can end all the same.
  child.unref()
  for (const stream of [child.stdout, child.stderr]) (stream as unknown as Socket).unref()
  const { url, openaiBaseUrl, port, pid, certFile, upstreams = {} } = place
  const keys = new Keyring(options)
  const ask = askerOf(url, keys)
  const control = async (method: string, path: string, upstream?: string, body?: string): Promise<void> => {
    await ask(method, `/control${path}${queryOf({ upstream })}`, body)
  }
  return {
    url,
    openaiBaseUrl,
    port,
    pid,
    certFile,
    upstreams,
    stats: () => ask('GET', '/stats'),
    reset: () => ask('POST', '/stats/reset'),
    requests: (query) => askRequests(ask, query),
    verdict: (session) => askVerdict(ask, session),
    set: async (changes, upstream) => {
      keys.add(changes)
      await control('PATCH', '', upstream, changesText(changes))
    },
    enter: (phase, upstream) => control('POST', '/phase', upstream, JSON.stringify({ to: phase })),
    restore: (upstream) => control('DELETE', '', upstream),
    stop,
    [Symbol.asyncDispose]: stop,
  }
}
