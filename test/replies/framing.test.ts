// How events become bytes, and that no fault breaks what stands around them by accident.
import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import type { Reply } from '../../src/replies/reply.ts'
import { textOf } from '../../src/replies/frames.ts'
import { framings } from '../../src/replies/framing.ts'
import { body, due, GEMINI, makeDeck, play, texts } from './_replies.ts'

test.each([
  ['sse', '{}', undefined, 'data: {}\n\n'],
  ['sse', '{}', 'ping', 'event: ping\ndata: {}\n\n'],
  ['sse-crlf', '{}', undefined, 'data: {}\r\n\r\n'],
  ['ndjson', '{}', undefined, '{}\n'],
  ['json-array', '{}', undefined, '{}'],
] as const)('framing %s of %j, %j', (framing, data, event, framed) =>
  expect(textOf(framings[framing].frame(data, event))).toBe(framed),
)

describe('json-array', () => {
  const ARRAY = { alt: 'json' } as const
  const playArray = (pattern: string, chunkCount = '4'): Reply => play(pattern, { chunkCount }, GEMINI, ARRAY)

  /** The data of the events that the same faults leave where events have no brackets. */
  function expectedData(pattern: string): string[] {
    return texts(play(pattern, {}, GEMINI)).map((event) => event.replace(/^data: (.*)\r\n\r\n$/s, '$1'))
  }

  test('one array, element by element', () => {
    const written = texts(playArray('ok'))
    expect(written.map((text) => [text.slice(0, 4), text.slice(-2)])).toEqual([
      ['[{"c', '"}'],
      [',\r\n{', '"}'],
      [',\r\n{', '"}'],
      [',\r\n{', '"}'],
      [',\r\n{', '\n]'],
    ])
    expect(JSON.parse(body(playArray('ok')))).toHaveLength(5)
    expect(body(playArray('ok'))).toBe(`[${expectedData('ok').join(',\r\n')}\n]`)
    expect(playArray('ok').headers['Content-Type']).toBe('application/json')
    expect(JSON.parse(body(playArray('ok', '0')))).toHaveLength(1)
  })

  test('equal elements share their bytes, in one reply and in those of other lengths', () => {
    const flags = { chunkCount: '200', chunkCountJitter: 'normal:0.2' }
    const deck = makeDeck({ path: GEMINI, ask: ARRAY, flags })
    const [one, other] = [deck.at(0), deck.at(1)]
    expect(one.frames.length).not.toBe(other.frames.length)
    expect(new Set(one.frames).size).toBeLessThan(50)
    expect(one.frames.slice(0, 50)).toEqual(other.frames.slice(0, 50))
    for (const i of [0, 1, 49]) expect(one.frames[i]).toBe(other.frames[i]!)
  })

  const contents = ['garbage:0', 'garbage:3', 'truncate-event:0', 'truncate-event:2', 'stall:1:50']
  const closings = ['no-finish', 'no-done', 'no-finish+no-done', 'error:0', 'error:2', 'error:4']
  const lines = ['crlf', 'multiline', 'keepalive:20'] // of SSE or of lines: no difference here
  const writes = ['merge:2', 'merge:100', 'split:1', 'split:7', 'slow:2000']
  const some = (choices: readonly string[]): fc.Arbitrary<string> => fc.constantFrom('', ...choices)

  test('is closed and its elements stay apart, whatever is wrong with them and however it is written', () => {
    fc.assert(
      fc.property(
        some(contents),
        some(closings),
        some(lines),
        some(writes),
        (content, closing, line, write) => {
          fc.pre(!(line.startsWith('keepalive') && write.startsWith('merge')))
          const joined = (...parts: string[]): string => parts.filter((part) => part !== '').join('+') || 'ok'
          const spoilt = /^(garbage|truncate-event):(\d)/.exec(content)
          const cutAt = /^error:(\d)/.exec(closing)?.[1]
          fc.pre(!(spoilt && cutAt && Number(spoilt[2]) >= Number(cutAt))) // it would never be seen
          const sent = body(playArray(joined(content, closing, line, write)))
          const data = expectedData(joined(content, closing))
          expect(sent).toBe(`[${data.join(',\r\n')}\n]`)
          if (spoilt === null) expect(JSON.parse(sent)).toHaveLength(data.length)
          else expect(() => JSON.parse(sent)).toThrow()
        },
      ),
      { numRuns: 400, seed: 11 },
    )
  })

  test.each(writes)('nothing but an end is left: still an array, with %s', (write) => {
    expect(JSON.parse(body(playArray(`no-done+${write}`, '0')))).toEqual([])
    expect(JSON.parse(body(playArray('no-done', '0')))).toEqual([])
  })

  test.each(['abort', 'end'])('%s leaves it open, on purpose', (kind) => {
    const data = expectedData('ok')
    for (const write of ['', '+merge:3', '+split:7', '+slow:2000'])
      for (const chunks of [1, 2, 4])
        expect(body(playArray(`${kind}:${chunks}${write}`))).toBe(`[${data.slice(0, chunks).join(',\r\n')}`)
    expect(body(playArray(`${kind}:0`))).toBe('\n')
  })

  test('headers and then silence is no array', () =>
    expect(texts(playArray('headers-then-hang'))).toEqual(['\n', '']))

  test('a status is the provider’s error, without brackets', () =>
    expect(JSON.parse(body(playArray('status:503'))).error.status).toBe('UNAVAILABLE'))
})

test('an end stays an end when every byte has been rewritten', () => {
  const usual = texts(play('ok'))
  for (const lines of ['crlf', 'cr', 'multiline'])
    for (const write of ['merge:2', 'merge:100', 'split:9', 'slow:100000'])
      for (const kind of ['abort:3', 'end:3']) {
        const reply = play(`${kind}+${lines}+${write}`, { chunkDelayMs: '5' })
        expect(texts(reply).at(-1)).toBe('')
        expect(reply.marks.at(-1)).toMatchObject({ events: 0, isEnd: true })
        expect(reply.dueMs.at(-1)!).toBeGreaterThan(reply.dueMs.at(-2)!)
        expect(reply.events.at(-1)).toBe(3)
        if (lines === 'crlf') expect(body(reply)).toBe(usual.slice(0, 3).join('').replaceAll('\n', '\r\n'))
      }
  expect(due(play('abort:3+crlf+merge:2'))).toEqual([100, 150, 200])
})
