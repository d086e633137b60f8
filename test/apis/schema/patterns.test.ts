// Patterns and formats: what matches is compared with the engine of JavaScript and with ajv.
import { describe, expect, test } from 'bun:test'
import { fullFormats } from 'ajv-formats/dist/formats'
import fc from 'fast-check'
import { formatOf, sampleOf } from '../../../src/apis/schema/formats.ts'
import { instanceOf } from '../../../src/apis/schema/instance.ts'
import { madeAfter, matches } from '../../../src/apis/schema/match.ts'
import { parsePattern } from '../../../src/apis/schema/pattern.ts'

const nothing = (): void => {}

describe('patterns', () => {
  test.each([
    ['^[a-z]+$', 'text'],
    ['^\\d{3}-\\d{4}$', '123-5678'],
    ['^[a-z0-9]+(?:-[a-z0-9]+)*$', 'text'],
    ['^([A-Z]{2})-(\\d+)$', 'AB-4'],
    ['^(?<year>\\d{4})$', '1234'],
    ['^(red|green)$', 'red'],
    ['^#[0-9a-fA-F]{6}$', '#bcdef1'],
    ['^\\+?[1-9]\\d{1,14}$', '12'],
    ['^\\S+@\\S+\\.\\S+$', 'a@c.e'],
    ['^\\p{Lu}\\p{Ll}+$', 'Ab'],
    ['^[^a-z]+$', '1'],
    ['^\\u0041\\x42\\/\\.$', 'AB/.'],
    ['^[\\w.-]+$', 'text'],
    ['^[\\]\\\\-]$', '-'],
    ['^.{3}$', 'abc'],
    ['^😀{2}$', '😀😀'],
    ['^$', ''],
    ['^[a-a]$', 'a'],
    ['', 'text'],
    ['x', 'text'],
    ['a|b', 'a'],
    ['^a{0}b??$', ''],
    ['^(?=.*[A-Z])(?=.*\\d).{8,}$', 'Aa1!aAa1'],
    ['^(?!text)[a-z]+$', 'a'],
    ['\\bfoo\\b', 'foo'],
  ])('%s', (pattern, expected) => {
    expect(instanceOf({ type: 'string', pattern })).toBe(expected)
    expect(new RegExp(pattern, 'u').test(expected)).toBe(true)
  })

  test.each([
    ['^[a-z]+$', 'byte', 'text'],
    ['^[a-z]+$', 'hostname', 'a'],
    ['@', 'email', 'user@example.com'],
    ['^[a-z@.]+$', 'email', 'user@example.com'],
  ])('%s beside the format %s', (pattern, format, expected) =>
    expect(instanceOf({ type: 'string', pattern, format })).toBe(expected),
  )

  test.each([
    ['^[a-z]+$', 30, 40],
    ['^a*b*$', 7, 7],
    ['^(ab)+$', 5, 6],
    ['^[a-z]+@[a-z]+\\.com$', 20, 20],
    ['x', 8, 8],
    ['^\\d{2,5}$', 4, 9],
    ['^\\d', 8, 8],
  ])('%s, of %d to %d characters', (pattern, minLength, maxLength) => {
    const made = instanceOf({ type: 'string', pattern, minLength, maxLength }) as string
    expect(made).toMatch(new RegExp(pattern))
    expect(made.length).toBeWithin(minLength, maxLength + 1)
  })

  test.each([
    ['a*', 5, 5],
    ['a{2,}', 5, 5],
    ['(?:\\b)*x', 5, 1], // nothing can be repeated for ever
    ['(?:^)*', 5, 0],
  ])('%s, of at least %d characters where it may be, has %d', (pattern, wanted, length) => {
    for (let k = 0; k < 3; k++)
      expect([k, madeAfter(parsePattern(pattern)!, k, wanted)?.length]).toEqual([k, length])
  })

  test('two at once', () => {
    expect(instanceOf({ type: 'string', allOf: [{ pattern: '^[a-c]+$' }, { pattern: 'b' }] })).toMatch(
      /^[a-c]*b[a-c]*$/,
    )
  })

  test.each([
    '(',
    ')',
    '[',
    'a**',
    '*',
    '(?<=a)b',
    '(?<!a)b',
    '(?i)a',
    '\\1',
    '\\k<a>',
    '[z-a]',
    'a{2,1}',
    '\\',
    '\\u{110000}',
    '\\p{None}',
    '^*',
    '\\Z',
    '[\\d-z]',
  ])('%s is not understood', (pattern) => expect(parsePattern(pattern)).toBeUndefined())

  const atom = fc.constantFrom('a', 'b', '.', '[ab]', '[^a]', '\\d', '\\w', '\\b', '^', '$', '(?=a)', '(?!b)')
  const { pattern } = fc.letrec<{ pattern: string }>((tie) => ({
    pattern: fc.oneof(
      { depthSize: 'small' },
      atom,
      fc.tuple(tie('pattern'), tie('pattern')).map(([a, b]) => a + b),
      fc.tuple(tie('pattern'), tie('pattern')).map(([a, b]) => `(${a}|${b})`),
      fc
        .tuple(tie('pattern'), fc.constantFrom('*', '+', '?', '{2}', '{1,2}', '{0,}?'))
        .map(([a, many]) => `(?:${a})${many}`),
    ),
  }))

  test('matches what the engine matches, and nothing else', () =>
    fc.assert(
      fc.property(
        pattern,
        fc.string({ unit: fc.constantFrom('a', 'b', '1', ' ', '\n', '😀'), maxLength: 6 }),
        (one, text) => {
          const part = parsePattern(one)!
          expect([one, text, matches(part, text, nothing)]).toEqual([
            one,
            text,
            new RegExp(one, 'u').test(text),
          ])
        },
      ),
      { numRuns: 2000 },
    ))

  test('makes texts that match, where there is nothing at borders or ahead', () =>
    fc.assert(
      fc.property(pattern, fc.nat({ max: 50 }), fc.nat({ max: 20 }), (one, k, wanted) => {
        fc.pre(!/[\^$]|\(\?[=!]|\\b/.test(one.replaceAll('[^', '')))
        const made = madeAfter(parsePattern(one)!, k, wanted)!
        expect([one, made, new RegExp(`^(?:${one})$`, 'u').test(made)]).toEqual([one, made, true])
      }),
    ))
})

describe('formats', () => {
  const names = Object.keys(fullFormats).filter((name) => formatOf(name) !== undefined)
  /** Whether ajv takes a text for one of a format. */
  function isValid(name: string, text: string): boolean {
    const known = fullFormats[name as keyof typeof fullFormats] as unknown
    if (known instanceof RegExp) return new RegExp(known.source, known.flags.replace('g', '')).test(text)
    if (typeof known === 'function') return known(text) as boolean
    return (known as { validate: (text: string) => boolean }).validate(text)
  }
  const texts = [
    '',
    'a',
    'text',
    '2025-02-28',
    '2025-02-29',
    '2024-02-29',
    '2000-02-29',
    '2025-13-01',
    '2025-1-1',
    '1900-02-29',
    '2025-01-01T12:00:00Z',
    '2025-01-01t12:00:00.5+01:00',
    '2025-01-01 12:00:00Z',
    '2025-01-01T25:00:00Z',
    '12:00:00Z',
    '12:00:00',
    '12:60:00Z',
    '23:59:59+23:59',
    'P1D',
    'P',
    'PT',
    'P1Y2M3DT4H5M6S',
    'P2W',
    'PT5M',
    'P1H',
    'a@b.co',
    'a@b',
    'a b@c.de',
    '.a@b.co',
    'a..b@c.de',
    'a@-b.co',
    '@b.co',
    'example.com',
    'ex_ample.com',
    '-a.com',
    `${'a'.repeat(64)}.com`,
    '1.2.3.4',
    '256.1.1.1',
    '1.2.3',
    '01.2.3.4',
    '::',
    '::1',
    '1::',
    '2001:db8::1',
    '1:2:3:4:5:6:7:8',
    '1:2:3:4:5:6:7',
    '1:2:3:4:5:6:7:8:9',
    '::ffff:1.2.3.4',
    '1::2::3',
    '1:2:3::4:5:6::7:8',
    '12345::',
    ':::',
    'https://example.com/a?b=c#d',
    'http://',
    'urn:a:b',
    'mailto:a@b.co',
    '//a/b',
    '/a',
    'a b',
    'a#b#c',
    '%zz',
    '{a}',
    '{a',
    'a{b,c}d',
    '00000000-0000-4000-8000-000000000000',
    '00000000-0000-4000-8000-00000000000',
    '/a~0b~1',
    '/a~2',
    'a/b',
    '0',
    '1/a',
    '0#',
    '01',
    '-1',
    '[',
    '(a)\\Z',
    '^a+$',
    'dGV4dA==',
    'dGV4',
    'dGV',
    'a\nb',
  ]

  test.each(names)('%s: the samples are of it', (name) => {
    const format = formatOf(name)!
    const made = Array.from({ length: 300 }, (_, k) => format.make(k))
    for (const text of [...made, ...(format.short ?? [])]) {
      expect([text, format.is(text)]).toEqual([text, true])
      expect([text, isValid(name, text)]).toEqual([text, true])
    }
    expect(new Set(made).size).toBe(300)
    if (format.grows === undefined) return
    const long = sampleOf(format, 0, 40, Infinity)!
    expect([long.length >= 40, isValid(name, long)]).toEqual([true, true])
  })

  test.each(names)('%s: what is of it is so for ajv', (name) => {
    for (const text of texts)
      if (formatOf(name)!.is(text)) expect([text, isValid(name, text)]).toEqual([text, true])
  })

  test.each(names)('%s: what is not of it is not so for ajv', (name) => {
    for (const text of texts)
      if (!formatOf(name)!.is(text)) expect([text, isValid(name, text)]).toEqual([text, false])
  })

  test('others say nothing', () => {
    expect(instanceOf({ type: 'string', format: 'my-own' })).toBe('text')
    expect(instanceOf({ type: 'string', format: 'password', minLength: 6 })).toBe('text t')
  })
})
