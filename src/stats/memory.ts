// What clients can make the workers keep: how much of each budget is taken.
import { asItIs, type Course, type Metric } from './rows.ts'

/** For what memory is kept: replies that requests made up, what they look like on the wire, bodies that are being read, and requests that are kept. */
export type Purpose = 'prepared' | 'runs' | 'bodies' | 'journal'

/** How much of one budget is taken, in bytes. */
export interface MemoryUse {
  readonly taken: number
  readonly limit: number
}

/** By purpose; of several workers the sums. A purpose that nothing is kept for is missing. */
export type Memory = Readonly<Partial<Record<Purpose, MemoryUse>>>

function mergeMemory(a: Memory, b: Memory): Memory {
  const merged: Partial<Record<Purpose, MemoryUse>> = { ...a }
  for (const [purpose, { taken, limit }] of entriesOf(b)) {
    const other = a[purpose] ?? { taken: 0, limit: 0 }
    merged[purpose] = { taken: other.taken + taken, limit: other.limit + limit }
  }
  return merged
}

/** How things are, and nothing that is counted. */
export const memoryCourse: Course<Memory> = {
  empty: {},
  merge: mergeMemory,
  since: () => ({}),
  close: asItIs,
  carry: () => ({}),
  leave: () => ({}),
}

export const memoryMetrics: readonly Metric<Memory, Memory>[] = [
  {
    type: 'gauge',
    name: 'memory_taken_bytes',
    help: 'What requests make the workers keep, by purpose, summed up.',
    samples: (memory) => entriesOf(memory).map(([purpose, { taken }]) => [{ purpose }, taken]),
  },
  {
    type: 'gauge',
    name: 'memory_limit_bytes',
    help: 'As much as they keep at most, by purpose, summed up.',
    samples: (memory) => entriesOf(memory).map(([purpose, { limit }]) => [{ purpose }, limit]),
  },
]

function entriesOf(memory: Memory): [Purpose, MemoryUse][] {
  return Object.entries(memory) as [Purpose, MemoryUse][]
}
