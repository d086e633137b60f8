// Whether what is in between hands on that a client has left: the client leaves in the middle of a reply, and the mock says when it
// saw that.
import { createReader } from '../client/answer.ts'
import { linkOpener } from '../client/open.ts'
import { createTextCheck } from '../client/text.ts'
import type { Contestant } from './contestant.ts'
import { medianOf } from './differences.ts'
import type { Mock, Pace } from './mock.ts'

export interface Aborts {
  /** How often a client left, or tried to. */
  readonly tries: number
  /** How often the mock saw it before its reply was over. */
  readonly seen: number
  /** How long after, ms, and how many chunks it had sent by then that nobody read; medians, null where it never saw it. */
  readonly afterMs: number | null
  readonly chunksInVain: number | null
  /** Tries in which the client could not leave in the middle of a reply, and why; the first reason. */
  readonly failed: number
  readonly reason: string | null
}

const TRIES = 5
/** The client leaves when it has so many chunks. */
const LEAVE_AFTER = 3
const LOOK_MS = 20
const SLACK_MS = 1000
const MOST_WAIT_MS = 10_000

/** When the client left, in Unix ms, and what its last event said; or why it could not. */
type Left = { readonly atMs: number; readonly said: string } | { readonly reason: string }

/** Null where replies are over before anybody could leave. */
export async function measureAborts(mock: Mock, pace: Pace, contestant: Contestant): Promise<Aborts | null> {
  if (contestant.asked.target.isWhole || pace.chunkDelayMs < 1 || pace.chunkCount < 2 * LEAVE_AFTER)
    return null
  const waitMs = Math.min(pace.replyMs, MOST_WAIT_MS) + SLACK_MS
  const after: number[] = []
  const inVain: number[] = []
  const reasons: string[] = []
  for (let i = 0; i < TRIES; i++) {
    await untilQuiet(mock, waitMs)
    await mock.stats(true)
    const left = await leave(contestant, waitMs)
    if ('reason' in left) {
      reasons.push(left.reason)
      continue
    }
    const seen = await seenBy(mock, left, waitMs)
    if (seen === undefined) continue
    after.push(Math.max(0, seen.atUnixMs - left.atMs))
    inVain.push(Math.max(0, seen.chunks - LEAVE_AFTER))
  }
  const median = (values: number[]): number | null => (values.length === 0 ? null : medianOf(values))
  return {
    tries: TRIES,
    seen: after.length,
    afterMs: median(after),
    chunksInVain: median(inVain),
    failed: reasons.length,
    reason: reasons[0] ?? null,
  }
}

/** Waits until the mock has nothing under way: what runs out after a load would be taken for the reply that was left. */
async function untilQuiet(mock: Mock, withinMs: number): Promise<void> {
  const untilMs = performance.now() + withinMs
  while ((await mock.stats()).requests.open > 0 && performance.now() < untilMs) await Bun.sleep(LOOK_MS)
}

/** Asks, and leaves when enough chunks have come. */
async function leave({ asked: { target }, probed }: Contestant, withinMs: number): Promise<Left> {
  const open = await linkOpener(target)
  const hasText = createTextCheck(target.format)
  const { promise, resolve } = Promise.withResolvers<Left>()
  const fail = (reason: string): void => resolve({ reason })
  let chunks = 0
  let said = ''
  let status = 0
  const reader = createReader(target, probed.delimiter, (bytes, from, to) => {
    const event = bytes.toString('utf8', from, to)
    if (!hasText(event)) return
    chunks++
    said = event
  })
  const link = open(target, {
    opened: () => link.ask(),
    received: () => {},
    headed: (head) => void (status = head.status),
    body: (bytes, from, to) => reader.feed(bytes, from, to),
    taken: () => {
      if (chunks < LEAVE_AFTER) return
      resolve({ atMs: performance.timeOrigin + performance.now(), said })
      link.leave()
    },
    ended: () =>
      fail(status === 200 ? 'the reply was over before the client could leave' : `status ${status}`),
    failed: fail,
    closed: () => {},
    refused: fail,
  })
  const patience = setTimeout(fail, withinMs, 'no answer')
  const left = await promise
  clearTimeout(patience)
  if ('reason' in left) link.close()
  return left
}

/** The leaving of the reply that was left; undefined where the mock went on to its end. */
async function seenBy(
  mock: Mock,
  { atMs, said }: Extract<Left, { atMs: number }>,
  withinMs: number,
): Promise<{ readonly atUnixMs: number; readonly chunks: number } | undefined> {
  const untilMs = performance.now() + withinMs
  for (;;) {
    const { requests } = await mock.stats()
    const own = requests.leavings.find(({ id }) => id !== null && said.includes(id))
    // Without ids that come through: the first that left after it, less what clocks may differ.
    const first = requests.leavings.findLast(({ atUnixMs }) => atUnixMs > atMs - LOOK_MS)
    const found = own ?? first
    if (found !== undefined) return found
    if (requests.open === 0 || performance.now() > untilMs) return undefined
    await Bun.sleep(LOOK_MS)
  }
}
