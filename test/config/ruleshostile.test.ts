// Files of rules that are broken, or made to take a machine down: each is refused in one line, and soon.
import { describe, expect, test } from 'bun:test'
import { UsageError } from '../../src/config/errors.ts'
import { readRules } from '../../src/config/rulesfile.ts'

async function refuses(text: string, message: string): Promise<void> {
  const thrown = await readRules(text, 'a.yaml').then(
    () => undefined,
    (error: unknown) => error,
  )
  expect(thrown).toBeInstanceOf(UsageError)
  expect((thrown as UsageError).message).toBe(`a.yaml:${message}`)
}

const texts = async (file: string): Promise<unknown[]> =>
  (await readRules(file, 'a.yaml')).map(({ then }) => then.text ?? then.json)

describe('syntax', () => {
  const no = 'is not YAML or JSON:'
  test.each([
    [
      '- then: {text: a',
      `1:17: ${no} Flow map in block collection must be sufficiently indented and end with a }`,
    ],
    ['[{"then": {"text": "a"}}', `1:25: ${no} Flow sequence must end with a ]`],
    ['- then: {text: "a}', `1:19: ${no} Missing closing "quote`],
    ['- then:\n\ttext: a', `2:1: ${no} Tabs are not allowed as indentation`],
    ['- then: {text: a}\n then: b', `2:1: ${no} Sequence item without - indicator`],
    ['- then: {text: @a}', `1:16: ${no} Plain value cannot start with reserved character @`],
    ['- then: {text: "\\q"}', `1:17: ${no} Invalid escape sequence \\q`],
    ['- then: {text: !foo a}', `1:16: ${no} Unresolved tag: !foo`],
    ['- then: {text: a, ? [x] : 1}', `1:21: ${no} a key is a text`],
    ['- then: {text: a, *b : 1}', `1:19: ${no} a key is a text`],
    ['%FOO\n---\n- then: {}', `1:1: ${no} Unknown directive %FOO`],
    ['- then: {json: !!binary aGk=}', '1:25: is no text, number, true, false or null'],
    ['- then: {text: hi}\n---\n- then: {}', '2:1: begins a second document: a file holds one'],
    ['- then: {json: {<<: {a: 1}, <<: 2}}', "1:29: the key '<<' is given twice"],
  ])('%j', refuses)
})

test('what stands before a file, ends its lines or names its version changes nothing', async () => {
  await refuses(
    '\uFEFF- when: {model: 1}\n  then: {}',
    "1:17: model takes a text, not the number 1: put it in quotes, '1'",
  )
  await refuses(
    '- then: {}\r\n- when:\r\n    model: 1\r\n  then: {}',
    "3:12: model takes a text, not the number 1: put it in quotes, '1'",
  )
  expect(await texts('\uFEFF[{"then": {"text": "a"}}]')).toEqual(['a'])
  expect(await texts('- then:\r\n    text: |\r\n      a\r\n      b\r\n')).toEqual(['a\nb\n'])
  expect(await texts('%YAML 1.1\n---\n- then: {text: yes}')).toEqual(['yes'])
})

describe('aliases', () => {
  test('stand for what they name, wherever it is', async () => {
    const file =
      '- then: &t {text: &x hi}\n- then: *t\n- then: {json: [&x 1, *x, {a: *x}]}\n- then: {text: &x ho}\n- then: {text: *x}'
    expect(await texts(file)).toEqual(['hi', 'hi', '[1,1,{"a":1}]', 'ho', 'ho'])
  })

  test.each([
    ['- then: *t', '1:9: *t stands for nothing: no &t is before it'],
    ['- then: *t\n- then: &t {}', '1:9: *t stands for nothing: no &t is before it'],
    ['&a [*a]', '1:5: *a stands within what it stands for'],
    ['- &a then: *a', '1:12: *a stands for nothing: no &a is before it'],
    ['- &a {then: *a}', '1:13: *a stands within what it stands for'],
    ['- then: {json: &a [&b [*a, *b]]}', '1:24: *a stands within what it stands for'],
    [
      '- then: {json: &a 1}\n- then: {text: *a}',
      "2:16: text takes a text, not the number 1: put it in quotes, '1'",
    ],
  ])('%j is refused', refuses)

  const bomb = (first: string, times: number, rows: number): string =>
    Array.from({ length: rows }, (_, i) => {
      const inner =
        i === 0
          ? first
          : `[${Array(times)
              .fill(`*a${i - 1}`)
              .join()}]`
      return `- then: {json: &a${i} ${inner}}\n`
    }).join('')

  test('that make a few lines into gigabytes are refused', async () => {
    await refuses(bomb('x', 10, 50), '9:20: aliases make more than 33554432 characters of this')
    await refuses(
      bomb(`"${'x'.repeat(1_000_000)}"`, 34, 2),
      '2:20: aliases make more than 33554432 characters of this',
    )
    expect(await texts(bomb('x', 10, 4))).toHaveLength(4)
  })

  test('that put lists into lists without end are refused', () =>
    refuses(bomb('x', 1, 200), '100:3: lists and mappings stand in each other more than 100 times'))
})

describe('what << merges', () => {
  const json = async (file: string): Promise<unknown> => JSON.parse(String((await texts(file)).at(-1)))

  test.each([
    ['a mapping', '<<: &x {a: 1}, b: 2', { a: 1, b: 2 }],
    ['own keys before it', 'a: 2, <<: {a: 1}', { a: 2 }],
    ['own keys behind it', '<<: {a: 1}, a: 2', { a: 2 }],
    ['the earlier of a list', '<<: [{a: 1}, {a: 2, b: 3}]', { a: 1, b: 3 }],
    ['what is merged itself', '<<: {<<: {a: 1, b: 1}, a: 2}', { a: 2, b: 1 }],
    ['an empty list', '<<: [], a: 1', { a: 1 }],
    ['a key in quotes', '"<<": {a: 1}', { '<<': { a: 1 } }],
    ['a value like any other', 'a: <<', { a: '<<' }],
  ])('%s', async (_, mapping, merged) => expect(await json(`- then: {json: {${mapping}}}`)).toEqual(merged))

  test('of aliases, whose own mappings stay as they are', async () => {
    const file = '- then: &t {text: a}\n- then: {<<: *t, text: b}\n- then: {<<: [*t]}\n- <<: {then: *t}'
    expect(await texts(file)).toEqual(['a', 'b', 'a', 'a'])
    expect(await texts('%YAML 1.1\n---\n- then: {<<: {text: a}}')).toEqual(['a'])
  })

  const takes = '<< takes a mapping or a list of mappings, as in <<: *base, not'
  test.each([
    ['- then: {<<: a}', `1:14: ${takes} the text 'a'`],
    ['- then: {<<: }', `1:14: ${takes} nothing`],
    ['- then: {<<: [{}, 3]}', `1:19: ${takes} the number 3`],
    ['- then: {<<: [[{}]]}', `1:15: ${takes} a list`],
    ['- name: &t a\n  then: {<<: *t}', `2:14: ${takes} the text 'a'`],
    ['- then: {<<: *t}', '1:14: *t stands for nothing: no &t is before it'],
    ['- then: &t {<<: *t}', '1:17: *t stands within what it stands for'],
    ['- then: &t {<<: [{text: a}, *t]}', '1:29: *t stands within what it stands for'],
    [
      '- {<<: {thne: {}}}',
      "1:9: a rule does not accept 'thne': it takes name, when, then; did you mean then?",
    ],
  ])('%j is refused', refuses)

  const keys = Array.from({ length: 1000 }, (_, i) => `k${i}: 1`).join(', ')
  const most = '<< copies more than 1000000 keys up to here'
  test.each([
    ['a list', `- then: {json: {<<: [${'*a0, '.repeat(1001)}]}}\n`, `2:5022: ${most}`],
    ['each other', `- then: {json: [${'{<<: *a0}, '.repeat(1001)}]}\n`, `2:11022: ${most}`],
    [
      'a chain',
      Array.from({ length: 1000 }, (_, i) => `- then: {json: &a${i + 1} {<<: *a${i}, j${i}: 1}}\n`).join(''),
      `734:27: ${most}`,
    ],
  ])('a thousand keys a thousand times, in %s, are too many', (_, text, message) =>
    refuses(`- then: {json: &a0 {${keys}}}\n${text}`, message),
  )
})

describe('size', () => {
  const deep = 'lists and mappings stand in each other more than 100 times'
  test.each([
    ['brackets', '['.repeat(1_000_000), `1:103: ${deep}`],
    ['braces', '{a: '.repeat(1_000_000), `1:406: ${deep}`],
    ['dashes', '- '.repeat(1_000_000), `1:204: ${deep}`],
    ['question marks', '? '.repeat(1_000_000), `1:204: ${deep}`],
    ['characters', ' '.repeat(16_777_217), '1:1: has 16777217 characters: at most 16777216 are read'],
    ['lines', '\n'.repeat(1_000_010), '1000002:1: has more than 1000000 words and signs up to here'],
    ['rules', '- then: {}\n'.repeat(10_001), '10001:3: is rule 10001 of 10001: at most 10000 are read'],
  ])('too many %s are refused', (_, text, message) => refuses(text, message))

  test('what is within the bounds is read', async () => {
    const lists = '['.repeat(97) + ']'.repeat(97)
    expect(await texts(`- then: {json: ${lists}}`)).toEqual([lists])
    expect(await texts('- then: {}\n'.repeat(10_000))).toHaveLength(10_000)
    const long = 'x'.repeat(1_000_000)
    expect((await texts(`- then: {text: "${long}"}`))[0] === long).toBe(true)
    const keys = Array.from({ length: 20_000 }, (_, i) => `k${i}: 1`).join(', ')
    expect(await texts(`- then: {json: {${keys}}}`)).toHaveLength(1)
  })
})
