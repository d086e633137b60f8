// What a mock has kept of its requests, as the library tells it.
import { plural } from '../config/format.ts'
import type { ClientVerdict } from '../stats/clientverdict.ts'
import type { ToldRequest } from '../stats/traces.ts'
import { MockError } from './error.ts'
import type { Ask } from './running.ts'

/** Which requests are meant: what is missing may be anything. */
export interface RequestQuery {
  readonly upstream?: string | undefined
  /** All of it, or its beginning and a star: `/v1/*`. */
  readonly path?: string | undefined
  /** `429`, or a class: `4xx`. 0: the client saw none. */
  readonly status?: number | string | undefined
  readonly since?: Date | number | string | undefined
  /** The value of `X-Test-Session`. */
  readonly session?: string | undefined
  /** A part of it. */
  readonly body?: string | undefined
}

interface Told {
  /** So many workers have not answered. */
  readonly missing?: number
}

interface Page extends Told {
  readonly requests: readonly ToldRequest[]
  readonly next: string | null
}

/** All pages, the newest first. @throws MockError where no request is kept, or not all workers tell theirs */
export async function askRequests(ask: Ask, query: RequestQuery = {}): Promise<readonly ToldRequest[]> {
  const requests: ToldRequest[] = []
  let cursor: string | null | undefined
  while (cursor !== null) {
    const page: Page = whole(await ask('GET', `/requests${queryOf({ ...query, limit: 1000, cursor })}`))
    requests.push(...page.requests)
    cursor = page.next
  }
  return requests
}

/** @throws MockError where no request is kept, or not all workers tell theirs */
export async function askVerdict(ask: Ask, session?: string): Promise<ClientVerdict> {
  return whole(await ask<ClientVerdict & Told>('GET', `/verdict${queryOf({ session })}`))
}

/** A part of what there is must not be taken for all of it. */
function whole<Answer extends Told>(answer: Answer): Answer {
  const { missing = 0 } = answer
  if (missing === 0) return answer
  throw new MockError(
    `${plural(missing, 'worker has', 'workers have')} not answered in time, so this is not all: ask again, or for a session`,
  )
}

/** With its question mark, where there is anything to ask for. */
export function queryOf(asked: Readonly<Record<string, unknown>>): string {
  const given = Object.entries(asked).filter(([, value]) => value !== undefined)
  const pairs = given.map(([name, value]): [string, string] => [
    name,
    value instanceof Date ? value.toISOString() : String(value),
  ])
  return pairs.length === 0 ? '' : `?${new URLSearchParams(pairs)}`
}
