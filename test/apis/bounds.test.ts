import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { refuseJson } from '../../src/apis/bounds.ts'

const refuse = (text: string): string | undefined => refuseJson(new TextEncoder().encode(text))

const nested = (levels: number): string => `${'['.repeat(levels)}"${'x'.repeat(600)}"${']'.repeat(levels)}`
const DEEP = 'The body is nested more than 512 levels deep.'
const MANY = 'The body has more than 2100000 values.'
const MANY_CONTAINERS = 'The body has more than 100000 objects and arrays.'

test.each([
  ['nothing', '', undefined],
  ['512 levels', nested(512), undefined],
  ['513 levels', nested(513), DEEP],
  ['objects, too', '{"a":'.repeat(513), DEEP],
  ['levels that are closed again', '[[[]]],'.repeat(5000), undefined],
  ['brackets in a text', JSON.stringify('['.repeat(2000)), undefined],
  ['quotes in a text', JSON.stringify('"['.repeat(2000)), undefined],
  ['backslashes at the end of a text', `["\\\\",${'['.repeat(600)}`, DEEP],
  ['a text without an end', `"${'['.repeat(2000)}`, undefined],
  [
    '2,048 inputs of a thousand tokens',
    `[${new Array(2048).fill(`[${new Array(1000).fill('7').join()}]`).join()}]`,
    undefined,
  ],
  ['2,100,000 values', `[${new Array(2_100_000).fill('1').join()}]`, undefined],
  ['one more', `[${new Array(2_100_001).fill('1').join()}]`, MANY],
  ['100,000 empty objects', new Array(100_000).fill('{}').join(), undefined],
  ['one more of them', new Array(100_001).fill('[]').join(), MANY_CONTAINERS],
  ['16 MB of brackets', '['.repeat(16 << 20), DEEP],
] as const)('%s', (_, text, expected) => expect(refuse(text)).toBe(expected))

test('any JSON of usual size is let through', () =>
  fc.assert(
    fc.property(fc.json({ maxDepth: 20 }), (text) => {
      expect(refuse(`${' '.repeat(600)}${text}`)).toBeUndefined()
    }),
  ))

test('16 MB of prose are no burden', () => {
  const bytes = new TextEncoder().encode(JSON.stringify({ text: 'so it goes on. '.repeat(1 << 20) }))
  const startedMs = performance.now()
  expect(refuseJson(bytes)).toBeUndefined()
  expect(performance.now() - startedMs).toBeLessThan(1000) // 2 ms, where nothing else runs
})
