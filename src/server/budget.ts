// How much memory requests may make a worker take for one purpose.

/** State: how much of so many bytes is taken. */
export class Budget {
  readonly bytes: number
  #taken = 0

  constructor(bytes: number) {
    this.bytes = bytes
  }

  get taken(): number {
    return this.#taken
  }

  /** Takes `bytes`, or returns false where there are not so many left. */
  take(bytes: number): boolean {
    if (this.#taken + bytes > this.bytes) return false
    this.#taken += bytes
    return true
  }

  give(bytes: number): void {
    this.#taken -= bytes
  }
}
