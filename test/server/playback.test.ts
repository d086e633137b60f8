// What is sent when, and what is counted: a reply made by hand, and an engine that only notes what it is told.
import { expect, test } from 'bun:test'
import { wholeReply } from '../../src/replies/reply.ts'
import { until } from '../_helpers.ts'
import { counts, play, stageOf, stream } from './_playback.ts'

test('at zero delay all of it is one send, and counted at once', () => {
  const { playback, stage } = play(stream(3, () => 0))
  expect(playback.told).toEqual(['open', '0-3', 'end'])
  expect(counts(stage)).toMatchObject({ open: 0, completed: 1, events: 3, bytes: 6 })
  expect(stage.scheduler.waiting).toBe(0)
})

test('frames leave when they are due, those that are due together in one send', async () => {
  const { playback, stage } = play(stream(4, (i) => [5, 10, 15, 15][i]!))
  expect(playback.told).toEqual([])
  await until(() => playback.isOver)
  expect(playback.told).toEqual(['open', '0-1', '1-2', '2-4', 'end'])
  expect(counts(stage).ttft.count).toBe(1)
  expect(counts(stage).lateness.count).toBe(4)
})

test('due times are absolute: time lost on the way is made up for, in order', async () => {
  const startedMs = performance.now()
  const { playback } = play(stream(31, (i) => i * 20)) // 0.6 s
  await until(() => playback.told.includes('3-4'))
  const blockedUntilMs = performance.now() + 400
  while (performance.now() < blockedUntilMs) {} // the event loop stands still, as on an overloaded host
  await until(() => playback.isOver)
  expect(playback.told.slice(1, -1).map((sent) => Number.parseInt(sent))).toEqual(
    Array.from({ length: 31 }, (_, i) => i),
  )
  expect(performance.now() - startedMs).toBeGreaterThan(599)
  expect(performance.now() - startedMs).toBeLessThan(980) // 1 s, if every delay began anew
})

test('what is separate leaves in turns of its own, however late it is', async () => {
  const reply = stream(3, (i) => 1 + i * 1e-6, { separate: true })
  const { playback } = play(reply)
  const turns: number[] = []
  let turn = 0
  while (!playback.isOver) {
    await new Promise((resolve) => setImmediate(resolve))
    turn++
    while (turns.length < playback.told.filter((sent) => /\d/.test(sent)).length) turns.push(turn)
  }
  expect(new Set(turns).size).toBe(3)
})

test('a client that leaves is taken out of the schedule, and counted once, where it left', async () => {
  const stage = stageOf()
  const before = play(
    stream(1, () => 3_600_000),
    { stage },
  )
  const amid = play(
    stream(2, (i) => [0, 3_600_000][i]!),
    { stage },
  )
  const after = play(
    stream(1, () => 0),
    { stage },
  )
  expect(stage.scheduler.waiting).toBe(2)
  for (const { playback } of [before, amid, after]) {
    playback.leave()
    playback.leave()
  }
  expect(stage.scheduler.waiting).toBe(0)
  expect(counts(stage)).toMatchObject({
    open: 0,
    completed: 1,
    abortedBeforeFirstEvent: 1,
    abortedMidStream: 1,
  })
  expect(counts(stage).ledgers[0]).toMatchObject({
    dealt: 3,
    completed: 1,
    leftBeforeFirstEvent: 1,
    leftMidStream: 1,
    leftAfterChunks: [[1, 1]],
  })
})

test('who has said its last word counts as having left then, and is served to the end', async () => {
  const { playback, stage } = play(stream(3, (i) => i * 30, { faultMs: 0 }))
  await until(() => playback.told.includes('0-1'))
  playback.clientEnded()
  const left = { open: 0, completed: 0, abortedMidStream: 1 }
  expect(counts(stage)).toMatchObject(left)
  expect(counts(stage).ledgers[0]!.leftAfterChunks).toEqual([[1, 1]])
  await until(() => playback.isOver)
  expect(playback.told.at(-1)).toBe('end')
  playback.leave()
  expect(counts(stage)).toMatchObject({ ...left, events: 3 })
  expect(counts(stage).ledgers[0]).toMatchObject({ completed: 0, leftMidStream: 1 })
})

test('what waits for a client that does not read is counted apart, not as our lateness', async () => {
  const { playback, stage } = play(
    stream(6, (i) => (i < 4 ? 0 : 300)),
    { room: 3 },
  )
  expect(playback.told).toEqual(['open', '0-3'])
  await Bun.sleep(20)
  playback.room = 9
  playback.resume()
  playback.resume()
  expect(playback.told.slice(2)).toEqual(['3-4'])
  await until(() => playback.isOver)
  expect(playback.told.slice(2)).toEqual(['3-4', '4-6', 'end'])
  expect(counts(stage)).toMatchObject({ events: 6, heldBack: 1 })
  expect(counts(stage).lateness.count).toBe(5)
  expect(counts(stage).blocked.count).toBe(1)
})

test('the last frame, too, may have to wait for the client', () => {
  const { playback } = play(
    stream(2, () => 0),
    { room: 1 },
  )
  playback.room = 0
  playback.resume()
  expect(playback.told).toEqual(['open', '0-1', '1-1'])
  playback.room = 1
  playback.resume()
  expect(playback.told).toEqual(['open', '0-1', '1-1', '1-2', 'end'])
})

test.each([
  ['a stream', stream(2, () => 0), ['open', '0-2'], ['end']],
  ['a whole answer', wholeReply({ kind: 'whole', status: 404, body: '{}' }, {}), [], ['open', '0-1', 'end']],
  ['a reset', stream(2, () => 0, { ending: 'reset' }), ['open', '0-2', 'reset'], []],
  ['a reset before any byte', stream(0, () => 0, { ending: 'reset' }), ['open', 'reset'], []],
] as const)('%s and the body of its request', (_, reply, before, after) => {
  const { playback } = play(reply, { hasBody: false })
  expect(playback.told).toEqual([...before])
  playback.bodyArrived()
  expect(playback.told.slice(before.length)).toEqual([...after])
  playback.bodyArrived()
  expect(playback.told).toHaveLength(before.length + after.length)
})

test('a body that arrives in time changes nothing', async () => {
  const { playback, stage } = play(
    stream(1, () => 20),
    { hasBody: false },
  )
  playback.bodyArrived()
  await until(() => playback.isOver)
  expect(playback.told).toEqual(['open', '0-1', 'end'])
  expect(counts(stage)).toMatchObject({ heldBack: 0, completed: 1 })
})

test('what never is due is never sent', async () => {
  const { playback, stage } = play(stream(1, () => Number.POSITIVE_INFINITY))
  await Bun.sleep(30)
  expect(playback.told).toEqual([])
  playback.leave()
  expect(counts(stage)).toMatchObject({ open: 0, abortedBeforeFirstEvent: 1 })
})

test.each([
  ['nothing is taken, and the client goes', 0, 0],
  ['some of it is taken', 1, 200],
])('%s: the status it counts with', (_, room, status) => {
  const { playback, stage } = play(
    stream(3, () => 0),
    { room },
  )
  playback.leave()
  const routes = counts(stage).routes.filter(({ requests }) => requests > 0)
  expect(routes).toEqual([{ route: 'POST /', status, requests: 1, waiting: 0 }])
})

test('pieces that are overdue leave in turns of their own, other frames in one', async () => {
  const apart = play(stream(3, (i) => i * 1e-6, { separate: true }))
  const together = play(stream(3, (i) => i * 1e-6))
  expect(apart.playback.told).toEqual(['open', '0-1'])
  expect(together.playback.told).toEqual(['open', '0-1', '1-2', '2-3', 'end'])
  await until(() => apart.playback.isOver)
  expect(apart.playback.told).toEqual(['open', '0-1', '1-2', '2-3', 'end'])
})

test.each([
  ['before the fault is no time after it', 60_000, 0],
  ['after the fault is', 0, 1],
])('who leaves %s', (_, faultMs, count) => {
  const { playback, stage } = play(stream(2, (i) => i * 60_000, { faultMs }))
  playback.leave()
  expect(counts(stage).ledgers).toMatchObject([{ leftMidStream: 1, leftAfterFault: { count } }])
})
