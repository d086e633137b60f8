// What asks are shared by, when they are too large to be kept, and what a client has put into them.
import { expect, test } from 'bun:test'
import { named } from '../_helpers.ts'
import {
  type Ask,
  type CallAsk,
  cleanAsk,
  contentKeyOf,
  defaultAsk,
  isLarge,
  type Own,
} from '../../src/apis/ask.ts'
import { type MarkKind, marks } from '../../src/apis/marks.ts'
import { readSettings } from '../../src/config/config.ts'

const usual = defaultAsk(readSettings({}, {}))
const own = (text: string): Own => ({ text, pieces: [text] })
const call = (name: string, input: Own | null = null): CallAsk => ({ name, kind: 'function', input })

test.each(
  named<[Partial<Ask>]>([
    [{ model: 'other' }],
    [{ stream: false }],
    [{ includeUsage: true }],
    [{ choices: 2 }],
    [{ content: { ...usual.content, calls: 1 } }],
    [{ content: { ...usual.content, calls: 1 }, calls: [call('other')] }],
    [{ content: { ...usual.content, calls: 1 }, calls: [call('get_weather', own('{}'))] }],
    [{ text: 'code' }],
    [{ own: own('a') }],
    [{ stop: ['.'] }],
    [{ logprobs: 0 }],
    [{ alt: 'sse' }],
  ]),
)('the content is another one with %s', (_, ask) =>
  expect(contentKeyOf({ ...usual, ...ask })).not.toBe(contentKeyOf(usual)),
)

test.each([
  [['ab'], ['a', 'b']],
  [
    ['a', 'bc'],
    ['ab', 'c'],
  ],
  [['a', ''], ['a']],
])('the same text cut as %j is another content than as %j', (one, other) => {
  const keys = [one, other].map((pieces) =>
    contentKeyOf({ ...usual, own: { text: pieces.join(''), pieces } }),
  )
  expect(keys[0]).not.toBe(keys[1]!)
  expect(contentKeyOf({ ...usual, own: { text: one.join(''), pieces: [...one] } })).toBe(keys[0]!)
})

const long = (characters: number): string => 'a'.repeat(characters)

test.each(
  named<[Partial<Ask>, boolean]>([
    [{}, false],
    [{ inputs: [''] }, false],
    [{ inputs: [long(1000)] }, false],
    [{ inputs: [long(1001)] }, true],
    [{ inputs: [new Array<number>(1001).fill(1)] }, true],
    [{ inputs: ['a', 'b'] }, true],
    [{ stop: [long(2000), long(2096)] }, false],
    [{ stop: [long(2000), long(2097)] }, true],
    [{ own: own(long(4096)) }, false],
    [{ own: own(long(4097)) }, true],
    [{ echo: long(4096) }, false],
    [{ echo: long(4097) }, true],
    [{ calls: [call('f', own(long(4096))), call('g')] }, false],
    [{ calls: [call('f'), call('g', own(long(4097)))] }, true],
  ]),
)('%s', (_, ask, expected) => expect(isLarge({ ...usual, ...ask })).toBe(expected))

test.each(Object.keys(marks) as MarkKind[])('what a client says sets no place: %s', (kind) => {
  const { mark } = marks[kind]
  const text = `a${mark}b`
  const asked: Ask = {
    ...usual,
    model: text,
    own: { text, pieces: ['a', mark, 'b'] },
    calls: [call(text, own(text)), call('plain')],
    echo: text,
  }
  const clean = cleanAsk(asked)
  expect(JSON.stringify(clean)).not.toContain(mark)
  expect(JSON.stringify(clean)).toBe(JSON.stringify(asked).replaceAll(mark, '\uFFFD'))
})

test('what is clean stays as it is', () => {
  const asked: Ask = { ...usual, own: own('ü'), calls: [call('f', own('{}'))] }
  expect(cleanAsk(asked)).toEqual(asked)
})
