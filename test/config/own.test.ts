import { expect, test } from 'bun:test'
import { ownOf } from '../../src/config/own.ts'

test.each([
  ['a', 1],
  ['b', undefined],
  ['constructor', undefined],
  ['toString', undefined],
  ['__proto__', undefined],
])('%j is %j', (name, value) => expect(ownOf({ a: 1 }, name)).toBe(value))

test.each(['constructor', '__proto__'])('%j, where it was put there', (name) =>
  expect(ownOf(Object.fromEntries([[name, 1]]), name)).toBe(1),
)
