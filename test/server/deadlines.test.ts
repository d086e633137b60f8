// What ends when nothing happens for too long: the watch itself, and the bodies that are read under it.
import { describe, expect, test } from 'bun:test'
import { Budget } from '../../src/server/budget.ts'
import { Deadlines, type Expiring } from '../../src/server/deadlines.ts'
import { BODY_SILENCE_MS, BODY_STALL_MS } from '../../src/server/engines/engine.ts'
import { type ByteReader, patienceWith, readSmall, Upload } from '../../src/server/engines/upload.ts'
import { root, runToEnd, until } from '../_helpers.ts'

const SWEEP_MS = 10

class Item implements Expiring {
  quietSinceMs = 0
  patienceMs: number
  readonly expiredAtMs: number[] = []
  then: () => void = () => {}

  constructor(patienceMs: number) {
    this.patienceMs = patienceMs
  }

  expire(): void {
    this.expiredAtMs.push(performance.now())
    this.then()
  }
}

describe('Deadlines', () => {
  test('what is watched expires once, no sooner than said', async () => {
    const deadlines = new Deadlines(SWEEP_MS)
    const items = [0, 30, 90].map((ms) => new Item(ms))
    for (const item of items) deadlines.watch(item)
    await until(() => items.every(({ expiredAtMs }) => expiredAtMs.length > 0))
    await Bun.sleep(5 * SWEEP_MS)
    for (const { expiredAtMs, quietSinceMs, patienceMs } of items) {
      expect(expiredAtMs).toHaveLength(1)
      expect(expiredAtMs[0]!).toBeGreaterThanOrEqual(quietSinceMs + patienceMs)
    }
  })

  test('what is forgotten, or was heard of, or has more patience by then, does not expire', async () => {
    const deadlines = new Deadlines(SWEEP_MS)
    const [forgotten, heard, patient, other] = [1, 60_000, 1, 50].map((ms) => new Item(ms)) as [
      Item,
      Item,
      Item,
      Item,
    ]
    for (const item of [forgotten, heard, patient, other]) deadlines.watch(item)
    deadlines.forget(forgotten)
    heard.quietSinceMs -= 50_000
    deadlines.watch(heard)
    patient.patienceMs = 60_000
    heard.patienceMs = 40_000
    await until(() => other.expiredAtMs.length > 0)
    expect([forgotten, heard, patient].map(({ expiredAtMs }) => expiredAtMs.length)).toEqual([0, 0, 0])
    for (const item of [forgotten, heard, patient]) deadlines.forget(item) // once more is no harm
  })

  test('what expires may forget the others, and be watched again', async () => {
    const deadlines = new Deadlines(SWEEP_MS)
    const [first, second] = [new Item(1), new Item(1)]
    deadlines.watch(first)
    deadlines.watch(second)
    first.then = () => {
      deadlines.forget(second)
      if (first.expiredAtMs.length === 1) deadlines.watch(first)
    }
    await until(() => first.expiredAtMs.length === 2)
    await Bun.sleep(5 * SWEEP_MS)
    expect([first.expiredAtMs.length, second.expiredAtMs.length]).toEqual([2, 0])
  })

  test('a process that watches nothing any more ends', async () => {
    const code = `
      import { Deadlines } from './src/server/deadlines.ts'
      const deadlines = new Deadlines(${SWEEP_MS})
      const items = [60_000, 1].map((patienceMs) => ({ patienceMs, quietSinceMs: 0, expire: () => console.log('expired') }))
      for (const item of items) deadlines.watch(item)
      deadlines.forget(items[0])`
    const command = ['sh', '-c', 'cd "$1" && exec "$2" -e "$3"', 'sh', root, process.execPath, code]
    expect(await runToEnd(command, [])).toEqual({ code: 0, stdout: 'expired\n', stderr: '' })
  })
})

/** Knows who is watched, and lets the test decide when it is too late. */
class Watch extends Deadlines {
  readonly watched = new Set<Expiring>()

  override watch(item: Expiring): void {
    this.watched.add(item)
  }

  override forget(item: Expiring): void {
    this.watched.delete(item)
  }
}

/** A body whose pieces the test hands over. */
class Body implements ByteReader {
  isCancelled = false
  #next = Promise.withResolvers<{ value?: Uint8Array }>()

  read(): Promise<{ value?: Uint8Array }> {
    return this.#next.promise
  }

  async cancel(): Promise<void> {
    this.isCancelled = true
    this.#next.resolve({})
  }

  async give(value?: Uint8Array): Promise<void> {
    const { resolve } = this.#next
    this.#next = Promise.withResolvers()
    resolve(value === undefined ? {} : { value })
    await Bun.sleep(0)
  }

  async fail(): Promise<void> {
    this.#next.reject(new Error('the client has left'))
    await Bun.sleep(0)
  }
}

describe('a body that is read', () => {
  function begin() {
    const watch = new Watch()
    const body = new Body()
    const told: string[] = []
    const playback = {
      waitsForBody: false,
      hasSent: false,
      bodyArrived: () => void told.push('arrived'),
      expire: () => void told.push('expired'),
    }
    return { watch, body, told, playback, upload: new Upload(body, watch) }
  }

  test('beside the reply is watched for silence, and forgotten at its end', async () => {
    const { watch, body, told, playback, upload } = begin()
    const drained = upload.drainFor(playback)
    for (let i = 0; i < 3; i++) {
      expect([...watch.watched]).toEqual([upload])
      expect(upload.patienceMs).toBe(BODY_SILENCE_MS)
      await body.give(new Uint8Array(1000))
    }
    expect(told).toEqual([])
    await body.give()
    await drained
    expect([told, watch.watched.size, body.isCancelled]).toEqual([['arrived'], 0, false])
  })

  test('beside the reply and silent ends the reply, and is given up', async () => {
    const { watch, body, told, playback, upload } = begin()
    const drained = upload.drainFor(playback)
    await body.give(new Uint8Array(1000))
    upload.expire()
    await drained
    expect([told[0], body.isCancelled, watch.watched.size]).toEqual(['expired', true, 0])
  })

  test('and stalls when only the end is left to send lets that be sent, and is read on', async () => {
    const { watch, body, told, playback, upload } = begin()
    const drained = upload.drainFor(playback)
    playback.waitsForBody = true
    expect(upload.patienceMs).toBe(BODY_STALL_MS)
    upload.expire()
    playback.waitsForBody = false
    expect([told, body.isCancelled, watch.watched.has(upload)]).toEqual([['arrived'], false, true])
    await body.give(new Uint8Array(1000))
    await body.give()
    await drained
    expect(watch.watched.size).toBe(0)
  })

  test('whose client leaves tells nothing', async () => {
    const { watch, body, told, playback, upload } = begin()
    const drained = upload.drainFor(playback)
    await body.fail()
    await drained
    expect([told, watch.watched.size]).toEqual([[], 0])
  })

  test('before the reply is given whole, unless it is too large or falls silent', async () => {
    const budget = new Budget(1000)
    const whole = begin()
    const collected = whole.upload.collect({ mostBytes: 10, keeps: true }, budget)
    await whole.body.give(Uint8Array.of(1, 2))
    await whole.body.give(Uint8Array.of(3))
    await whole.body.give()
    expect([...((await collected) as Uint8Array)]).toEqual([1, 2, 3])

    const large = begin()
    const refused = large.upload.collect({ mostBytes: 10, keeps: true }, budget)
    await large.body.give(new Uint8Array(10))
    await large.body.give(new Uint8Array(1))
    expect(await refused).toBe('tooLarge')

    const silent = begin()
    const expired = silent.upload.collect({ mostBytes: 10, keeps: true }, budget)
    await silent.body.give(new Uint8Array(1))
    silent.upload.expire()
    expect([await expired, silent.body.isCancelled]).toEqual(['expired', true])

    const left = begin()
    const failed = left.upload.collect({ mostBytes: 10, keeps: true }, budget)
    await left.body.fail()
    expect(await failed).toBe('left')
    for (const { watch } of [whole, large, silent, left]) expect(watch.watched.size).toBe(0)
    expect(budget.taken).toBe(0)
  })

  test('that Bun reads whole expires as a whole', async () => {
    const watch = new Watch()
    const { promise, resolve, reject } = Promise.withResolvers<ArrayBuffer>()
    const silent = readSmall(new Promise(() => {}), watch)
    const [item] = watch.watched
    item!.expire()
    expect(await silent).toBe('expired')
    watch.forget(item!)
    const whole = readSmall(promise, watch)
    resolve(new ArrayBuffer(3))
    expect((await whole) as Uint8Array).toHaveLength(3)
    const left = readSmall(Promise.reject(new Error('left')), watch)
    expect(await left).toBe('left')
    reject()
    expect(watch.watched.size).toBe(0)
  })
})

test.each([
  ['nothing is answered yet', null, BODY_SILENCE_MS],
  ['nothing has been sent', { hasSent: false, waitsForBody: false }, BODY_SILENCE_MS],
  // nginx stops sending when a reply has begun: while that is played, silence means nothing.
  ['a reply is played', { hasSent: true, waitsForBody: false }, Number.POSITIVE_INFINITY],
  ['only its end is missing', { hasSent: true, waitsForBody: true }, 7],
] as const)('a silent body while %s', (_, playback, ms) => expect(patienceWith(playback, 7)).toBe(ms))
