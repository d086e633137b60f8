import { expect, test } from 'bun:test'
import { Lately } from '../../src/apis/lately.ts'

test('what was used last is there; what was not used for long is not', () => {
  const lately = new Lately<number>(3)
  expect(lately.get('a')).toBeUndefined()
  for (const [i, key] of ['a', 'b', 'c', 'd'].entries()) lately.set(key, i)
  expect(['a', 'b', 'c', 'd'].map((key) => lately.get(key))).toEqual([0, 1, 2, 3]) // and `a` to `c` are used again
  for (let i = 0; i < 100; i++) {
    lately.set(`${i}`, i)
    expect(lately.get('a')).toBe(0)
  }
  expect(['b', 'd', '90', '99'].map((key) => lately.get(key))).toEqual([undefined, undefined, undefined, 99])
})

test('it never holds more than twice as many', () => {
  const lately = new Lately<number>(10)
  for (let i = 0; i < 1000; i++) lately.set(`${i}`, i)
  const there = Array.from({ length: 1000 }, (_, i) => lately.get(`${i}`)).filter(
    (value) => value !== undefined,
  )
  expect(there.length).toBeGreaterThanOrEqual(10)
  expect(there.length).toBeLessThanOrEqual(20)
})

test('a value that is set again is the new one', () => {
  const lately = new Lately<string>(2)
  for (const value of ['old', 'new']) lately.set('a', value)
  lately.set('b', 'other')
  lately.set('c', 'other')
  lately.set('a', 'newest')
  expect(lately.get('a')).toBe('newest')
})
