// How much memory requests may make a worker take for one purpose.

/** Of bodies that are kept until they are whole, all together: sixteen of the largest that `--reply auto` takes. */
export const MOST_BODY_BYTES = 256 << 20

/** State: how much of so many bytes is taken. */
export class Budget {
  readonly limit: number
  #taken = 0

  constructor(limit: number) {
    this.limit = limit
  }

  get taken(): number {
    return this.#taken
  }

  /** Takes `bytes`, or returns false where there are not so many left. */
  take(bytes: number): boolean {
    if (this.#taken + bytes > this.limit) return false
    this.#taken += bytes
    return true
  }

  give(bytes: number): void {
    this.#taken -= bytes
  }
}
