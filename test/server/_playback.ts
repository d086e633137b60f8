// An engine that only notes what it is told, and replies made by hand.
import type { Reply } from '../../src/replies/reply.ts'
import { Budget } from '../../src/server/budget.ts'
import type { Card } from '../../src/server/card.ts'
import { IdSource } from '../../src/server/patch.ts'
import { Playback, type Stage } from '../../src/server/playback.ts'
import { Scheduler } from '../../src/server/scheduler.ts'
import type { Snapshot } from '../../src/stats/snapshot.ts'
import { Tally } from '../../src/stats/tally.ts'

export const stageOf = (): Stage => ({
  scheduler: new Scheduler(),
  process: new Tally({ nowMs: 0, cpuMicros: 0, unixMs: 0 }),
  ids: new IdSource(0),
  bodies: new Budget(0),
})

export const counts = ({ process }: Stage): Snapshot =>
  process.snapshot({ nowMs: 1, cpuMicros: 0, unixMs: 0 })

/** A stream of so many numbers, each an event, number i due at `dueMs(i)`. */
export function stream(count: number, dueMs: (i: number) => number, other: Partial<Reply> = {}): Reply {
  const frames = Array.from({ length: count }, (_, i) => new TextEncoder().encode(`${i}\n`))
  return {
    status: 200,
    headers: {},
    frames,
    dueMs: Float64Array.from({ length: count }, (_, i) => dueMs(i)),
    marks: frames.map((_, step) => ({ part: 'content', step, events: 1 })),
    events: Uint32Array.from({ length: count + 1 }, (_, i) => i),
    bytes: Float64Array.from({ length: count + 1 }, (_, i) => 2 * i),
    framing: 'sse',
    ending: 'close',
    faultMs: Number.POSITIVE_INFINITY,
    whole: false,
    played: true,
    separate: false,
    wire: null,
    isPartial: false,
    places: null,
    trunk: null,
    ...other,
  }
}

/** Notes what it is told; takes `room` frames at most until it is resumed. */
export class Notes extends Playback {
  readonly told: string[] = []
  room = Number.POSITIVE_INFINITY

  protected override open(): void {
    this.told.push('open')
    this.advance()
  }

  protected override send(from: number, to: number): number {
    const end = Math.min(to, from + this.room)
    const { frames, places } = this.reply
    for (let i = from; i < end; i++) {
      const found = places?.[i]
      if (found) this.patch(frames[i]!, found)
    }
    this.told.push(`${from}-${end}`)
    if (end < to) this.hold()
    return end
  }

  protected override end(reset: boolean): void {
    this.told.push(reset ? 'reset' : 'end')
  }
}

export function play(
  reply: Reply,
  { hasBody = true, stage = stageOf(), room }: { hasBody?: boolean; stage?: Stage; room?: number } = {},
): { playback: Notes; stage: Stage; card: Card } {
  const card: Card = {
    kind: 'card',
    reply,
    tally: stage.process,
    counter: stage.process.counter('POST /', reply.status),
    ledger: stage.process.ledger('some'),
    extra: null,
  }
  const playback = new Notes(card, stage, performance.now(), hasBody)
  if (room !== undefined) playback.room = room
  playback.begin()
  return { playback, stage, card }
}
