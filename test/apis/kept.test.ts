// What is kept of a head: all of a usual one, a part of a very long one.
import { describe, expect, test } from 'bun:test'
import { keepText, keptHeaders } from '../../src/apis/kept.ts'

describe('headers', () => {
  test('are as they were, and weigh what they are', () => {
    const headers = { a: '1', 'content-type': 'x'.repeat(1000) }
    const { bytes, read } = keptHeaders(headers)
    expect(read()).toEqual(headers)
    expect(bytes).toBeGreaterThan(1013)
    expect(bytes).toBeLessThan(1200)
    expect(keptHeaders({}).bytes).toBe(0)
  })

  test.each([
    ['one long value', { a: 'x'.repeat(1 << 20) }],
    ['one long name', { ['n'.repeat(1 << 20)]: 'x' }],
    ['many', Object.fromEntries(Array.from({ length: 10_000 }, (_, i) => [`h${i}`, 'x'.repeat(300)]))],
  ])('%s: a part is kept', (_, headers) => {
    const { bytes, read } = keptHeaders(headers)
    expect(bytes).toBeLessThan(16_384)
    const kept = Object.entries(read())
    expect(kept.length).toBe(Math.min(30, Object.keys(headers).length))
    for (const [name, value] of kept) expect([name.length <= 65, value.length <= 257]).toEqual([true, true])
  })
})

test.each([
  ['abc', 3, 'abc'],
  ['abcd', 3, 'abc…'],
  ['äöüß', 3, 'äöü…'],
  ['', 3, ''],
])('%s, of which %d characters are kept', (text, most, kept) => expect(keepText(text, most)).toBe(kept))
