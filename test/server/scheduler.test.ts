import { describe, expect, test } from 'bun:test'
import { Scheduler, Waiter } from '../../src/server/scheduler.ts'
import { root, runToEnd, until } from '../_helpers.ts'

/** What is due may be fired by this much early, and no more. */
const EARLY_MS = 0.5

class Probe extends Waiter {
  readonly name: string
  readonly #onFire: (probe: Probe, nowMs: number) => void

  constructor(name: string, onFire: (probe: Probe, nowMs: number) => void) {
    super()
    this.name = name
    this.#onFire = onFire
  }

  override fire(): void {
    this.#onFire(this, performance.now())
  }
}

describe('Scheduler', () => {
  test('fires in order of due time, never earlier than promised', async () => {
    const scheduler = new Scheduler()
    const fired: string[] = []
    const start = performance.now()
    for (const [name, delay] of Object.entries({ c: 30, a: 5, d: 45.5, b: 12.25, now: 0, past: -100 })) {
      const probe = new Probe(name, (self, nowMs) => {
        expect(nowMs).toBeGreaterThanOrEqual(self.dueMs - EARLY_MS)
        fired.push(self.name)
      })
      scheduler.add(probe, start + delay)
    }
    expect(scheduler.waiting).toBe(6)
    expect(fired).toEqual([]) // never in the turn in which it was added
    await until(() => fired.length === 6)
    expect(fired.slice(2)).toEqual(['a', 'b', 'c', 'd'])
    expect(scheduler.waiting).toBe(0)
  })

  test('what is due within half a millisecond fires in the same turn', async () => {
    const nowMs = performance.now()
    const scheduler = new Scheduler(() => nowMs) // stands still: what does not fire now never does
    const fired: number[] = []
    for (const early of [0, 0.2, EARLY_MS, 0.6])
      scheduler.add(new Probe(String(early), () => void fired.push(early)), nowMs + early)
    await until(() => fired.length > 0)
    expect(fired).toEqual([0, 0.2, EARLY_MS])
    scheduler.add(new Probe('never', () => {}), Number.POSITIVE_INFINITY)
    expect(scheduler.waiting).toBe(1)
  })

  test('what is due turns of the wheel later hides nothing that is due sooner', async () => {
    const scheduler = new Scheduler()
    const start = performance.now()
    let soonAtMs = 0
    const far = new Probe('far', () => {})
    scheduler.add(far, start + 3 * 4096 + 8)
    scheduler.add(new Probe('soon', (_, nowMs) => void (soonAtMs = nowMs)), start + 60)
    scheduler.add(new Probe('first', () => {}), start + 1) // whose turn arms for the next
    await until(() => soonAtMs > 0)
    scheduler.remove(far)
    expect(soonAtMs - start).toBeLessThan(10_000)
  })

  test('a burst is spread over turns of the loop, in order, and other work comes in between', async () => {
    const scheduler = new Scheduler()
    const fired: number[] = []
    let turns = 0
    let going = true
    const turn = (): void => {
      turns++
      if (going) setImmediate(turn)
    }
    const turnOf: number[] = []
    const dueMs = performance.now() + 5
    for (let i = 0; i < 2000; i++)
      scheduler.add(
        new Probe(String(i), () => {
          fired.push(i)
          turnOf.push(turns)
        }),
        dueMs,
      )
    turn()
    await until(() => fired.length === 2000)
    going = false
    expect(fired).toEqual(Array.from({ length: 2000 }, (_, i) => i))
    expect(new Set(turnOf).size).toBeGreaterThanOrEqual(7)
  })

  test('what is removed does not fire, and removing twice does no harm', async () => {
    const scheduler = new Scheduler()
    const fired: string[] = []
    const [a, b, c] = ['a', 'b', 'c'].map((name) => new Probe(name, (self) => fired.push(self.name)))
    const dueMs = performance.now() + 10
    for (const probe of [a!, b!, c!]) scheduler.add(probe, dueMs)
    scheduler.remove(b!)
    scheduler.remove(b!)
    expect(scheduler.waiting).toBe(2)
    await until(() => fired.length === 2)
    expect(fired).toEqual(['a', 'c'])
    scheduler.remove(a!)
    expect(scheduler.waiting).toBe(0)
  })

  test('one that wakes for another does not fire much before its own time', async () => {
    const scheduler = new Scheduler()
    const earlyMs: number[] = []
    const start = performance.now()
    for (let i = 0; i < 200; i++)
      scheduler.add(new Probe('', (self, nowMs) => earlyMs.push(self.dueMs - nowMs)), start + 5 + i * 0.37)
    await until(() => earlyMs.length === 200)
    expect(Math.max(...earlyMs)).toBeLessThanOrEqual(EARLY_MS)
  })

  test('a sooner waiter overtakes an armed timer', async () => {
    const scheduler = new Scheduler()
    const fired: string[] = []
    const late = new Probe('late', () => fired.push('late'))
    scheduler.add(late, performance.now() + 3_600_000)
    scheduler.add(new Probe('soon', () => fired.push('soon')), performance.now() + 5)
    await until(() => fired.length === 1)
    expect(fired).toEqual(['soon'])
    scheduler.remove(late)
  })

  test('whoever fires may join again, and keeps its pace', async () => {
    const scheduler = new Scheduler()
    const start = performance.now()
    const firedMs: number[] = []
    const again = new Probe('again', (self, nowMs) => {
      firedMs.push(nowMs)
      if (firedMs.length < 20) scheduler.add(self, self.dueMs + 1.5)
    })
    scheduler.add(again, start)
    await until(() => firedMs.length === 20)
    expect(firedMs.at(-1)! - start).toBeGreaterThanOrEqual(19 * 1.5 - EARLY_MS)
  })

  test('a due time turns of the wheel ahead, on a clock that jumps', async () => {
    let nowMs = 1_000_000.25
    const scheduler = new Scheduler(() => nowMs)
    const fired: string[] = []
    const add = (name: string, delay: number): void =>
      scheduler.add(new Probe(name, (self) => fired.push(self.name)), nowMs + delay)
    add('next turn', 4096 + 3)
    add('third turn', 3 * 4096 + 3)
    add('soon', 3)
    nowMs += 4
    await until(() => fired.length === 1)
    expect(fired).toEqual(['soon'])
    nowMs += 10 * 4096 // as after a laptop's sleep: all of it is overdue
    add('wakes the timer', -20 * 4096)
    await until(() => fired.length === 4)
    expect(fired.sort()).toEqual(['next turn', 'soon', 'third turn', 'wakes the timer'])
    expect(scheduler.waiting).toBe(0)
  })

  test('ten thousand waiters all fire, none early', async () => {
    const scheduler = new Scheduler()
    let fired = 0
    const start = performance.now()
    for (let i = 0; i < 10_000; i++) {
      const probe = new Probe('', (self, nowMs) => {
        if (nowMs >= self.dueMs - EARLY_MS) fired++
      })
      scheduler.add(probe, start + ((i * 7919) % 100))
    }
    await until(() => scheduler.waiting === 0)
    await until(() => fired === 10_000)
  })

  test('many that are due turns of the wheel later, or never, hold up nobody in their slot', async () => {
    let nowMs = 1_000_000.25
    const scheduler = new Scheduler(() => nowMs)
    const fired: string[] = []
    const add = (name: string, dueMs: number): void =>
      scheduler.add(new Probe(name, (self) => fired.push(self.name)), dueMs)
    const dueMs = 1_000_003.5
    for (let i = 0; i < 50; i++) {
      add('later', dueMs + 4096 * (1 + (i % 3)))
      add('never', Number.POSITIVE_INFINITY)
    }
    add('soon', dueMs)
    nowMs += 4
    await until(() => fired.length === 1)
    expect(fired).toEqual(['soon'])
  })

  test('one that throws takes nobody along', async () => {
    const code = `
      import { Scheduler, Waiter } from './src/server/scheduler.ts'
      process.on('uncaughtException', (thrown) => console.log(thrown.message))
      class One extends Waiter { constructor(run) { super(); this.run = run } fire() { this.run() } }
      const scheduler = new Scheduler()
      const dueMs = performance.now() + 5
      scheduler.add(new One(() => { throw new Error('broken') }), dueMs)
      scheduler.add(new One(() => console.log('second')), dueMs)
      scheduler.add(new One(() => console.log('third')), dueMs + 10)`
    const command = ['sh', '-c', 'cd "$1" && exec "$2" -e "$3"', 'sh', root, process.execPath, code]
    expect((await runToEnd(command, [])).stdout.split('\n')).toEqual(['broken', 'second', 'third', ''])
  })
})
