// Who left before a reply was over: which id stood in it, when that was, and how far it had come.
import { describe, expect, test } from 'bun:test'
import type { GivenFlags } from '../../src/config/config.ts'
import { type Reply, wholeReply } from '../../src/replies/reply.ts'
import type { LeavingReport } from '../../src/stats/leavings.ts'
import { chatRequest, engines, type RawClient, until, withClient } from '../_helpers.ts'
import { ask, CHAT, cardOf, lay, post } from './_desk.ts'
import { ask as askServer, stats } from './_faults.ts'
import { counts, play, stageOf, stream } from './_playback.ts'
import { useServers } from './_servers.ts'

const ID = /mock\d{16}/
const nowUnixMs = (): number => performance.timeOrigin + performance.now()

function replyOf(flags: GivenFlags, path = CHAT): Reply {
  const table = lay({ chunkCount: '4', ...flags })
  return flags.reply === 'auto' ? post(table, { stream: true }, path).reply : cardOf(ask(table, path)).reply
}

/** What a client has seen of the reply: places are filled in where they are. */
const sentText = ({ frames }: Reply, count: number): string =>
  frames
    .slice(0, count)
    .map((frame) => new TextDecoder().decode(frame))
    .join('')

const [ids, stamps] = [{ uniqueIds: 'true' }, { stamp: 'true' }]

test.each<[string, GivenFlags, string, room: number, chunks: number, hasId: boolean]>([
  ['before the first event', { ...ids, ttftMs: '60000' }, CHAT, 9, 0, false],
  ['nothing is taken', ids, CHAT, 0, 0, false],
  ['a comment was all', { ...ids, fault: 'headers-then-hang' }, CHAT, 9, 0, false],
  ['pieces of the first event', { ...ids, fault: 'split:60' }, CHAT, 1, 0, true],
  ['the first event', ids, CHAT, 1, 1, true],
  ['after three chunks', ids, CHAT, 3, 3, true],
  ['all but the end', ids, CHAT, 5, 4, true],
  ['no id of its own', {}, CHAT, 3, 3, false],
  ['stamps alone', stamps, CHAT, 3, 3, false],
  ['stamps and an id', { ...ids, ...stamps }, CHAT, 3, 3, true],
  ['--reply auto', { reply: 'auto' }, CHAT, 3, 3, true],
  ['an id in the first event alone', { ...ids, ...stamps }, '/v1/messages', 5, 2, true],
  ['a format without ids', { ...ids, ...stamps }, '/api/chat', 3, 3, false],
  ['a fault', { ...ids, fault: 'stall:2:60000' }, CHAT, 9, 2, true],
  ['a whole answer in pieces', { ...ids, reply: 'json', fault: 'split:60' }, CHAT, 1, 0, true],
])('who leaves, %s', (_, flags, path, room, chunks, hasId) => {
  const reply = replyOf(flags, path)
  const { playback, stage } = play(reply, { room })
  const from = nowUnixMs()
  playback.leave()
  playback.leave()
  const { leavings, abortedBeforeFirstEvent, abortedMidStream } = counts(stage)
  const to = nowUnixMs()
  expect(leavings).toHaveLength(1)
  expect(abortedBeforeFirstEvent + abortedMidStream).toBe(1)
  const [[id, atUnixMs, sentChunks]] = leavings as [(typeof leavings)[0]]
  expect(sentChunks).toBe(chunks)
  const [shown = null] = ID.exec(sentText(reply, room)) ?? []
  expect(id).toBe(hasId ? shown : null)
  if (hasId) expect(id).toMatch(ID)
  expect(atUnixMs).toBeGreaterThanOrEqual(from - 0.001)
  expect(atUnixMs).toBeLessThanOrEqual(to + 0.001)
  expect(String(atUnixMs)).toMatch(/^\d{13}(\.\d{1,3})?$/)
})

test.each([
  [1, null],
  [2, 'mock0000000000000001'],
])('where a stamp is sent before the id, after %d frames the id is %j', (room, expected) => {
  const places = (['stamp', 'id', 'stamp'] as const).map((kind) => [{ kind, at: 0, from: 0, to: 1 }])
  const { playback, stage } = play(
    stream(3, () => 0, { places }),
    { room },
  )
  playback.leave()
  expect(counts(stage).leavings).toEqual([[expected, expect.any(Number), room]])
})

test.each<[string, Reply, room: number]>([
  ['a reply that was read to its end', stream(3, () => 0), 9],
  ['one that we reset', stream(3, () => 0, { ending: 'reset' }), 9],
  ['what is no answer of a model', wholeReply({ kind: 'whole', status: 404, body: '{}' }, {}), 0],
])('%s leaves none', (_, reply, room) => {
  const { playback, stage } = play(reply, { room })
  playback.leave()
  expect(counts(stage).leavings).toEqual([])
})

test('who has said its last word left then, after what had been sent then', async () => {
  const { playback, stage } = play(stream(3, (i) => i * 30))
  await until(() => playback.told.includes('0-1'))
  playback.clientEnded()
  const { leavings } = counts(stage)
  expect(leavings).toMatchObject([[null, expect.any(Number), 1]])
  await until(() => playback.isOver)
  playback.leave()
  expect(counts(stage).leavings).toEqual(leavings)
})

test('what we cut when the program ends was not left', () => {
  const stage = stageOf()
  const reply = replyOf({ ...ids, fault: 'stall:2:60000' })
  const [early, late] = [play(reply, { stage }), play(reply, { stage })]
  early.playback.leave()
  stage.process.end()
  late.playback.leave()
  expect(counts(stage)).toMatchObject({ cut: 1, leavings: [['mock0000000000000001', expect.any(Number), 2]] })
})

test('of 1,001 the last 1,000 are kept, and a reset leaves none', () => {
  const stage = stageOf()
  const reply = replyOf({ ...ids, fault: 'stall:2:60000' })
  for (let i = 0; i < 1001; i++) play(reply, { stage }).playback.leave()
  const { leavings, abortedMidStream } = counts(stage)
  expect(abortedMidStream).toBe(1001)
  const expected = Array.from({ length: 1000 }, (_, i) => `mock${String(i + 2).padStart(16, '0')}`)
  expect(leavings.map(([id]) => id)).toEqual(expected)
  stage.process.reset({ nowMs: 1, cpuMicros: 0, unixMs: 1 })
  expect(counts(stage).leavings).toEqual([])
})

describe.each(engines)('engine %s', (engine) => {
  const { serve } = useServers({ engine, chunkCount: '4', chunkDelayMs: '5' })

  test('/stats tells who left, the latest first, until the window ends', async () => {
    const server = serve({ honor: 'fault', uniqueIds: 'true' })
    await askServer(server)
    const leftFrom = async (pattern: string, isEnough: (client: RawClient) => unknown) => {
      const { leavings: before } = (await stats(server)).requests
      const client = await withClient(server, async (client) => {
        client.send(chatRequest(`X-Test-Pattern: ${pattern}\r\n`))
        await until(() => isEnough(client))
        return { id: ID.exec(client.received())?.[0] ?? null, atUnixMs: nowUnixMs() }
      })
      const [left] = await until(async () => {
        const { leavings } = (await stats(server)).requests
        return leavings.length > before.length ? leavings : undefined
      })
      expect(left!.id).toBe(client.id)
      expect(left!.atUnixMs).toBeGreaterThanOrEqual(client.atUnixMs - 0.001)
      expect(left!.atUnixMs).toBeLessThan(nowUnixMs() + 0.001)
      return left!
    }
    const dealt = async (): Promise<boolean> => (await stats(server)).requests.open === 1
    const left: LeavingReport[] = [
      await leftFrom('stall:2:60000', (client) => client.received().includes(' world')),
      await leftFrom('hang', dealt),
      await leftFrom('headers-then-hang', (client) => client.received().endsWith(':\n\n\r\n')),
      await leftFrom('stall:3:60000', (client) => client.received().match(/data: /g)?.length === 3),
    ]
    expect(left.map(({ id, chunks }) => [id !== null, chunks])).toEqual([
      [true, 2],
      [false, 0],
      [false, 0],
      [true, 3],
    ])
    expect(new Set(left.map(({ id }) => id)).size).toBe(3)
    expect((await stats(server, 'POST', '/stats/reset')).requests.leavings).toEqual(left.toReversed())
    expect((await stats(server)).requests.leavings).toEqual([])
  })
})
