// The mock that a comparison is made with, its own or one that runs already: what it is set to, and what it says of itself.
import { messageOf, RunError } from '../../config/errors.ts'
import type { Report } from '../../stats/report.ts'

export interface Mock {
  readonly url: URL
  /** Its numbers; with `reset` a new measuring window starts. */
  stats(reset?: boolean): Promise<Report>
}

const PATIENCE_MS = 10_000

/** The mock at a URL. */
export function mockAt(url: URL, tls: { readonly rejectUnauthorized: boolean; readonly ca?: string }): Mock {
  return {
    url,
    stats: async (reset = false) => {
      const path = reset ? '/stats/reset' : '/stats'
      const response = await fetch(new URL(path, url), {
        method: reset ? 'POST' : 'GET',
        signal: AbortSignal.timeout(PATIENCE_MS),
        tls,
      }).catch((thrown: Error) => {
        throw new RunError(
          `cannot compare: the mock at ${url.origin} does not tell its numbers: ${thrown.message}`,
        )
      })
      const told = (await response.json().catch(() => null)) as Report | null
      if (!response.ok || told?.config?.chunkCount === undefined)
        throw new RunError(
          `cannot compare: ${url.origin} is no mock-llm-api: ${path} answers with ${response.ok ? 'something else' : `status ${response.status}`}`,
        )
      return told
    },
  }
}

const COME_UP_MS = 30_000
const RETRY_MS = 100

/** What it says when it answers. @throws RunError where it does not in time */
export async function awaitMock(mock: Mock, progress: (text: string) => void): Promise<Report> {
  const untilMs = performance.now() + COME_UP_MS
  for (let isTold = false; ; isTold = true) {
    try {
      return await mock.stats()
    } catch (thrown) {
      if (!/ECONNREFUSED/.test(messageOf(thrown)) || performance.now() > untilMs) throw thrown
      if (!isTold) progress(`waiting up to 30 s for the mock at ${mock.url.origin}`)
      await Bun.sleep(RETRY_MS)
    }
  }
}

/** What a mock is set to, as far as it matters here. */
export interface Pace {
  readonly chunkCount: number
  readonly chunkDelayMs: number
  readonly ttftMs: number
  /** How long a reply takes. */
  readonly replyMs: number
}

/** `chunkCount` chunks are in the replies to what is asked: a request may make them shorter than the mock is set to. */
export function paceOf({ config: { chunkDelayMs, ttftMs } }: Report, chunkCount: number): Pace {
  return { chunkCount, chunkDelayMs, ttftMs, replyMs: ttftMs + chunkCount * chunkDelayMs }
}
