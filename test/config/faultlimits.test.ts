// Faults, rates and settings that only just go together: the last that is taken, and the first that is not.
import { expect, test } from 'bun:test'
import { type GivenFlags, readSettings } from '../../src/config/config.ts'
import { faultKinds, type PatternKind } from '../../src/config/faults.ts'
import { parsePattern } from '../../src/config/patterns.ts'
import { named } from '../_helpers.ts'
import { refusalOf } from './_refusals.ts'

/** The numbers of each kind of fault: what it takes, and what it does not. */
const argumentsOf: Readonly<
  Record<PatternKind, readonly [takes: readonly string[], refuses: readonly string[]]>
> = {
  status: [
    ['400', '599'],
    ['399', '600', ''],
  ],
  refuse: [[], ['0']],
  hang: [[], ['0']],
  'headers-then-hang': [[], ['0']],
  garbage: [
    ['0', '1000000'],
    ['-1', '1000001', ''],
  ],
  'truncate-event': [
    ['0', '1000000'],
    ['-1', '1000001', ''],
  ],
  duplicate: [
    ['0', '1000000'],
    ['-1', '1000001', ''],
  ],
  swap: [
    ['0', '1000000'],
    ['-1', '1000001', ''],
  ],
  'no-finish': [[], ['0']],
  'no-done': [[], ['0']],
  'after-done': [
    ['1', '1000'],
    ['0', '1001', ''],
  ],
  stall: [
    ['0:0', '1000000:86400000', '0:0.5'],
    ['0', '0:-1', '0:86400001', '1000001:0', '0:0:0'],
  ],
  abort: [
    ['0', '1000000'],
    ['-1', '1000001', ''],
  ],
  end: [
    ['0', '1000000'],
    ['-1', '1000001', ''],
  ],
  error: [
    ['0', '1000000', '0:400', '1000000:599', '0+done'],
    ['-1', '1000001', '', '0:399', '0:600', '0:500:1', '0:'],
  ],
  done: [[], ['0', '0+error:1']],
  multiline: [[], ['0']],
  ping: [
    ['1', '86400000', '1.5'],
    ['0', '0.999', '86400001', ''],
  ],
  ids: [[], ['0']],
  'no-space': [[], ['0']],
  'empty-events': [[], ['0']],
  retry: [
    ['0', '86400000'],
    ['-1', '86400001', '1.5', ''],
  ],
  keepalive: [
    ['1', '86400000', '1.5'],
    ['0', '0.999', '86400001', ''],
  ],
  crlf: [[], ['0']],
  cr: [[], ['0']],
  'no-last-blank': [[], ['0']],
  bom: [[], ['0']],
  merge: [
    ['2', '1000000'],
    ['1', '1000001', ''],
  ],
  split: [
    ['1', '1000000'],
    ['0', '1000001', ''],
  ],
  slow: [
    ['1', '1/s', '1000000000/s'],
    ['0', '0/s', '1000000001/s', '5/m', ''],
  ],
  gzip: [[], ['0']],
  'gzip!': [[], ['0']],
  br: [[], ['0']],
  'br!': [[], ['0']],
  'bad-chunk': [
    ['0', '1000000'],
    ['-1', '1000001', ''],
  ],
  'wrong-length': [[], ['0']],
  'no-terminator': [[], ['0']],
  'early-fin': [[], ['0']],
  'slow-head': [
    ['1', '1/s', '1000000000/s'],
    ['0', '0/s', '1000000001/s', '5/m', ''],
  ],
  'cut-head': [[], ['0']],
  'reset-after': [
    ['0', '86400000', '1.5'],
    ['-1', '86400001', ''],
  ],
  words: [[], ['0']],
  unicode: [[], ['0']],
  code: [[], ['0']],
  short: [[], ['0']],
  long: [[], ['0']],
  'finish:length': [[], ['0']],
  'content-filter': [[], ['0']],
  finish: [
    ['absent', 'empty', 'stop', 'SAFETY', 'eos_token', 'x'.repeat(64)],
    ['', 'a b', 'x'.repeat(65), 'a:b', '"'],
  ],
  'finish-with-content': [[], ['0']],
  'delta:null': [[], ['0']],
  usage: [
    ['never', 'finish', 'every', 'always'],
    ['', 'often', 'never:1'],
  ],
  'call-index': [
    ['missing', 'repeated', 'reversed'],
    ['', 'none', '0'],
  ],
  'split-name': [[], ['0']],
  'no-arguments': [[], ['0']],
}
/** These are nothing alone. */
const BESIDE: Readonly<Record<string, string>> = { done: 'error:1+' }
/** What is typed with a wrong argument is another kind. */
const OTHERWISE: Readonly<Record<string, string>> = { 'finish:length': 'finish', 'delta:null': 'ok' }

test.each(Object.keys(faultKinds) as PatternKind[])('the fault %s at its limits', (kind) => {
  const [takes, refuses] = argumentsOf[kind]
  const beside = BESIDE[kind] ?? ''
  for (const text of takes.length === 0 ? [beside + kind] : takes.map((args) => `${beside}${kind}:${args}`))
    expect(parsePattern(text).text).toBe(text)
  for (const args of refuses)
    expect(() => parsePattern(`${beside}${kind}:${args}`)).toThrow(OTHERWISE[kind] ?? faultKinds[kind].form)
})

const parts = (...rates: number[]): string => rates.map((one, i) => `abort:${i}@${one}%`).join(',')

test.each([
  [parts(100)],
  [parts(99.99, 0.01)],
  [parts(33.33, 33.33, 33.34)],
  [parts(...Array.from({ length: 18 }, () => 5.55), 0.1)],
])('rates that sum up to 100 %% are taken: %s', (fault) =>
  expect(readSettings({ fault, chunkCount: '30' }, {}).fault.entries.length).toBeGreaterThan(0),
)

test.each([
  [parts(100, 0.01)],
  [parts(99.99, 0.02)],
  [parts(33.34, 33.33, 33.34)],
  [parts(...Array.from({ length: 18 }, () => 5.55), 0.11)],
])('rates that sum up to 100.01 %% are refused: %s', (fault) =>
  expect(refusalOf(() => readSettings({ fault, chunkCount: '30' }, {}))).toBe(
    `--fault does not accept '${fault}': it takes rates that sum up to 100 % at most, not 100.01 %: give each its rate (@10%), join faults of one reply with +, or say how often in turn (x1)`,
  ),
)

/** Settings that are just possible together, and the least change that makes them impossible. */
const together: readonly [possible: GivenFlags, change: GivenFlags, refusal: string][] = [
  [{ chunkCount: '1024', chunkBytes: '32768' }, { chunkCount: '1025' }, 'at most 33554432 are possible'],
  [{ chunkCount: '8192', text: 'long' }, { chunkCount: '8193' }, 'at most 33554432 are possible'],
  [{ chunkBytes: '4', text: 'unicode' }, { chunkBytes: '3' }, 'it takes at least 4'],
  [{ chunkBytes: '0', text: 'short' }, { chunkBytes: '1' }, 'whose chunks have 1 byte'],
  [{ fault: 'abort:18' }, { fault: 'abort:19' }, 'N is at most 18'],
  [{ fault: 'garbage:17' }, { fault: 'garbage:18' }, 'N is at most 17'],
  [{ fault: 'stall:17:1', chunkCount: '18' }, { chunkCount: '17' }, 'N is at most 16'],
  [{ fault: 'garbage:4+end:5' }, { fault: 'garbage:5+end:5' }, 'would never be seen'],
  [{ fault: 'duplicate:17' }, { fault: 'duplicate:18' }, 'N is at most 17'],
  [{ fault: 'swap:16' }, { fault: 'swap:17' }, 'N is at most 16'],
  [{ fault: 'swap:3+end:5' }, { fault: 'swap:4+end:5' }, 'would never be seen'],
  [{ fault: 'no-arguments', content: 'tools' }, { content: 'text' }, 'needs calls of tools'],
  [{ fault: 'ping:1', ttftMs: '1048576', chunkDelayMs: '0' }, { ttftMs: '1048577' }, 'at most 1048576'],
  [{ preambleMs: '50' }, { preambleMs: '50.1' }, 'lies behind --ttft-ms 50'],
  [{ preambleMs: '90', ttftMs: '60', ttftJitter: 'normal:0.1' }, { ttftJitter: 'none' }, 'lies behind'],
  [{ fault: 'split:287', chunkCount: '1000000' }, { fault: 'split:286' }, 'at most 1048576 are possible'],
  [
    { fault: 'keepalive:1', ttftMs: '1048576', chunkDelayMs: '0' },
    { ttftMs: '1048577' },
    'at most 1048576 are possible',
  ],
  [{ rateLimit: '3/s', workers: '3' }, { workers: '4' }, 'cannot be shared by --workers 4'],
  [{ sessions: '3', workers: '1' }, { workers: '2' }, 'a session needs them to be one'],
  [{ maxHeadBytes: '65536' }, { maxHeadBytes: '65537' }, 'needs --engine socket'],
  [{ closeAfter: '0' }, { closeAfter: '1' }, 'needs --engine socket'],
  [{ fault: 'bad-chunk:4+end:5', engine: 'socket' }, { fault: 'bad-chunk:5+end:5' }, 'would never be seen'],
  [{ fault: 'cut-head', engine: 'socket' }, { engine: 'bun' }, 'cut-head needs --engine socket'],
  [{ fault: 'gzip' }, { stamp: 'true' }, 'gzip contradicts --stamp'],
  [{ fault: 'gzip', chunkCount: '1000000', chunkBytes: '8' }, { chunkBytes: '16' }, 'are possible'],
]

test.each(named(together))('%s', (_, possible, change, refusal) => {
  expect(readSettings(possible, {})).toBeDefined()
  expect(refusalOf(() => readSettings({ ...possible, ...change }, {}))).toContain(refusal)
})

test('16 kinds are joined, and 17 are not', () => {
  const kinds = Array.from({ length: 17 }, (_, i) => `stall:${i}:1`)
  expect(parsePattern(kinds.slice(1).join('+')).faults).toHaveLength(16)
  expect(() => parsePattern(kinds.join('+'))).toThrow('at most 16 kinds joined with +')
})
