// What clients did with the replies that were faulty on purpose, per pattern of faults.
import {
  emptyHistogram,
  Histogram,
  type HistogramSnapshot,
  mergeHistograms,
  subtractHistogram,
} from './histogram.ts'

/** What is counted up. */
const counts = ['dealt', 'completed', 'leftBeforeFirstEvent', 'leftMidStream'] as const

export interface LedgerCounts extends Readonly<Record<(typeof counts)[number], number>> {
  /** Requests that got such a reply. */
  readonly dealt: number
  /** Played to their end, faulty as it was, while the client was there. */
  readonly completed: number
}

export interface LedgerSnapshot extends LedgerCounts {
  /** As it was given: `abort:5`. */
  readonly pattern: string
  /** How many left after so many content chunks, for each number of chunks. */
  readonly leftAfterChunks: readonly (readonly [chunks: number, clients: number])[]
  /** How long after the fault could first be noticed they left. */
  readonly leftAfterFault: HistogramSnapshot
}

/** Who is told what a client does with one reply. */
export interface Account {
  /** The pattern of its faults; empty when nothing is wrong with it. */
  readonly pattern: string
  /** The reply is dealt. */
  deal(): void
  /** Its first bytes leave. */
  answer(): void
  /** All of it has left, while the client was there. */
  complete(): void
  /** The client has left after so many content chunks (null: before the first event), `sinceFaultMs` after the fault. */
  leave(chunks: number | null, sinceFaultMs: number): void
  /** Who was said to have left has read all of this reply. Numbers that have been told are not taken back. */
  stay?(): void
}

/** State: the account of one pattern in the present measuring window. */
export class Ledger implements LedgerCounts, Account {
  readonly pattern: string
  dealt = 0
  completed = 0
  leftBeforeFirstEvent = 0
  leftMidStream = 0
  #ended = false
  readonly #leftAfterChunks = new Map<number, number>()
  /** Made when first needed: it takes 190 KB, and most patterns never need it. */
  #leftAfterFault: Histogram | undefined

  constructor(pattern: string) {
    this.pattern = pattern
  }

  /** The program ends: what is open is cut by us, and nobody has left. */
  end(): void {
    this.#ended = true
  }

  /** Grows with everything that happens. */
  get counted(): number {
    return counts.reduce((sum, name) => sum + this[name], 0)
  }

  deal(): void {
    this.dealt++
  }

  answer(): void {}

  complete(): void {
    if (!this.#ended) this.completed++
  }

  leave(chunks: number | null, sinceFaultMs: number): void {
    if (this.#ended) return
    if (chunks === null) this.leftBeforeFirstEvent++
    else {
      this.leftMidStream++
      this.#leftAfterChunks.set(chunks, (this.#leftAfterChunks.get(chunks) ?? 0) + 1)
    }
    if (sinceFaultMs >= 0) (this.#leftAfterFault ??= new Histogram()).record(sinceFaultMs * 1000, 1)
  }

  snapshot(): LedgerSnapshot {
    return {
      pattern: this.pattern,
      ...countsOf((name) => this[name]),
      leftAfterChunks: [...this.#leftAfterChunks],
      leftAfterFault: this.#leftAfterFault?.snapshot() ?? emptyHistogram,
    }
  }

  reset(): void {
    Object.assign(
      this,
      countsOf(() => 0),
    )
    this.#leftAfterChunks.clear()
    this.#leftAfterFault = undefined
  }
}

function countsOf(valueOf: (name: (typeof counts)[number]) => number): LedgerCounts {
  return Object.fromEntries(counts.map((name) => [name, valueOf(name)])) as unknown as LedgerCounts
}

/** The accounts of both, pattern by pattern. */
export function mergeLedgers(
  a: readonly LedgerSnapshot[],
  b: readonly LedgerSnapshot[],
): readonly LedgerSnapshot[] {
  const merged = new Map<string, LedgerSnapshot>()
  for (const ledger of [...a, ...b]) {
    const known = merged.get(ledger.pattern)
    merged.set(ledger.pattern, known === undefined ? ledger : mergeTwo(known, ledger))
  }
  return [...merged.values()]
}

function mergeTwo(a: LedgerSnapshot, b: LedgerSnapshot): LedgerSnapshot {
  return {
    pattern: a.pattern,
    ...countsOf((name) => a[name] + b[name]),
    leftAfterChunks: sumPairs([...a.leftAfterChunks, ...b.leftAfterChunks]),
    leftAfterFault: mergeHistograms(a.leftAfterFault, b.leftAfterFault),
  }
}

/** What has happened since `before`. */
export function ledgersSince(
  now: readonly LedgerSnapshot[],
  before: readonly LedgerSnapshot[],
): readonly LedgerSnapshot[] {
  const known = new Map(before.map((ledger) => [ledger.pattern, ledger]))
  return now.map((ledger) => {
    const less = known.get(ledger.pattern)
    if (less === undefined) return ledger
    const negated = less.leftAfterChunks.map(([chunks, clients]) => [chunks, -clients] as const)
    return {
      pattern: ledger.pattern,
      ...countsOf((name) => ledger[name] - less[name]),
      leftAfterChunks: sumPairs([...ledger.leftAfterChunks, ...negated]).filter(
        ([, clients]) => clients !== 0,
      ),
      leftAfterFault: subtractHistogram(ledger.leftAfterFault, less.leftAfterFault),
    }
  })
}

/** All patterns, in whose accounts nothing has happened. */
export function carryLedgers(ledgers: readonly LedgerSnapshot[]): readonly LedgerSnapshot[] {
  return ledgers.map(({ pattern }) => new Ledger(pattern).snapshot())
}

/** Adds up the counts of equal keys, and puts the keys in order. */
function sumPairs(pairs: readonly (readonly [key: number, count: number])[]): [number, number][] {
  const sums = new Map<number, number>()
  for (const [key, count] of pairs) sums.set(key, (sums.get(key) ?? 0) + count)
  return [...sums].toSorted(([a], [b]) => a - b)
}
