// What the connections of one listener share.
import { Deadlines } from '../deadlines.ts'
import type { Desk } from '../desk.ts'
import type { Stage } from '../playback.ts'
import type { EngineLimits } from './engine.ts'
import { HeadScanner } from './http1.ts'

/** A connection, as far as its listener knows it. */
export interface Member {
  /** No further request is looked at. */
  stop(): void
  cut(): void
}

/** State: the connections there are, and the scanner of heads that come whole. */
export class Exchange {
  readonly desk: Desk
  readonly stage: Stage
  readonly deadlines = new Deadlines()
  readonly closeAfter: number
  readonly #maxHeadBytes: number
  readonly #connections = new Set<Member>()
  #scanner: HeadScanner
  readonly #empty = Promise.withResolvers<void>()
  #isStopping = false

  constructor(desk: Desk, stage: Stage, { maxHeadBytes, closeAfter }: EngineLimits) {
    this.desk = desk
    this.stage = stage
    this.closeAfter = closeAfter
    this.#maxHeadBytes = maxHeadBytes
    this.#scanner = new HeadScanner(maxHeadBytes)
  }

  /** For a head that comes whole; whoever must keep it takes it with `takeScanner`. */
  freshScanner(): HeadScanner {
    this.#scanner.reset()
    return this.#scanner
  }

  takeScanner(): HeadScanner {
    const taken = this.#scanner
    this.#scanner = new HeadScanner(this.#maxHeadBytes)
    return taken
  }

  add(connection: Member): void {
    this.#connections.add(connection)
  }

  remove(connection: Member): void {
    this.#connections.delete(connection)
    if (this.#isStopping && this.#connections.size === 0) this.#empty.resolve()
  }

  /** Connections without a reply under way end now, the others with their reply. */
  drain(): Promise<void> {
    this.#isStopping = true
    for (const connection of this.#connections) connection.stop()
    if (this.#connections.size === 0) this.#empty.resolve()
    return this.#empty.promise
  }

  cut(): void {
    for (const connection of this.#connections) connection.cut()
  }
}
