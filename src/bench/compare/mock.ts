// The mock that a comparison is made with, its own or one that runs already: what it is set to, and what it says of itself.
import { RunError } from '../../config/errors.ts'
import type { Report } from '../../stats/report.ts'

export interface Mock {
  readonly url: URL
  /** Its numbers; with `reset` a new measuring window starts. */
  stats(reset?: boolean): Promise<Report>
}

const PATIENCE_MS = 10_000

/** The mock at a URL. */
export function mockAt(url: URL, isInsecure: boolean): Mock {
  return {
    url,
    stats: async (reset = false) => {
      const path = reset ? '/stats/reset' : '/stats'
      const response = await fetch(new URL(path, url), {
        method: reset ? 'POST' : 'GET',
        signal: AbortSignal.timeout(PATIENCE_MS),
        tls: { rejectUnauthorized: !isInsecure },
      }).catch((thrown: Error) => {
        throw new RunError(
          `cannot compare: the mock at ${url.origin} does not tell its numbers: ${thrown.message}`,
        )
      })
      const told = (await response.json().catch(() => null)) as Report | null
      if (!response.ok || told?.config?.chunkCount === undefined)
        throw new RunError(
          `cannot compare: ${url.origin} is no mock-llm-api: GET ${path} answers with status ${response.status}`,
        )
      return told
    },
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

export function paceOf({ config: { chunkCount, chunkDelayMs, ttftMs } }: Report): Pace {
  return { chunkCount, chunkDelayMs, ttftMs, replyMs: ttftMs + chunkCount * chunkDelayMs }
}
