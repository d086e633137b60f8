// Ranking documents: the scores, their order, and what of it is told.
import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { named } from '../_helpers.ts'
import { reading, setupOf } from './reading/_openai.ts'
import { type Ask, cleanAsk, defaultAsk, isLarge, keyOf } from '../../src/apis/ask.ts'
import { marks } from '../../src/apis/marks.ts'
import { readRerank, rerank } from '../../src/apis/rerank.ts'

const setup = setupOf({ reply: 'json' })
const usual = defaultAsk(setup.config)
const read = (_: unknown, body: Readonly<Record<string, unknown>>) => readRerank(body)

function answer(body: object): any {
  const asked = reading(read, body)
  if (typeof asked === 'string') throw new Error(asked)
  return JSON.parse(rerank(setup, { ...usual, ...asked }).body)
}

const scores = (query: string, documents: unknown[]): [number, number][] =>
  answer({ query, documents }).results.map((one: any) => [one.index, one.relevance_score])

test.each(
  named<[string, unknown[], [number, number][]]>([
    [
      'red fox',
      ['blue whale', 'the red fox', 'red'],
      [
        [1, 0.81649658],
        [2, 0.70710678],
        [0, 0],
      ],
    ],
    [
      'Red, FOX!',
      ['fox red', 'red fox red'],
      [
        [0, 1],
        [1, 1],
      ],
    ],
    [
      '',
      ['', 'a'],
      [
        [0, 0],
        [1, 0],
      ],
    ],
    [
      'a',
      ['', '!'],
      [
        [0, 0],
        [1, 0],
      ],
    ],
    [
      '狐',
      ['红狐', '鲸'],
      [
        [0, 0.70710678],
        [1, 0],
      ],
    ],
    [
      'red fox',
      [
        { text: 'red', title: 'fox' },
        { text: 'red', pages: 7, fox: null },
      ],
      [
        [0, 1],
        [1, 0.70710678],
      ],
    ],
    ['a', [{}], [[0, 0]]],
  ]),
)('%s', (_, query, documents, expected) => expect(scores(query, documents)).toEqual(expected))

test('all that is told', () => {
  const documents = ['b', { text: 'a', id: 1 }]
  expect(answer({ model: 'm', query: 'aaaa', documents, top_n: 1, return_documents: true })).toEqual({
    id: 'mock',
    model: 'm',
    results: [{ index: 0, relevance_score: 0, document: { text: 'b' } }],
    meta: { api_version: { version: '2' }, billed_units: { search_units: 1 } },
    usage: { total_tokens: 2 },
  })
  expect(answer({ query: 'a', documents, return_documents: true }).results[0].document).toEqual(documents[1])
  expect(answer({ query: 'a', documents: new Array(101).fill('a') }).meta.billed_units).toEqual({
    search_units: 2,
  })
})

test('what nobody has looked at is one document, which fits', () => {
  const found = rerank(setup, usual)
  expect([found.status, found.step]).toEqual([200, 'first'])
  expect(JSON.parse(found.body)).toMatchObject({
    results: [{ index: 0, relevance_score: 1 }],
    usage: { total_tokens: 10 },
  })
})

test('scores fall from 1 to 0, of equal ones the first is first, and top_n are the best of all', () => {
  const word = fc.constantFrom('red', 'fox', 'blue', 'whale', 'sea')
  const text = fc.array(word, { maxLength: 6 }).map((words) => words.join(' '))
  fc.assert(
    fc.property(
      text,
      fc.array(text, { minLength: 1, maxLength: 12 }),
      fc.integer({ min: 1, max: 20 }),
      (query, documents, top_n) => {
        const all = answer({ query, documents }).results as { index: number; relevance_score: number }[]
        expect(all.map(({ index }) => index).toSorted((a, b) => a - b)).toEqual([...documents.keys()])
        for (const [i, { index, relevance_score: score }] of all.entries()) {
          expect(score).toBeWithin(0, 1.000001)
          const next = all[i + 1]
          if (next === undefined) continue
          expect(score).toBeGreaterThanOrEqual(next.relevance_score)
          if (score === next.relevance_score) expect(index).toBeLessThan(next.index)
        }
        expect(answer({ query, documents, top_n }).results).toEqual(all.slice(0, top_n))
      },
    ),
    { numRuns: 100 },
  )
})

describe('what is refused', () => {
  const documents = ['a']
  test.each(
    named<[object, string]>([
      [{}, "query: Invalid type for 'query': expected a string."],
      [{ query: ['a'], documents }, "query: Invalid type for 'query': expected a string."],
      [{ query: 'a' }, "documents: Invalid type for 'documents': expected an array of strings or objects."],
      [{ query: 'a', documents: 'a' }, "documents: Invalid type for 'documents'"],
      [
        { query: 'a', documents: [] },
        "documents: Invalid value for 'documents': expected 1 to 10000 of them.",
      ],
      [{ query: 'a', documents: new Array(10_001).fill('a') }, "documents: Invalid value for 'documents'"],
      [
        { query: 'a', documents: ['a', 7] },
        "documents[1]: Invalid type for 'documents[1]': expected a string or an object.",
      ],
      [{ query: 'a', documents: [null] }, 'documents[0]: '],
      [{ query: 'a', documents, top_n: 0 }, 'top_n: '],
      [{ query: 'a', documents, top_n: '1' }, 'top_n: '],
      [{ query: 'a', documents, return_documents: 'yes' }, 'return_documents: '],
      [{ query: 'a', documents, model: 7 }, 'model: '],
    ]),
  )('%s', (_, body, refusal) => expect(reading(read, body)).toStartWith(refusal))
})

describe('asks', () => {
  const asked = (body: object): Ask => ({
    ...usual,
    ...(reading(read, { query: 'q', ...body }) as Partial<Ask>),
  })

  test('each has a key of its own, and large ones are not kept', () => {
    const one = asked({ documents: ['a'] })
    expect(keyOf(one)).toBe(keyOf(asked({ documents: [{ text: 'a' }] })))
    for (const other of [{ documents: ['b'] }, { documents: ['a'], top_n: 1, return_documents: true }])
      expect(keyOf(asked(other))).not.toBe(keyOf(one))
    expect(isLarge(one)).toBe(false)
    expect(isLarge(asked({ documents: ['a'.repeat(4097)] }))).toBe(true)
  })

  test('what a client says sets no place', () => {
    const { mark } = marks.id
    const clean = cleanAsk(asked({ documents: [`a${mark}`], query: mark, return_documents: true }))
    expect(JSON.stringify(clean)).not.toContain(mark)
    expect(clean.ranking!.documents).toEqual([{ text: 'a\uFFFD' }])
    const ranking = asked({ documents: ['a'] }).ranking!
    expect(cleanAsk({ ...usual, ranking }).ranking).toBe(ranking)
  })
})
