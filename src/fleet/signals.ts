// The signals that end the program, heeded from the first moment: what a start has made is taken away also when it is not let finish.

/** Under npm a Ctrl-C comes twice, from the terminal and from npm: a second signal within this time is the same one. */
export const SAME_SIGNAL_MS = 250

/** What a signal is that comes so long after the first one; undefined: it is the first. */
export function kindOfSignal(sinceFirstMs: number | undefined): 'first' | 'same' | 'later' {
  if (sinceFirstMs === undefined) return 'first'
  return sinceFirstMs < SAME_SIGNAL_MS ? 'same' : 'later'
}

/**
 * Not SIGHUP: to handle it would undo `nohup`. Unhandled it ends the supervisor when the terminal closes, and the workers end with
 * their supervisor.
 */
const names = ['SIGINT', 'SIGTERM'] as const

/** State: when the first signal came, and who heeds the next one. */
export class Signals {
  #firstMs: number | undefined
  #heed: (isFirst: boolean) => void = () => {}

  constructor() {
    for (const name of names) process.on(name, () => this.#take())
  }

  /** One has come that nobody heeded yet. */
  get came(): boolean {
    return this.#firstMs !== undefined
  }

  /** Calls `heed` for every signal that comes from now on. */
  heedBy(heed: (isFirst: boolean) => void): void {
    this.#heed = heed
  }

  #take(): void {
    const nowMs = performance.now()
    const kind = kindOfSignal(this.#firstMs && nowMs - this.#firstMs)
    this.#firstMs ??= nowMs
    if (kind !== 'same') this.#heed(kind === 'first')
  }
}
