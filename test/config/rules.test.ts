// Which rule a request gets, and what is told when it gets none.
import { describe, expect, test } from 'bun:test'
import {
  type Asked,
  createMatcher,
  createWildcard,
  nearestRule,
  type Rule,
  type When,
} from '../../src/config/rules.ts'

const then = { settings: {} }

function asked(given: Partial<Asked> & { readonly headers?: Record<string, string> } = {}): Asked {
  const { headers = {}, ...rest } = given
  const header = (name: string): string | null => headers[name] ?? null
  return {
    model: 'gpt-4o',
    path: '/v1/chat/completions',
    text: 'Where is my order?',
    turn: 1,
    isDone: false,
    header,
    ...rest,
  }
}

const matches = (when: When, request: Asked): boolean =>
  createMatcher([{ name: 'one', when, then }])(request) !== undefined

test.each([
  ['', '', true],
  ['', 'a', false],
  ['a', 'a', true],
  ['a', 'A', false],
  ['a', 'ab', false],
  ['*', '', true],
  ['*', 'anything\nat all', true],
  ['**', '', true],
  ['a*', 'a', true],
  ['a*', 'abc', true],
  ['a*', 'ba', false],
  ['*a', 'a', true],
  ['*a', 'bca', true],
  ['*a', 'ab', false],
  ['a*a', 'a', false],
  ['a*a', 'aa', true],
  ['a*a', 'aba', true],
  ['ab*ba', 'aba', false],
  ['*a*', 'bab', true],
  ['*a*', 'bbb', false],
  ['*ab*ab*', 'ab', false],
  ['*ab*ab*', 'xabab', true],
  ['a*b*c', 'abc', true],
  ['a*b*c', 'acb', false],
  ['a*bc*bcd', 'abcd', false],
  ['a*bc*bcd', 'abcbcd', true],
  ['a**b', 'ab', true],
  ['a**b', 'axb', true],
  ['a.c', 'abc', false],
  ['[a]*', '[a]b', true],
  ['é*', 'élan', true],
])('%j is like %j: %j', (pattern, text, isLike) => expect(createWildcard(pattern)(text)).toBe(isLike))

test('a wildcard of many stars takes no longer than its text is long', () =>
  expect(createWildcard('*a'.repeat(2000))('a'.repeat(1999) + 'b'.repeat(100_000))).toBe(false))

test.each([
  [{}, {}, true],
  [{ model: 'gpt-4o' }, {}, true],
  [{ model: 'gpt-4' }, {}, false],
  [{ model: 'gpt-*' }, {}, true],
  [{ path: '/v1/chat/completions' }, {}, true],
  [{ path: '/v1/messages' }, {}, false],
  [{ path: '*/completions' }, {}, true],
  [{ contains: ['order'] }, {}, true],
  [{ contains: ['Order'] }, {}, false],
  [{ contains: ['order', 'my'] }, {}, true],
  [{ contains: ['order', 'your'] }, {}, false],
  [{ contains: ['*'] }, {}, false],
  [{ contains: ['早い🙂'] }, { text: 'とても早い🙂!' }, true],
  [{ matches: '^Where.*\\?$' }, {}, true],
  [{ matches: 'where' }, {}, false],
  [{ matches: '(?i)where' }, {}, true],
  [{ matches: 'b$' }, { text: `${'a'.repeat(65_535)}b` }, true],
  [{ matches: 'b' }, { text: `${'a'.repeat(65_536)}b` }, false],
  [{ matches: 'aab' }, { text: 'aab'.repeat(30_000) }, true],
  [{ contains: ['b'] }, { text: `${'a'.repeat(65_536)}b` }, true],
  [{ header: { 'x-team': 'blue' } }, {}, false],
  [{ header: { 'x-team': 'blue' } }, { headers: { 'x-team': 'blue' } }, true],
  [{ header: { 'x-team': 'bl*' } }, { headers: { 'x-team': 'blue' } }, true],
  [{ header: { 'x-team': 'red' } }, { headers: { 'x-team': 'blue' } }, false],
  [{ header: { 'x-team': '*' } }, {}, false],
  [{ header: { 'x-team': '' } }, { headers: { 'x-team': '' } }, true],
  [{ header: { a: '1', b: '2' } }, { headers: { a: '1', b: '2' } }, true],
  [{ header: { a: '1', b: '2' } }, { headers: { a: '1' } }, false],
  [{ turn: { from: 1, to: 1 } }, {}, true],
  [{ turn: { from: 2, to: 2 } }, {}, false],
  [{ turn: { from: 2, to: 4 } }, { turn: 1 }, false],
  [{ turn: { from: 2, to: 4 } }, { turn: 2 }, true],
  [{ turn: { from: 2, to: 4 } }, { turn: 4 }, true],
  [{ turn: { from: 2, to: 4 } }, { turn: 5 }, false],
  [{ turn: { from: 2, to: null } }, { turn: 999 }, true],
  [{ turn: { from: 2, to: null } }, { turn: 1 }, false],
  [
    { model: 'gpt-4o', path: '/v1/*', turn: { from: 1, to: 1 }, contains: ['order'], matches: 'my' },
    {},
    true,
  ],
  [
    { model: 'gpt-4o', path: '/v1/*', turn: { from: 1, to: 1 }, contains: ['order'], matches: 'his' },
    {},
    false,
  ],
] as [When, Parameters<typeof asked>[0], boolean][])('%j with %j: %j', (when, given, isFor) =>
  expect(matches(when, asked(given))).toBe(isFor),
)

describe('several rules', () => {
  const rules: Rule[] = [
    { name: 'one', when: { model: 'a', turn: { from: 1, to: 1 } }, then },
    { name: 'two', when: { model: 'a' }, then },
    { name: 'three', when: { contains: ['b'] }, then },
    { name: 'four', when: { matches: 'c', header: { 'x-y': 'z' } }, then },
  ]
  const names = (list: readonly Rule[], given: Partial<Asked>[]): (string | undefined)[] => {
    const match = createMatcher(list)
    return given.map((one) => match(asked(one))?.name)
  }
  const requests = [
    { model: 'a' },
    { model: 'a', turn: 2 },
    { model: 'a', text: 'b', turn: 2 },
    { text: 'b' },
    { text: 'c' },
  ]

  test('the first that is for a request counts', () =>
    expect(names(rules, requests)).toEqual(['one', 'two', 'two', 'three', undefined]))

  test('in their order and no other', () =>
    expect(names(rules.toReversed(), requests)).toEqual(['two', 'two', 'three', 'three', undefined]))

  test('do the same once they have travelled as JSON', () =>
    expect(names(JSON.parse(JSON.stringify(rules)) as Rule[], requests)).toEqual(names(rules, requests)))

  test('none is for any request where there are none', () => {
    expect(createMatcher([])(asked())).toBeUndefined()
    expect(nearestRule([], asked())).toBeUndefined()
  })
})

describe('nearestRule', () => {
  test.each([
    [{ model: 'claude*' }, {}, ["the model is 'gpt-4o', not 'claude*'"]],
    [{ path: '/v1/messages' }, {}, ["the path is '/v1/chat/completions', not '/v1/messages'"]],
    [{ turn: { from: 2, to: 2 } }, {}, ['the turn is 1, not 2']],
    [{ turn: { from: 2, to: 4 } }, {}, ['the turn is 1, not 2-4']],
    [{ turn: { from: 2, to: null } }, {}, ['the turn is 1, not 2-']],
    [
      { contains: ['order', 'refund', 'money'] },
      {},
      [
        "the last message of the user does not contain 'refund'",
        "the last message of the user does not contain 'money'",
      ],
    ],
    [{ matches: '^refund' }, {}, ["the last message of the user does not match '^refund'"]],
    [{ header: { 'x-team': 'blue' } }, {}, ['the header x-team is missing']],
    [{ header: { 'x-team': 'blue' } }, { headers: { 'x-team': 'red' } }, ["the header x-team is not 'blue'"]],
    [
      { header: { authorization: 'Bearer 1', 'x-api-key': '2', cookie: '3' } },
      { headers: { authorization: 'a', 'x-api-key': 'b', cookie: 'c' } },
      ['authorization', 'x-api-key', 'cookie'].map((name) => `the header ${name} is not the one asked for`),
    ],
    [{ model: 'a' }, { model: `x\n${'y'.repeat(1e6)}` }, [`the model is 'x ${'y'.repeat(58)}…', not 'a'`]],
    [{}, {}, []],
  ] as [When, Parameters<typeof asked>[0], string[]][])('%j with %j', (when, given, misses) => {
    const rule = { name: 'one', when, then }
    expect(nearestRule([rule], asked(given))).toEqual({ rule, misses })
  })

  test('is the one that misses least, and the first of those', () => {
    const rules = [
      { name: 'far', when: { model: 'a', path: '/b', contains: ['order'] }, then },
      { name: 'near', when: { model: 'a', path: '/v1/*', contains: ['order'] }, then },
      { name: 'as near', when: { turn: { from: 3, to: 3 } }, then },
    ]
    expect(nearestRule(rules, asked())).toEqual({
      rule: rules[1]!,
      misses: ["the model is 'gpt-4o', not 'a'"],
    })
  })
})
