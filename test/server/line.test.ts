// What a socket does not take at once arrives later, in order, whatever is written meanwhile.
import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { Line, type LineSocket } from '../../src/server/engines/line.ts'

/** A socket that takes so many bytes of each write. */
class Lazy extends Line {
  arrived = ''
  sentCount = 0

  constructor(takes: () => number) {
    const nothing = (): void => {}
    const socket: LineSocket = {
      write: (bytes) => {
        const taken = Math.min(takes(), bytes.byteLength)
        this.arrived += Buffer.from(bytes.subarray(0, taken)).toString()
        return taken
      },
      ...{ end: nothing, shutdown: nothing, terminate: nothing, pause: nothing, resume: nothing },
      setKeepAlive: () => true,
    }
    super(socket)
  }

  /** As a reply is written: what is not taken is kept. */
  say(text: string): void {
    const bytes = Buffer.from(text)
    const taken = this.write(bytes)
    if (taken < bytes.byteLength) this.keep(bytes.subarray(taken))
  }

  get waits(): boolean {
    return this.hasUnsent
  }

  protected override sent(): void {
    this.sentCount++
  }
}

test('nothing overtakes what is kept', () => {
  const takes = [2, 1, 100]
  const line = new Lazy(() => takes.shift()!)
  line.say('abcd')
  line.say('ef')
  line.say('gh')
  expect([line.arrived, line.waits]).toEqual(['ab', true])
  line.drain()
  expect([line.arrived, line.waits, line.sentCount]).toEqual(['abc', true, 0])
  line.drain()
  expect([line.arrived, line.waits, line.sentCount]).toEqual(['abcdefgh', false, 1])
  line.drain()
  expect(line.sentCount).toBe(1)
})

test('whatever is taken and whenever it drains, all arrives in order', () => {
  const step = fc.oneof(fc.string({ unit: fc.constantFrom(...'abcdefg'), minLength: 1 }), fc.constant(null))
  fc.assert(
    fc.property(fc.array(step), fc.array(fc.nat(4)), (steps, takes) => {
      let at = 0
      const line = new Lazy(() => takes[at++] ?? 100)
      for (const text of steps) text === null ? line.drain() : line.say(text)
      while (line.waits) line.drain()
      expect(line.arrived).toBe(steps.filter((text) => text !== null).join(''))
    }),
  )
})
