// Clients that leave: what is told of a mock that hears of it, or does not, or has others at the same time.
import { describe, expect, test } from 'bun:test'
import { measureAborts } from '../../../src/bench/compare/aborts.ts'
import type { Contestant } from '../../../src/bench/compare/contestant.ts'
import type { Mock, Pace } from '../../../src/bench/compare/mock.ts'
import type { Report } from '../../../src/stats/report.ts'
import { targetTo } from '../_results.ts'

const pace: Pace = { chunkCount: 10, chunkDelayMs: 5, ttftMs: 5, replyMs: 55 }
const chunk = (text: string): string =>
  `data: ${JSON.stringify({ choices: [{ delta: { content: text } }] })}\n\n`
const HEAD = 'HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n'
const ID = 'mock0000000100000002'

type Leaving = Report['requests']['leavings'][number]

/** A server that says so to a request, and a mock that tells what `told` makes of when clients left. */
async function measure(
  say: string,
  told: (
    leftMs: number | null,
    asked: number,
    open: number,
  ) => { readonly open: number; readonly leavings: readonly Leaving[] },
  onAsk: () => void = () => {},
): Promise<Awaited<ReturnType<typeof measureAborts>>> {
  let leftMs: number | null = null
  let asked = 0
  let open = 0
  const server = Bun.listen({
    hostname: '127.0.0.1',
    port: 0,
    socket: {
      data: (socket) => {
        open++
        onAsk()
        socket.write(say)
      },
      close: () => {
        open--
        leftMs = performance.timeOrigin + performance.now()
      },
    },
  })
  const mock = {
    url: new URL('http://127.0.0.1'),
    stats: async (reset = false) => {
      if (reset) leftMs = null
      return { requests: told(leftMs, asked++, open) } as unknown as Report
    },
  } satisfies Mock
  const contestant = {
    asked: { url: new URL('http://127.0.0.1'), target: targetTo(server.port) },
    probed: { delimiter: '\n\n' },
  } as unknown as Contestant
  try {
    return await measureAborts(mock, pace, contestant)
  } finally {
    server.stop(true)
  }
}

const three = HEAD + chunk('a') + chunk('b') + chunk(`c ${ID}`)
const own = (atUnixMs: number, chunks = 5): Leaving => ({ id: ID, atUnixMs, chunks })

test('a mock that hears of it: when, and how much was in vain', async () => {
  const found = await measure(three, (leftMs, _, open) => ({
    open,
    leavings: leftMs === null ? [] : [own(leftMs + 7)],
  }))
  expect(found).toMatchObject({ tries: 5, seen: 5, chunksInVain: 2, failed: 0, reason: null })
  expect(found!.afterMs).toBeGreaterThanOrEqual(7)
})

test('a mock that goes on to the end is not waited for', async () => {
  const startMs = performance.now()
  expect(await measure(three, () => ({ open: 0, leavings: [] }))).toEqual({
    tries: 5,
    seen: 0,
    afterMs: null,
    chunksInVain: null,
    failed: 0,
    reason: null,
  })
  expect(performance.now() - startMs).toBeLessThan(5 * pace.replyMs + 3000) // and not 5 s more
})

test('of others that left at the same time it is told apart by its id', async () => {
  const found = await measure(three, (leftMs, _, open) => ({
    open,
    leavings:
      leftMs === null ? [] : [{ id: 'mock1', atUnixMs: leftMs + 1000, chunks: 90 }, own(leftMs + 3, 4)],
  }))
  expect(found).toMatchObject({ seen: 5, chunksInVain: 1 })
  expect(found!.afterMs).toBeLessThan(500)
})

test('what left before it is none of it', async () => {
  const found = await measure(three, (leftMs, _, open) => ({
    open,
    leavings: leftMs === null ? [] : [{ id: null, atUnixMs: leftMs - 5000, chunks: 1 }],
  }))
  expect(found).toMatchObject({ seen: 0, failed: 0 })
})

test('nothing is asked while the mock has something under way', async () => {
  // What runs out after a load: it is over when it has been looked at for the third time.
  let looks = 0
  const asked: number[] = []
  const found = await measure(
    three,
    (leftMs, _, open) => ({
      open: open + (looks++ < 2 ? 3 : 0),
      leavings: leftMs === null ? [] : [own(leftMs + 1)],
    }),
    () => asked.push(looks),
  )
  expect(found!.seen).toBe(5)
  expect(asked[0]).toBeGreaterThan(2)
})

describe('a client that cannot leave says why, and the others try', () => {
  test.each([
    ['a status', 'HTTP/1.1 502 No\r\nContent-Length: 0\r\n\r\n', 'status 502'],
    [
      'a reply that is over',
      `HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Length: ${chunk('a').length}\r\n\r\n${chunk('a')}`,
      'the reply was over before the client could leave',
    ],
    ['nothing', '', 'no answer'],
    ['no HTTP', 'hello\r\n\r\n', 'no HTTP/1.1 response: hello'],
  ])(
    '%s',
    async (_, say, reason) => {
      const found = await measure(say, () => ({ open: 0, leavings: [] }))
      expect(found).toMatchObject({ tries: 5, seen: 0, afterMs: null, failed: 5, reason })
    },
    30_000,
  )
})
