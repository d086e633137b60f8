// What a reply says, piece by piece: its parts, how chunks are shared among them, where it is cut, and why it ends.
import { describe, expect, test } from 'bun:test'
import { type Ask, type CallAsk, defaultAsk, type Own } from '../../src/apis/ask.ts'
import { cachedOf, makeCallId, makeId, say, type Said } from '../../src/apis/content.ts'
import { marks } from '../../src/apis/marks.ts'
import { readConfig } from '../../src/config/config.ts'
import { parseContent } from '../../src/config/contents.ts'

const config = readConfig({}, {})
const own = (...pieces: string[]): Own => ({ text: pieces.join(''), pieces })
const call = (name: string, input: Own | null = null): CallAsk => ({ name, kind: 'function', input })

function sayIt(content: string, drawn: number, ask: Partial<Ask> = {}, turns?: 'by turns'): Said {
  return say(config, { ...defaultAsk(config), content: parseContent(content), ...ask }, drawn, turns)
}

/** Sections as `kind start-end`. */
const sectionsOf = ({ sections }: Said): string[] =>
  sections.map(({ kind, start, end }) => `${kind} ${start}-${end}`)

const FORMS = ['text', 'reasoning', 'tools', 'tools:3', 'text+tools:2', 'reasoning+tools:2']

describe.each(FORMS)('%s', (content) => {
  test.each([3, 4, 7, 20])('%d chunks are shared, and none is lost', (drawn) => {
    const said = sayIt(content, drawn)
    expect(said.pieces).toHaveLength(drawn)
    expect([said.upTo, said.isCut, said.reason]).toEqual([drawn, false, { kind: 'stop' }])
    const sizes = said.sections.map(({ start, end }) => end - start)
    expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1)
    expect(sizes).toEqual(sizes.toSorted((a, b) => b - a)) // the first take what is left over
    for (const { kind, call: number, start, end } of said.sections)
      for (const piece of said.pieces.slice(start, end))
        expect([piece.kind, piece.call]).toEqual([kind, number])
  })

  test('arguments are JSON, however few chunks there are', () => {
    for (const drawn of [0, 1, 2, 5]) {
      const said = sayIt(content, drawn, { text: 'code' })
      for (const number of said.calls.keys()) expect(JSON.parse(said.join('arguments', number))).toBeObject()
    }
  })

  test.each([1, 2, 3, 4])('a limit of %d cuts it, and what comes later is not begun', (limit) => {
    const said = sayIt(content, 12, { limit })
    expect([said.upTo, said.isCut, said.reason]).toEqual([limit, true, { kind: 'length' }])
    expect(said.begun).toEqual(said.sections.filter(({ start }) => start < limit))
    const { start, end } = said.begun[said.current]!
    expect(start < limit && limit <= end).toBe(true)
  })
})

describe.each(FORMS)('%s, put together', (content) => {
  test.each(['in order', 'by turns'] as const)('%s: what the pieces say, however many are sent', (turns) => {
    const calls = [
      [call('f')],
      [call('f', own('{', '"a":', '1}')), call('g')],
      [{ ...call('c'), kind: 'custom' }],
    ]
    for (const given of calls as unknown as Ask['calls'][])
      for (const stop of [[], [' was']])
        for (const drawn of [0, 1, 2, 5, 40, 100])
          for (const limit of [0, 1, 2, 3, 7, 39, 99]) {
            const ask = { calls: given, stop, limit, text: 'code' as const }
            const said = say(
              config,
              { ...defaultAsk(config), content: parseContent(content), ...ask },
              drawn,
              turns,
            )
            const sent = said.pieces.slice(0, said.upTo)
            for (const kind of ['text', 'reasoning', 'arguments'] as const)
              for (const number of [0, 1, 2])
                expect(said.join(kind, number)).toBe(
                  sent.map((one) => (one.kind === kind && one.call === number ? one.text : '')).join(''),
                )
            expect(said.reasoningTokens).toBe(sent.filter(({ kind }) => kind === 'reasoning').length)
            expect(said.sections.at(-1)!.end).toBe(said.pieces.length)
          }
  })
})

describe('parts', () => {
  test.each([
    ['reasoning', 5, ['reasoning 0-3', 'text 3-5']],
    ['text+tools:2', 4, ['text 0-2', 'arguments 2-3', 'arguments 3-4']],
    ['reasoning+tools', 1, ['reasoning 0-1', 'arguments 1-2']],
  ])('of %s with %d chunks', (content, drawn, sections) =>
    expect(sectionsOf(sayIt(content, drawn))).toEqual(sections),
  )

  test('those with a text of their own have it, and the others share the chunks', () => {
    const said = sayIt('text+tools:2', 4, { calls: [call('f', own('{', '}'))] })
    expect(sectionsOf(said)).toEqual(['text 0-4', 'arguments 4-6', 'arguments 6-8'])
    expect([said.join('arguments', 0), said.join('arguments', 1)]).toEqual(['{}', '{}'])
    expect(said.join('text')).toBe('Hello world, this')
  })

  test('a text of its own is said whatever was drawn', () => {
    const said = sayIt('text', 0, { own: own('My', ' own') })
    expect(said.pieces.map(({ text }) => text)).toEqual(['My', ' own'])
  })

  test('words go on from one part to the next', () => {
    const said = sayIt('reasoning', 6)
    expect(said.join('reasoning') + said.join('text')).toBe('Hello world, this reply was')
    expect(said.reasoningTokens).toBe(3)
  })

  test('tools are called in turn, each as often as there are calls for it', () => {
    const said = sayIt('tools:3', 6, { calls: [call('f'), call('g')] })
    expect(said.calls.map(({ name }) => name)).toEqual(['f', 'g', 'f'])
  })
})

describe('calls by turns', () => {
  const order = (said: Said): string =>
    said.pieces.map(({ kind, call: number }) => (kind === 'arguments' ? number : '-')).join('')

  test.each([
    ['tools:3', 7, '0120120'],
    ['text+tools:2', 6, '--0101'],
    ['tools', 3, '000'],
    ['text', 3, '---'],
  ])('%s, %d chunks: %s', (content, drawn, expected) =>
    expect(order(sayIt(content, drawn, {}, 'by turns'))).toBe(expected),
  )

  test('in order they come one after the other', () => expect(order(sayIt('tools:3', 7))).toBe('0001122'))
})

describe('so many and no fewer', () => {
  const exactly = (limit: number): Partial<Ask> => ({ limit, isExact: true })

  test.each([
    ['text', 3, {}, 3, false],
    ['text', 40, {}, 40, false],
    ['text', 4, { own: own('a', 'b') }, 2, false], // nothing can be added to what is its own
    ['text+tools', 5, { calls: [call('f', own('{', '}'))] as const }, 5, false],
    ['text+tools', 1, { calls: [call('f', own('{', '}'))] as const }, 1, true],
  ])('%s: %d', (content, limit, ask, sent, isCut) => {
    const said = sayIt(content, 18, { ...exactly(limit), ...ask })
    expect([said.upTo, said.isCut]).toEqual([sent, isCut])
  })

  test('the number is the one that the content is made for', () => {
    expect(sayIt('text', 18, exactly(5)).drawn).toBe(5)
    expect(sayIt('text', 18, { limit: 5 }).drawn).toBe(18)
    expect(sayIt('text', 18, { isExact: true }).drawn).toBe(18)
  })
})

describe('texts before which it ends', () => {
  const stop = [' this']

  test('cut the text, and are told', () => {
    const said = sayIt('text', 18, { stop })
    expect([said.join('text'), said.reason]).toEqual([
      'Hello world,',
      { kind: 'sequence', sequence: ' this' },
    ])
    expect([said.isCut, said.upTo]).toEqual([false, 3])
  })

  test('cut neither reasoning nor arguments', () => {
    expect(sayIt('reasoning', 12, { stop }).join('reasoning')).toContain(' this')
    expect(sayIt('tools', 12, { stop }).join('arguments')).toContain(' this')
  })

  test.each<[string, Partial<Ask>, Said['reason']]>([
    ['a limit before', { stop, limit: 2 }, { kind: 'length' }],
    ['a limit behind', { stop, limit: 4 }, { kind: 'sequence', sequence: ' this' }],
    ['a finish that is asked for', { stop, finish: 'length' }, { kind: 'length' }],
    ['none that is found', { stop: ['no such'] }, { kind: 'stop' }],
  ])('%s', (_, ask, reason) => expect(sayIt('text', 18, ask).reason).toEqual(reason))
})

describe('ids', () => {
  test('are the same in every reply, or fresh', () => {
    expect(makeId(config, 'chatcmpl-')).toBe('chatcmpl-mock')
    for (const flags of [{ uniqueIds: 'true' }, { reply: 'auto' }])
      expect(makeId(readConfig(flags, {}), 'chatcmpl-')).toBe(`chatcmpl-${marks.id.mark}`)
  })

  test('of calls differ by call and choice', () => {
    const ids = [0, 1, 2, 11].flatMap((choice) =>
      [0, 1, 2, 11].map((number) => makeCallId(config, 'call_', number, choice)),
    )
    expect(ids.slice(0, 3)).toEqual(['call_mock', 'call_1_mock', 'call_2_mock'])
    expect(new Set(ids).size).toBe(ids.length)
  })
})

test.each([
  [10, '0', 0],
  [10, '25', 2],
  [10, '100', 10],
])('of %d tokens %s %% out of the cache are %d', (promptTokens, cachedTokens, expected) =>
  expect(cachedOf(readConfig({ cachedTokens }, {}), promptTokens)).toBe(expected),
)
