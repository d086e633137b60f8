// The library: a mock for as long as a test takes. For Bun, and for Node from version 20.
import { spawn } from 'node:child_process'
import type { Socket } from 'node:net'
import { STARTED_BY_VARIABLE } from './config/role.ts'
import { MockError } from './library/error.ts'
import { findCommand } from './library/executable.ts'
import { commandLine, type MockOptions } from './library/options.ts'
import { ask, end, endOf, untilReady } from './library/running.ts'
import { askRequests, queryOf, type RequestQuery } from './library/journal.ts'
import type { ClientVerdict } from './stats/clientverdict.ts'
import type { Report } from './stats/report.ts'
import type { ToldRequest as MockRequest } from './stats/traces.ts'

export {
  type ClientVerdict as MockVerdict,
  MockError,
  type MockOptions,
  type MockRequest,
  type Report as MockStats,
  type RequestQuery,
}

/** Where a mock serves. */
interface Place {
  /** `http://127.0.0.1:40123`: what the clients of Anthropic, Google and Ollama take. */
  readonly url: string
  /** The same with `/v1`: what the clients of OpenAI take. */
  readonly openaiBaseUrl: string
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
  /** Ends it. Open replies are cut, unless `graceMs` leaves them time. */
  stop(): Promise<void>
}

/**
 * Starts a mock, a process of its own on a free port of 127.0.0.1, and resolves when it serves. It ends with `stop()`, at the end of
 * `await using`, or when this process ends, however that does. Variables (`MOCK_LLM_…`) have no say.
 * @throws MockError for an option that is not accepted, or when it cannot serve
 */
export async function startMock(options: MockOptions = {}): Promise<Mock> {
  const { flags, environment, graceMs } = commandLine(options, process.env)
  const [file, ...words] = findCommand()
  const child = spawn(file, [...words, 'serve', ...flags, '--quiet', '--ready-file=-'], {
    env: { ...environment, [STARTED_BY_VARIABLE]: String(process.pid) },
    stdio: ['ignore', 'pipe', 'pipe'],
    windowsHide: true,
  })
  const ended = endOf(child)
  const stop = (): Promise<void> => end(child, ended, graceMs)
  const place = await untilReady<Place>(child).catch(async (thrown: unknown) => {
    await stop()
    throw thrown
  })
  // Whoever forgets to stop it can end all the same.
  child.unref()
  for (const stream of [child.stdout, child.stderr]) (stream as unknown as Socket).unref()
  const { url, openaiBaseUrl, port, pid, certFile } = place
  return {
    url,
    openaiBaseUrl,
    port,
    pid,
    certFile,
    stats: () => ask('GET', `${url}/stats`),
    reset: () => ask('POST', `${url}/stats/reset`),
    requests: (query) => askRequests(url, query, options.apiKey),
    verdict: (session) => ask('GET', `${url}/verdict${queryOf({ session })}`, options.apiKey),
    stop,
    [Symbol.asyncDispose]: stop,
  }
}
