// `bun run test:mutants [ROOM | part of a file's name]…`: applies deliberate faults, one at a time, to copies of the repository and
// says which of them the tests notice. Exit code 1 when too few are, or when a row no longer fits its file.
import { join } from 'node:path'
import { root } from '../_helpers.ts'
import { type Lane, Lanes } from './lanes.ts'
import {
  applyMutant,
  choose,
  describe,
  isGood,
  type Mutant,
  outcomeOf,
  renderResults,
  type Result,
} from './mutant.ts'
import { rooms } from './rooms.ts'

const LANES = 2
/** Of what tests have printed, in characters. */
const MOST_SHOWN = 2000
/** For tests of the program as it is. */
const PATIENCE_MS = 180_000
/** A fault may make tests so much slower; then they hang. */
const SLOWER = 5
const SLOWER_MS = 15_000

const words = process.argv.slice(2)
const rows = Object.entries(choose(rooms, words)).flatMap(([room, mutants]) =>
  mutants.map((mutant) => ({ room, mutant })),
)
if (rows.length === 0) {
  console.error(`no fault is about ${words.join(' ')}; the rooms are ${Object.keys(rooms).join(', ')}`)
  process.exit(1)
}

const copies = new Lanes(root, LANES)
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
  process.on(signal, () => {
    copies.remove()
    process.exit(1)
  })
try {
  const usualMs = await runUnchanged()
  const results = await tryAll(usualMs)
  process.stdout.write(`\n${renderResults(results)}`)
  process.exitCode = isGood(results) ? 0 : 1
} catch (thrown) {
  console.error(thrown instanceof Error ? thrown.message : thrown)
  process.exitCode = 1
} finally {
  copies.remove()
}

/** How long each test file takes. @throws Error when one does not pass as it is */
async function runUnchanged(): Promise<ReadonlyMap<string, number>> {
  const files = [...new Set(rows.flatMap(({ mutant }) => mutant.tests))]
  const usualMs = new Map<string, number>()
  await inLanes(files, async (lane, file) => {
    for (let tries = 0; !usualMs.has(file); tries++) {
      const startMs = performance.now()
      const run = await lane.run([file], PATIENCE_MS)
      if (outcomeOf(run) === 'passed') usualMs.set(file, performance.now() - startMs)
      // The host may have been too busy: once more.
      else if (tries > 0)
        throw new Error(`${file} does not pass unchanged:\n${run.output.slice(-MOST_SHOWN)}`)
    }
    tell(`passed     ${file}`, `${usualMs.size} of ${files.length} test files pass unchanged`)
  })
  return usualMs
}

async function tryAll(usualMs: ReadonlyMap<string, number>): Promise<Result[]> {
  const results: (Result | undefined)[] = new Array(rows.length)
  let done = 0
  await inLanes([...rows.entries()], async (lane, [index, { room, mutant }]) => {
    const fate = await tryOne(lane, mutant, usualMs)
    results[index] = { room, mutant, fate }
    const missed = results.filter((result) => result !== undefined && result.fate !== 'noticed').length
    tell(`${fate.padEnd(11)}${describe(mutant)}`, `${++done} of ${rows.length} tried, ${missed} not noticed`)
  })
  return results as Result[]
}

/** Runs the tests of a row until one of them notices, the quickest first. */
async function tryOne(
  lane: Lane,
  mutant: Mutant,
  usualMs: ReadonlyMap<string, number>,
): Promise<Result['fate']> {
  const path = join(lane.root, mutant.file)
  const source = await Bun.file(path).text()
  let changed: string
  try {
    changed = applyMutant(source, mutant)
  } catch {
    return 'stale'
  }
  await Bun.write(path, changed)
  try {
    for (const file of mutant.tests.toSorted((a, b) => usualMs.get(a)! - usualMs.get(b)!)) {
      const run = await lane.run([file], SLOWER_MS + SLOWER * usualMs.get(file)!)
      if (outcomeOf(run) !== 'passed') return 'noticed'
    }
    return 'unnoticed'
  } finally {
    await Bun.write(path, source)
  }
}

/** Does everything there is to do, in each lane one after the other. */
async function inLanes<T>(items: readonly T[], work: (lane: Lane, item: T) => Promise<void>): Promise<void> {
  const left = [...items]
  await Promise.all(
    copies.lanes.map(async (lane) => {
      for (let item = left.shift(); item !== undefined; item = left.shift()) await work(lane, item)
    }),
  )
}

/** A line for each, or on a terminal one that changes. */
function tell(line: string, progress: string): void {
  process.stdout.write(process.stdout.isTTY ? `\r\x1b[K${progress}` : `${line}\n`)
}
