// The table of numbers: what each row promises holds for all of them.
import { describe, expect, test } from 'bun:test'
import { readSettings } from '../../src/config/config.ts'
import { singleUpstream } from '../../src/config/upstreams.ts'
import { namesOf, numbers } from '../../src/stats/numbers.ts'
import { renderMetrics } from '../../src/stats/prometheus.ts'
import { makeReport, rowOf, type ShownName, shownNumbers, valueIn } from '../../src/stats/report.ts'
import { mergeSnapshots } from '../../src/stats/snapshot.ts'
import { type Reading, Tally } from '../../src/stats/tally.ts'

const at = (nowMs: number): Reading => ({ nowMs, cpuMicros: nowMs * 500, unixMs: nowMs })

/** A tally in which nothing is 0 or empty. */
function busyTally(): Tally {
  const tally = new Tally(at(0))
  for (const name of namesOf('count')) tally[name] = 7
  for (const name of namesOf('histogram')) tally[name].record(1500, 2)
  tally.counter('POST /x', 200).requests = 3
  for (let i = 0; i < 5; i++) tally.open(0)
  tally.ledger('hang').dealt = 4
  tally.ledger('hang').leave(2, 40)
  tally.watchMemory('prepared', { taken: 5, limit: 10 })
  return tally
}

test('every number is kept, put together, and told at a path of its own', () => {
  const one = busyTally().snapshot(at(1000))
  expect(Object.keys(one).toSorted()).toEqual(Object.keys(numbers).toSorted())
  const merged = mergeSnapshots(one, one)
  for (const name of namesOf('count')) expect(merged[name]).toBe(2 * one[name])
  for (const name of namesOf('histogram')) expect(merged[name].count).toBe(4)

  const config = singleUpstream(readSettings({}, {}))
  const facts = { version: '1', commit: null, config, startedAtMs: 0, cpus: 1, descriptorLimit: 9 }
  const report = makeReport({ shares: [], merged, workers: 2, reported: 1, lost: 1 }, facts, 5000)
  const names = Object.keys(shownNumbers) as ShownName[]
  for (const name of names) expect(valueIn(report, name)).toBeDefined()
  const paths = names.map((name) => shownNumbers[name].path)
  expect(new Set(paths).size).toBe(names.length)
})

describe('the metrics', () => {
  const config = singleUpstream(readSettings({}, {}))
  const facts = { version: '1', commit: null, config, startedAtMs: 0, cpus: 1, descriptorLimit: 9 }
  const collection = { shares: [], merged: busyTally().snapshot(at(1000)), workers: 1, reported: 1, lost: 0 }
  const text = renderMetrics(collection, makeReport(collection, facts, 1))
  const names = Object.keys(shownNumbers) as ShownName[]
  const declared = names.flatMap((name) => rowOf(name).metrics ?? [])

  test('every one that a row declares is there, once, with its samples behind its heading', () => {
    for (const name of new Set(declared.map((metric) => metric.name))) {
      const lines = text.split('\n').flatMap((line, i) => (line.includes(`mock_llm_${name}`) ? [i] : []))
      expect(lines.length).toBeGreaterThan(2)
      expect(lines.at(-1)! - lines[0]!).toBe(lines.length - 1) // no line of another one in between
    }
  })

  test('rows that share one say the same of it', () => {
    const said = new Set(declared.map(({ name, type, help }) => `${name} ${type} ${help}`))
    expect(said.size).toBe(new Set(declared.map(({ name }) => name)).size)
  })
})
