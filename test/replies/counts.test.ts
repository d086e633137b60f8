// Replies of few chunks whose number varies: none loses all of them, and the mean is what was asked for but for what that adds.
import { expect, test } from 'bun:test'
import { readSettings } from '../../src/config/config.ts'
import type { JitterModel } from '../../src/config/jitter.ts'
import { drawSchedules, quantile } from '../../src/replies/timing.ts'

const cvs: Readonly<Record<JitterModel, readonly number[]>> = {
  normal: [0.01, 0.1, 0.3],
  lognormal: [0.01, 0.1, 0.5, 1],
  uniform: [0.01, 0.1, 0.577],
}

const cases = [1, 2, 3].flatMap((mean) =>
  (Object.keys(cvs) as JitterModel[]).flatMap((model) => cvs[model].map((cv) => [mean, model, cv] as const)),
)

test.each(cases)('%d chunks, %s:%d', (mean, model, cv) => {
  const chunkCountJitter = `${model}:${cv}`
  for (const seed of ['0', '1', '4294967295']) {
    const config = readSettings({ chunkCount: String(mean), chunkCountJitter, seed }, {})
    const counts = drawSchedules(config).map((schedule) => schedule.length - 1)
    expect(counts).toHaveLength(1024)
    expect(Math.min(...counts)).toBeGreaterThanOrEqual(1)
    // What would be rounded to none has one instead.
    const raised = counts.filter((_, i) => quantile({ model, cv }, (i + 0.5) / counts.length, mean) < 0.5)
    const expected = mean + raised.length / counts.length
    const got = counts.reduce((sum, count) => sum + count, 0) / counts.length
    expect(Math.abs(got - expected)).toBeLessThan(0.05)
  }
})

test.each(['normal:0.3', 'lognormal:1', 'uniform:0.577'])('the fewest and the most possible, %s', (model) => {
  for (const chunkCount of ['0', '1000000']) {
    const config = readSettings({ chunkCount, chunkCountJitter: model }, {})
    const counts = drawSchedules(config).map((schedule) => schedule.length - 1)
    expect(Math.max(...counts)).toBeLessThanOrEqual(Number(chunkCount))
    expect(Math.min(...counts) > 0).toBe(chunkCount !== '0')
  }
})
