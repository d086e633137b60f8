// The tables of deliberate faults fit the program as it is; and what is said of a run of them.
import { describe, expect, test } from 'bun:test'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from '../_helpers.ts'
import {
  applyMutant,
  choose,
  describe as describeMutant,
  groupBytes,
  isGood,
  type Mutant,
  outcomeOf,
  renderResults,
  type Result,
  type Rooms,
  Stale,
} from './mutant.ts'
import { rooms } from './rooms.ts'

describe.each(Object.entries(rooms))('the faults of %s', (room, rows) => {
  const folder = room === 'engines' ? 'src/server/engines/' : `src/${room}/`
  const isOfRoom = (file: string): boolean => file.startsWith(folder) || file === `src/${room}.ts`

  test('each stands once in its file, and changes what that does', () => {
    const reasons = rows.flatMap((mutant) => {
      expect([mutant.file, isOfRoom(mutant.file)]).toEqual([mutant.file, true])
      try {
        applyMutant(readFileSync(join(root, mutant.file), 'utf8'), mutant)
        return []
      } catch (thrown) {
        return [`${describeMutant(mutant)}: ${(thrown as Error).message}`]
      }
    })
    expect(reasons).toEqual([])
  })

  test('each names tests that there are, and no two say the same', () => {
    for (const { tests } of rows) {
      expect(tests.length).toBeGreaterThan(0)
      for (const file of tests) expect([file, existsSync(join(root, file))]).toEqual([file, true])
    }
    const said = rows.map(({ file, why }) => `${file}: ${why}`)
    expect(said.filter((one, i) => said.indexOf(one) < i)).toEqual([])
  })
})

describe('applyMutant', () => {
  test.each([
    ['return a < b', 'a < b', 'a <= b', 'return a <= b'],
    ["return a.replace(/x/g, '')", "''", "'$&'", "return a.replace(/x/g, '$&')"],
    ['a()\nb()', 'a()\n', '', 'b()'],
  ])('%j', (source, from, to, changed) => expect(applyMutant(source, { from, to })).toBe(changed))

  test.each([
    ['what is not there', 'a < b', 'a > b', 'not there'],
    ['what is there twice', 'a()', 'b()', '2 times'],
    ['what is the same', 'c = 1', 'c = 1', 'no code'],
    ['a comment', '// why', '// who', 'no code'],
    ['a type', ': number', ': string', 'no code'],
    ['what is no code', 'c = 1', 'c = = 1', 'is no code'],
  ])('%s is stale', (_, from, to, reason) => {
    const apply = (): string => applyMutant('a()\na()\nlet c: number\nc = 1 // why', { from, to })
    expect(apply).toThrow(Stale)
    expect(apply).toThrow(reason)
  })
})

describe('outcomeOf', () => {
  test.each([
    [0, ' 3 pass\n 0 fail\n', 'passed'],
    [0, '\n 12 pass\n 3 skip\n 0 fail\n', 'passed'],
    [1, ' 2 pass\n 1 fail\n', 'failed'],
    [1, 'error: it does not load', 'failed'],
    [134, '', 'failed'],
    [null, ' 3 pass\n', 'hung'],
  ] as const)('code %j and %j: %s', (code, output, outcome) =>
    expect(outcomeOf({ code, output })).toBe(outcome),
  )

  test.each(['', ' 0 pass\n 5 skip\n 0 fail\n'])('%j says nothing', (output) =>
    expect(() => outcomeOf({ code: 0, output })).toThrow('no test has run'),
  )
})

test.each([
  ['', 0],
  ['    7  100\n   17 1000\n    7   20\n', 120 * 1024],
  ['70 100\n7 x\n', 0],
])('the memory of group 7 in %j', (listed, bytes) => expect(groupBytes(7, listed)).toBe(bytes))

const row = (file: string, why = 'wrong'): Mutant => ({ file, from: 'a', to: 'b', tests: [], why })

test('rows are chosen by room or by file', () => {
  const [a, b, c] = [row('src/stats/tally.ts'), row('src/stats/routes.ts'), row('src/bench/routes.ts')]
  const all: Rooms = { stats: [a!, b!], bench: [c!] }
  expect(choose(all, [])).toEqual(all)
  expect(choose(all, ['stats'])).toEqual({ stats: [a!, b!] })
  expect(choose(all, ['routes'])).toEqual({ stats: [b!], bench: [c!] })
  expect(choose(all, ['tally', 'bench'])).toEqual({ stats: [a!], bench: [c!] })
  expect(choose(all, ['nowhere'])).toEqual({})
})

describe('what is said in the end', () => {
  const results = (noticed: number, unnoticed: number, stale: number): Result[] =>
    (['noticed', 'unnoticed', 'stale'] as const).flatMap((fate, i) =>
      Array.from({ length: [noticed, unnoticed, stale][i]! }, (_, n): Result => {
        const room = n % 2 === 0 ? 'config' : 'stats'
        return { room, fate, mutant: row(`src/${room}/${n}.ts`, `wrong ${n}`) }
      }),
    )

  test('a line per room, what was not noticed and the share', () =>
    expect(renderResults(results(10, 1, 0))).toBe(
      `config         5/6\nstats          5/5\nunnoticed: src/config/0.ts: wrong 0\nnoticed 10 of 11 faults (91 %)\n`,
    ))

  test('why it fails', () =>
    expect(renderResults(results(8, 1, 1))).toBe(
      `config         4/5\nstats          4/4\nunnoticed: src/config/0.ts: wrong 0\nstale: src/config/0.ts: wrong 0\n` +
        'noticed 8 of 9 faults (89 %)\nat least 90 % must be noticed, and no row be stale\n',
    ))

  test.each([
    [9, 1, 0, true],
    [179, 20, 0, false], // rounded it is 90 %
    [10, 0, 1, false],
    [0, 0, 1, false],
    [0, 0, 0, false],
  ])('%j noticed, %j not, %j stale: good is %j', (noticed, unnoticed, stale, good) =>
    expect(isGood(results(noticed, unnoticed, stale))).toBe(good),
  )
})
