// Replies that requests make up are prepared here, and what is told of the journal. Most of it takes microseconds, and is there at once; the
// rest is prepared in slices, one after the other, while streams are played and requests answered.
import { finish, type Work } from '../replies/work.ts'
import type { Card } from './card.ts'

/** So long nothing else is done, about: a slice ends with the next pause of the work. */
const SLICE_MS = 3
/** The same for what has just been asked for while others are being prepared. */
const SHORT_MS = 0.5
/** As many are prepared in slices: each of them holds what its request has sent. What comes on top is a brake: it is prepared at once. */
const MOST_WORKS = 32

/** What preparing takes from outside. */
export interface Turns {
  /** Milliseconds on a clock that never goes back. */
  now(): number
  /** Calls `run` in a later turn of the event loop. */
  later(run: () => void): void
}

interface Job<Made> {
  readonly work: Work<Made>
  readonly resolve: (made: Made) => void
  readonly reject: (thrown: unknown) => void
}

/** State: what is being prepared, the first of it in slices. */
export class Preparing<Made = Card> {
  readonly #turns: Turns
  readonly #jobs: Job<Made>[] = []

  constructor(turns: Turns) {
    this.#turns = turns
  }

  /** What has been made, or, where it takes long, a promise of it. */
  begin(work: Work<Made>): Made | Promise<Made> {
    if (this.#jobs.length >= MOST_WORKS) return finish(work)
    const made = this.#goOn(work, this.#jobs.length === 0 ? SLICE_MS : SHORT_MS)
    if (made !== undefined) return made
    const { promise, resolve, reject } = Promise.withResolvers<Made>()
    this.#jobs.push({ work, resolve, reject })
    if (this.#jobs.length === 1) this.#turns.later(this.#next)
    return promise
  }

  readonly #next = (): void => {
    const { work, resolve, reject } = this.#jobs[0]!
    try {
      const made = this.#goOn(work, SLICE_MS)
      if (made !== undefined) {
        this.#jobs.shift()
        resolve(made)
      }
    } catch (thrown) {
      this.#jobs.shift()
      reject(thrown)
    }
    if (this.#jobs.length > 0) this.#turns.later(this.#next)
  }

  /** Works for so long; undefined where there is more to do. */
  #goOn(work: Work<Made>, ms: number): Made | undefined {
    let step = work.next()
    if (step.done === true) return step.value
    const untilMs = this.#turns.now() + ms
    do step = work.next()
    while (step.done !== true && this.#turns.now() < untilMs)
    return step.done === true ? step.value : undefined
  }
}
