// When replies are due, apart from what they say: due times depend only on the steps of the events and on the schedule.
import { PREAMBLE } from '../apis/api.ts'
import type { Schedule } from './timing.ts'
import { finish, pausesAt, type Work } from './work.ts'

/** How many events leave at which step. */
export interface Steps {
  /** So many leave at `PREAMBLE`, before step 0. */
  readonly early: number
  /** The same for the same steps, and for no others. */
  readonly key: string
  /** In pairs: so many events at each of so many steps. */
  readonly runs: readonly number[]
  /** All events together. */
  readonly events: number
}

/** The steps of events in order: none leaves before the one in front of it. */
export function* stepsOf(events: readonly { readonly step: number }[]): Work<Steps> {
  const runs: number[] = []
  const close = (count: number, steps: number): void => {
    if (runs.at(-2) === count) runs[runs.length - 1]! += steps
    else runs.push(count, steps)
  }
  let early = 0
  let step = 0
  let count = 0
  for (let i = 0; i < events.length; i++) {
    const next = events[i]!.step
    if (next === PREAMBLE) {
      early++
      continue
    }
    if (next > step) {
      close(count, 1)
      if (next > step + 1) close(0, next - step - 1)
      step = next
      count = 0
    }
    count++
    if (pausesAt(i)) yield
  }
  close(count, 1)
  const key = early === 0 ? runs.join() : `${early}+${runs.join()}`
  return { key, early, runs, events: events.length }
}

/** Of a single event. */
export function stepsAt(step: number): Steps {
  return finish(stepsOf([{ step }]))
}

/** So many bytes of due times are kept for asks to come: those of sixteen formats whose replies are all dealt. */
const MAX_BYTES = 1 << 25

interface Sequence {
  /** By schedule. */
  readonly dueMs: Map<number, Float64Array>
  bytes: number
}

/** The due times of a worker's replies, shared by all that are alike. State: what has been computed, the latest used last. */
export class Timetable {
  readonly schedules: readonly Schedule[]
  readonly #maxBytes: number
  readonly #gapMs: number
  readonly #preambleMs: number
  readonly #sequences = new Map<string, Sequence>()
  #bytes = 0

  /**
   * `gapMs`: between the chunks of replies whose schedule has no gaps. `preambleMs`: when openings leave, but never after the first chunk;
   * null: together with it.
   */
  constructor(
    schedules: readonly Schedule[],
    gapMs: number,
    preambleMs: number | null = null,
    maxBytes = MAX_BYTES,
  ) {
    this.schedules = schedules
    this.#gapMs = gapMs
    this.#preambleMs = preambleMs ?? Number.POSITIVE_INFINITY
    this.#maxBytes = maxBytes
  }

  /** When each event is due under schedule `index`; the same object while it is kept. */
  *dueMs(steps: Steps, index: number): Work<Float64Array> {
    let dueMs = this.#use(steps.key).dueMs.get(index)
    if (dueMs !== undefined) return dueMs
    dueMs = yield* spread(steps, this.schedules[index]!, this.#gapMs)
    dueMs.fill(Math.min(this.#preambleMs, this.schedules[index]![0]!), 0, steps.early)
    // Again: in a pause they may have been forgotten, or known from elsewhere.
    const sequence = this.#use(steps.key)
    const known = sequence.dueMs.get(index)
    if (known !== undefined) return known
    sequence.dueMs.set(index, dueMs)
    sequence.bytes += dueMs.byteLength
    this.#bytes += dueMs.byteLength
    this.#makeRoom(steps.key)
    return dueMs
  }

  /** The due times of one sequence, which is now the one used last. */
  #use(key: string): Sequence {
    const sequence = this.#sequences.get(key) ?? { dueMs: new Map(), bytes: 0 }
    this.#sequences.delete(key)
    this.#sequences.set(key, sequence)
    return sequence
  }

  #makeRoom(used: string): void {
    for (const [key, { bytes }] of this.#sequences) {
      if (this.#bytes <= this.#maxBytes || key === used) return
      this.#sequences.delete(key)
      this.#bytes -= bytes
    }
  }
}

function* spread({ early, runs, events }: Steps, schedule: Schedule, gapMs: number): Work<Float64Array> {
  const dueMs = new Float64Array(events)
  let at = early
  let step = 0
  for (let run = 0; run < runs.length; run += 2) {
    const count = runs[run]!
    const end = step + runs[run + 1]!
    for (; step < end; step++) {
      const due = dueAt(schedule, step, gapMs)
      for (const next = at + count; at < next; at++) dueMs[at] = due
      if (pausesAt(step)) yield
    }
  }
  return dueMs
}

/** When a step is due; behind the last of a schedule its gaps come again. */
export function dueAt(schedule: Schedule, step: number, gapMs: number): number {
  const last = schedule.length - 1
  if (step <= last) return schedule[step]!
  if (last === 0) return schedule[0]! + step * gapMs
  const rounds = Math.floor(step / last)
  return schedule[step - rounds * last]! + rounds * (schedule[last]! - schedule[0]!)
}
