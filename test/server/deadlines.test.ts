// What ends when nothing happens for too long: the watch itself, and the bodies that are read under it.
import { describe, expect, test } from 'bun:test'
import { Deadlines, type Expiring } from '../../src/server/deadlines.ts'
import { BODY_SILENCE_MS } from '../../src/server/engines/engine.ts'
import { type ByteReader, SmallBody, Upload } from '../../src/server/engines/upload.ts'
import { root, runToEnd, until } from '../_helpers.ts'

class Item implements Expiring {
  deadlineMs = 0
  readonly expiredAtMs: number[] = []
  then: () => void = () => {}

  expire(): void {
    this.expiredAtMs.push(performance.now())
    this.then()
  }
}

describe.concurrent('Deadlines', () => {
  test('what is watched expires once, no sooner than said', async () => {
    const deadlines = new Deadlines()
    const items = [1, 300, 900].map((ms) => {
      const item = new Item()
      deadlines.watch(item, ms)
      return item
    })
    const due = items.map(({ deadlineMs }) => deadlineMs)
    await until(() => items.every(({ expiredAtMs }) => expiredAtMs.length > 0))
    await Bun.sleep(1100) // another sweep
    for (const [i, { expiredAtMs }] of items.entries()) {
      expect(expiredAtMs).toHaveLength(1)
      expect(expiredAtMs[0]!).toBeGreaterThanOrEqual(due[i]!)
    }
  })

  test('what is forgotten, or put off by its owner, does not expire', async () => {
    const deadlines = new Deadlines()
    const [forgotten, putOff, again, other] = [new Item(), new Item(), new Item(), new Item()]
    for (const item of [forgotten, putOff, again, other]) deadlines.watch(item, 1)
    deadlines.forget(forgotten)
    putOff.deadlineMs += 60_000
    deadlines.watch(again, 60_000)
    await until(() => other.expiredAtMs.length > 0)
    expect([forgotten, putOff, again].map(({ expiredAtMs }) => expiredAtMs.length)).toEqual([0, 0, 0])
    deadlines.forget(forgotten) // once more is no harm
    deadlines.forget(putOff)
    deadlines.forget(again)
  })

  test('what expires may forget the others, and be watched again', async () => {
    const deadlines = new Deadlines()
    const [first, second] = [new Item(), new Item()]
    deadlines.watch(first, 1)
    deadlines.watch(second, 1)
    first.then = () => {
      deadlines.forget(second)
      if (first.expiredAtMs.length === 1) deadlines.watch(first, 1)
    }
    await until(() => first.expiredAtMs.length === 2)
    expect(second.expiredAtMs).toEqual([])
  })

  test('a process that watches nothing any more ends', async () => {
    const code = `
      import { Deadlines } from './src/server/deadlines.ts'
      const deadlines = new Deadlines()
      const items = [1, 2].map(() => ({ deadlineMs: 0, expire: () => console.log('expired') }))
      deadlines.watch(items[0], 60_000)
      deadlines.watch(items[1], 1)
      deadlines.forget(items[0])`
    const command = ['sh', '-c', 'cd "$1" && exec "$2" -e "$3"', 'sh', root, process.execPath, code]
    expect(await runToEnd(command, [])).toEqual({ code: 0, stdout: 'expired\n', stderr: '' })
  })
})

/** Tells what is watched and for how long, and lets the test decide when it is too late. */
class Watch extends Deadlines {
  readonly watched = new Map<Expiring, number>()

  override watch(item: Expiring, ms: number): void {
    this.watched.set(item, ms)
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
    const playback = { bodyArrived: () => void told.push('arrived'), expire: () => void told.push('expired') }
    return { watch, body, told, playback, upload: new Upload(body, watch) }
  }

  test('beside the reply is watched for silence, and forgotten at its end', async () => {
    const { watch, body, told, playback, upload } = begin()
    const drained = upload.drainFor(playback)
    for (let i = 0; i < 3; i++) {
      expect([...watch.watched]).toEqual([[upload, BODY_SILENCE_MS]])
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

  test('whose client leaves tells nothing', async () => {
    const { watch, body, told, playback, upload } = begin()
    const drained = upload.drainFor(playback)
    await body.fail()
    await drained
    expect([told, watch.watched.size]).toEqual([[], 0])
  })

  test('before the reply is given whole, unless it is too large or falls silent', async () => {
    const whole = begin()
    const collected = whole.upload.collect(10)
    await whole.body.give(Uint8Array.of(1, 2))
    await whole.body.give(Uint8Array.of(3))
    await whole.body.give()
    expect([...((await collected) as Uint8Array)]).toEqual([1, 2, 3])

    const large = begin()
    const refused = large.upload.collect(10)
    await large.body.give(new Uint8Array(10))
    await large.body.give(new Uint8Array(1))
    expect(await refused).toBeNull()

    const silent = begin()
    const expired = silent.upload.collect(10)
    await silent.body.give(new Uint8Array(1))
    silent.upload.expire()
    expect([await expired, silent.body.isCancelled]).toEqual(['expired', true])

    const left = begin()
    const failed = left.upload.collect(10).catch((thrown: Error) => thrown.message)
    await left.body.fail()
    expect(await failed).toBe('the client has left')
    for (const { watch } of [whole, large, silent, left]) expect(watch.watched.size).toBe(0)
  })

  test('that Bun reads whole expires as a whole', async () => {
    const body = new SmallBody()
    body.expire()
    expect(await body.expired).toBeNull()
  })
})
