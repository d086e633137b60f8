import { expect, test } from 'bun:test'
import {
  formatAddress,
  formatBytes,
  formatCount,
  formatMs,
  formatPercent,
  plural,
} from '../../src/config/format.ts'
import { parseListen } from '../../src/config/parsers.ts'

test.each(['127.0.0.1:8080', '[::1]:80'])('formatAddress undoes parseListen: %j', (text) =>
  expect(formatAddress(parseListen(text)!)).toBe(text),
)

test.each([
  [0, '0 ms'],
  [0.25, '0.25 ms'],
  [950, '950 ms'],
  [1000, '1 s'],
  [0.0001, '0.0001 ms'],
  [1234.5678, '1.235 s'],
  [3_600_000, '3600 s'],
])('formatMs(%j) → %j', (ms, text) => expect(formatMs(ms)).toBe(text))

test.each([
  [0, '0 B'],
  [999, '999 B'],
  [180_000, '180 kB'],
  [41_314_159, '41.31 MB'],
  [1.5e16, '15000 TB'],
])('formatBytes(%j) → %j', (bytes, text) => expect(formatBytes(bytes)).toBe(text))

test('counts, shares and plurals', () => {
  expect([0, 999.4, 1234567.8].map(formatCount)).toEqual(['0', '999', '1,234,568'])
  expect([0, 0.876, 1.2].map(formatPercent)).toEqual(['0 %', '88 %', '120 %'])
  expect([plural(1, 'worker'), plural(2, 'worker'), plural(0, 'reply', 'replies')]).toEqual([
    '1 worker',
    '2 workers',
    '0 replies',
  ])
})
