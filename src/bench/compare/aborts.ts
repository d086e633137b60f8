// Whether what is in between hands on that a client has left: the client leaves in the middle of a reply, and the mock says when it
// saw that.
import { RunError } from '../../config/errors.ts'
import { createReader } from '../client/answer.ts'
import type { Delimiter } from '../client/events.ts'
import { linkOpener } from '../client/open.ts'
import type { Asked } from '../client/probe.ts'
import { createTextCheck } from '../client/text.ts'
import type { Contestant } from './contestant.ts'
import { medianOf } from './differences.ts'
import type { Mock, Pace } from './mock.ts'

export interface Aborts {
  /** How often a client left. */
  readonly tries: number
  /** How often the mock saw it before its reply was over. */
  readonly seen: number
  /** How long after, ms, and how many chunks it had sent by then that nobody read; medians, null where it never saw it. */
  readonly afterMs: number | null
  readonly chunksInVain: number | null
}

const TRIES = 5
/** The client leaves when it has so many chunks. */
const LEAVE_AFTER = 3
const LOOK_MS = 20
/** A worker's numbers are told a moment later. */
const SLACK_MS = 300
const MOST_WAIT_MS = 10_000

/** Null where replies are over before anybody could leave. */
export async function measureAborts(
  mock: Mock,
  pace: Pace,
  { asked, probed }: Contestant,
): Promise<Aborts | null> {
  if (asked.target.isWhole || pace.chunkDelayMs < 1 || pace.chunkCount < 2 * LEAVE_AFTER) return null
  const after: number[] = []
  const inVain: number[] = []
  for (let i = 0; i < TRIES; i++) {
    await mock.stats(true)
    const leftMs = await leave(asked, probed.delimiter)
    const seen = await seenBy(mock, Math.min(pace.replyMs, MOST_WAIT_MS) + SLACK_MS)
    if (seen === undefined) continue
    after.push(Math.max(0, seen.atUnixMs - leftMs))
    inVain.push(Math.max(0, seen.chunks - LEAVE_AFTER))
  }
  const median = (values: number[]): number | null => (values.length === 0 ? null : medianOf(values))
  return { tries: TRIES, seen: after.length, afterMs: median(after), chunksInVain: median(inVain) }
}

/** Asks, and leaves when enough chunks have come. @returns when, in Unix ms */
async function leave(asked: Asked, delimiter: Delimiter): Promise<number> {
  const open = await linkOpener(asked.target)
  const { promise, resolve, reject } = Promise.withResolvers<number>()
  const fail = (reason: string): void => reject(new RunError(`cannot measure ${asked.url}: ${reason}`))
  const hasText = createTextCheck(asked.target.format)
  let chunks = 0
  const reader = createReader(asked.target, delimiter, (bytes, from, to) => {
    if (hasText(bytes.toString('utf8', from, to))) chunks++
  })
  const link = open(asked.target, {
    opened: () => link.ask(),
    received: () => {},
    headed: () => {},
    body: (bytes, from, to) => reader.feed(bytes, from, to),
    taken: () => {
      if (chunks < LEAVE_AFTER) return
      resolve(performance.timeOrigin + performance.now())
      link.close()
    },
    ended: () => fail('it ended before the client could leave'),
    failed: fail,
    closed: () => {},
    refused: fail,
  })
  return promise.finally(() => link.close())
}

/** The leaving that the mock has seen; undefined where it went on to the end. */
async function seenBy(
  mock: Mock,
  withinMs: number,
): Promise<{ readonly atUnixMs: number; readonly chunks: number } | undefined> {
  const untilMs = performance.now() + withinMs
  for (;;) {
    const { requests } = await mock.stats()
    const [last] = requests.leavings
    if (last !== undefined) return last
    if (requests.completed > 0 || performance.now() > untilMs) return undefined
    await Bun.sleep(LOOK_MS)
  }
}
