// The regular expressions of rules do what those of the runtime do, without its way back.
import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { createTest } from '../../src/config/automaton.ts'
import { messageOf } from '../../src/config/errors.ts'
import { compileRegex } from '../../src/config/regex.ts'

const has = (pattern: string, text: string): boolean => createTest(compileRegex(pattern))(text)

test.each([
  ['refund', 'refund'],
  ['\\brefund\\s+now!+', 'refund'],
  ['a.bc.d', 'bc'],
  ['a(?:b(?<n>c))d?e', 'abc'],
  ['a|b', ''],
  ['a(b|c)de', 'de'],
  ['(ab)*c', 'c'],
  ['a{2}b', 'b'],
  ['1\\.5\\\\\\[x\\]', '1.5\\[x]'],
  ['\\d\\w\\n\\u0061[b]', ''],
  ['é🙂\n', 'é🙂\n'],
  ['(?i)refund', ''],
])('%j needs %j', (pattern, needed) => expect(compileRegex(pattern).needed).toBe(needed))

/** Whether its repetitions leave an expression within the size allowed. */
function isSmall(pattern: string): boolean {
  try {
    return compileRegex(pattern).steps.length > 0
  } catch (thrown) {
    if (messageOf(thrown).includes('too large')) return false
    throw thrown
  }
}

test.each([
  ['a', 'bab', true],
  ['^a', 'ba', false],
  ['a$', 'ab', false],
  ['^$', '', true],
  ['^$', 'a', false],
  ['^a$', 'b\na\nb', false],
  ['a.c', 'a\nc', false],
  ['a[^]c', 'a\nc', true],
  ['a.c', 'a🙂c', true],
  ['^.$', '🙂', true],
  ['^.$', '\ud83d', true],
  ['^..$', '\ude42\ud83d', true],
  ['\\ud83d\\ude42', '🙂', true],
  ['\\u{1f642}', '🙂', true],
  ['[🙂🙃]{2}', 'x🙂🙃', true],
  ['\\u0061\\x62\\cJ', 'ab\n', true],
  ['\\p{Lu}\\P{Lu}', 'Éa', true],
  ['\\bcat\\b', 'a cat.', true],
  ['\\bcat\\b', 'concat', false],
  ['\\Bcat', 'concat', true],
  ['\\b', '', false],
  ['\\B', '', true],
  ['(foo|ba[rz])+$', 'foobarbaz', true],
  ['^(foo|ba[rz])+$', 'foobat', false],
  ['(?:a|)b', 'b', true],
  ['(?<year>\\d{4})-\\d\\d', 'on 2026-04', true],
  ['^a{2,3}$', 'a', false],
  ['^a{2,3}$', 'aaa', true],
  ['^a{2,3}$', 'aaaa', false],
  ['^a{2}$', 'aaa', false],
  ['^a{2,}$', 'aaaa', true],
  ['^a{0}b', 'ab', false],
  ['^a??b', 'ab', true],
  ['^a?$', 'aa', false],
  ['^a?$', 'a', true],
  ['[\\]\\\\]', ']', true],
  ['[]', 'a', false],
  ['()*a', 'a', true],
  ['(a*)*b', 'aab', true],
  ['(a|\\b)*b', 'aab', true],
  ['(?i)straße', 'STRAßE', true],
  ['(?i)[a-c]x', 'Bx', true],
  ['(?i)\\bk', '\u212a', true],
  ['A', 'a', false],
])('%j in %j: %j', (pattern, text, isThere) => {
  expect(has(pattern, text)).toBe(isThere)
  const isAnyCase = pattern.startsWith('(?i)')
  expect(new RegExp(isAnyCase ? pattern.slice(4) : pattern, isAnyCase ? 'iu' : 'u').test(text)).toBe(isThere)
})

// Always the same expressions: with others the runtime may try for seconds, give up, and find nothing where there is something.
test('any expression finds what that of the runtime finds', () => {
  const atom = fc.constantFrom('a', 'b', '.', '\\w', '[^a]', '\\s', 'é', '🙂', '^', '$', '\\b', '\\B')
  const isAssertion = (text: string): boolean => ['^', '$', '\\b', '\\B'].includes(text)
  const sign = fc.constantFrom('', '', '', '*', '+', '?', '{2}', '{1,2}', '{2,}', '*?')
  const { pattern } = fc.letrec<{ pattern: string; row: string; part: string }>((tie) => ({
    pattern: fc.array(tie('row'), { minLength: 1, maxLength: 3 }).map((rows) => rows.join('|')),
    row: fc.array(tie('part'), { maxLength: 3 }).map((parts) => parts.join('')),
    part: fc.oneof(
      { maxDepth: 2 },
      fc.tuple(atom, sign).map(([one, times]) => (isAssertion(one) ? one : one + times)),
      fc.tuple(tie('pattern'), sign).map(([inner, times]) => `(${inner})${times}`),
    ),
  }))
  const texts = fc.array(fc.constantFrom('a', 'b', ' ', '\n', 'é', '🙂', '\ud83d'), { maxLength: 7 })
  fc.assert(
    fc.property(pattern, fc.array(texts, { minLength: 4, maxLength: 4 }), (source, several) => {
      fc.pre(isSmall(source))
      const run = createTest(compileRegex(source))
      for (const chars of several) {
        const text = chars.join('')
        expect([source, text, run(text)]).toEqual([source, text, new RegExp(source, 'u').test(text)])
      }
    }),
    { numRuns: 1500, seed: 3 },
  )
})

// The expressions of the runtime take from three seconds to for ever for these.
test.each([
  '(a*)*[b]',
  '(a|a)*[b]',
  '(a+)+$[b]',
  'a*a*a*a*[b]',
  '.*.*.*[x]',
  '(.*a){8}[b]',
  '(a?){40}a{40}[b]',
])('%j takes no longer than a text of 64 KB is long', (pattern) =>
  expect(has(pattern, 'a'.repeat(65_536))).toBe(false),
)

test('what is forgotten of a text that has too much in it is found anew', () => {
  // The last twelve letters are as many states as there are rows of twelve letters, and more than are kept.
  const run = createTest(compileRegex('a[ab]{11}c'))
  let seed = 1
  const letters = Array.from({ length: 20_000 }, () => {
    seed = (seed * 16_807) % 2_147_483_647
    return seed % 2 === 0 ? 'a' : 'b'
  }).join('')
  for (const end of ['abbbbbbbbbbbc', 'bbbbbbbbbbbbc', 'aabababababac'])
    expect(run(letters + end)).toBe(/a[ab]{11}c/.test(letters + end))
  const others = Array.from({ length: 3000 }, (_, i) => String.fromCharCode(0x4e00 + i)).join('')
  expect([has('^[一-龥]+$', others + others), has('^[一-龥]+$', `${others}x`)]).toEqual([true, false])
})

describe('what is refused', () => {
  const groups =
    'a regular expression with plain groups only, (…), (?:…) and (?<name>…), and (?i) at its beginning'
  const back = 'a regular expression without back references, which could take for ever'
  const large = 'a shorter regular expression: its repetitions make it too large'
  const script = 'a regular expression as JavaScript writes it with the flag u'
  test.each([
    ['(?=a)', groups],
    ['(?!a)', groups],
    ['(?<=a)b', groups],
    ['(?<!a)b', groups],
    ['(?i:a)', groups],
    ['a(?i)', `${script}: `],
    ['(a)\\1', back],
    ['(?<n>a)\\k<n>', back],
    ['a{501}', large],
    ['(a{30}){30}', large],
    ['(){501}', large],
    ['(((){400}){400}){400}', large],
    ['a'.repeat(1001), 'at most 1000 characters'],
    ['(', `${script}: missing )`],
    ['a**', `${script}: nothing to repeat`],
    ['[b-a]', `${script}: range out of order in character class`],
    ['\\-', `${script}: invalid escaped character for Unicode pattern`],
    ['(?i)(', `${script}: missing )`],
  ])('%j', (pattern, accepted) => expect(() => compileRegex(pattern)).toThrow(accepted))

  test('groups in groups are accepted as far as there is room for them', () =>
    expect(has(`${'('.repeat(100)}a${')'.repeat(100)}`, 'ba')).toBe(true))
})
