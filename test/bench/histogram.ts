// What one record of the histogram costs: `bun test/bench/histogram.ts`. The median of several rounds.
import { createRandom } from '../../src/replies/deck.ts'
import { Histogram } from '../../src/stats/histogram.ts'

const RECORDS = 10_000_000
const ROUNDS = 7

const random = createRandom(1)
const values = Float64Array.from({ length: 4096 }, () => random() ** 8 * 1e6)
const histogram = new Histogram()

const costsNs = Array.from({ length: ROUNDS }, () => {
  const startedMs = performance.now()
  for (let i = 0; i < RECORDS; i++) histogram.record(values[i & 4095]!, 1)
  return ((performance.now() - startedMs) * 1e6) / RECORDS
}).toSorted((a, b) => a - b)

if (histogram.snapshot().count === 0) throw new Error('nothing was recorded')
console.log(`${costsNs[ROUNDS >> 1]!.toFixed(1)} ns per record (median of ${ROUNDS} rounds of ${RECORDS})`)
