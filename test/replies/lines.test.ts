// What the kinds of lines make of a stream, byte by byte, in every format that has lines; the others stay as they are.
import { describe, expect, test } from 'bun:test'
import { type Format, formats, prepare } from '../apis/_readers.ts'
import { body, due, makeDeck, texts } from './_replies.ts'

const FLAGS = { chunkCount: '3', content: 'tools' }
const EMPTY = 'event: empty\n\nid: empty\n\n'

/** What becomes of the events of a stream, each as it is written. */
const lineKinds: readonly [pattern: string, change: (events: readonly string[]) => string[]][] = [
  ['bom', ([first, ...others]) => [`\uFEFF${first}`, ...others]],
  ['ids', (events) => events.map((event, i) => `id: ${i}\n${event}`)],
  ['retry:3000', ([first, ...others]) => [`retry: 3000\n\n${first}`, ...others]],
  ['retry:0', ([first, ...others]) => [`retry: 0\n\n${first}`, ...others]],
  ['empty-events', (events) => events.map((event) => EMPTY + event)],
  ['no-last-blank', (events) => events.with(-1, events.at(-1)!.replace(/\r?\n$/, ''))],
  ['no-space', (events) => events.map((event) => event.replace(/^(\w+): /gm, '$1:'))],
  ['ids+no-space', (events) => events.map((event, i) => `id: ${i}\n${event}`.replace(/^(\w+): /gm, '$1:'))],
  [
    'bom+retry:1+empty-events+ids+cr+no-last-blank',
    (events) => {
      const all = events.map((event, i) => `${EMPTY}id: ${i}\n${event}`.replace(/\r?\n/g, '\r'))
      return [`\uFEFFretry: 1\r\r${all[0]}`, ...all.slice(1, -1), all.at(-1)!.slice(0, -1)]
    },
  ],
]

describe.each(formats.map((format) => [format.name, format] as const))('%s', (_, format: Format) => {
  const usual = prepare(format, { flags: FLAGS })

  test.each(lineKinds)('%s', (pattern, change) => {
    const reply = prepare(format, { flags: FLAGS, pattern })
    expect(texts(reply)).toEqual(format.framing === 'sse' ? change(texts(usual)) : texts(usual))
    expect(due(reply)).toEqual(due(usual))
    expect(reply.marks.map(({ events }) => events)).toEqual(usual.marks.map(({ events }) => events))
  })

  test('an answer without lines is not said to be changed', () => {
    for (const [pattern] of lineKinds) {
      const { path, ask } = format
      expect(makeDeck({ pattern, flags: FLAGS, path, ask }).isApplied).toBe(format.framing === 'sse')
      expect(makeDeck({ pattern, flags: FLAGS, path, ask: { ...ask, stream: false } }).isApplied).toBe(false)
    }
  })
})

test('a byte order mark comes before a comment as well', () => {
  const [chat] = formats
  const flags = { chunkCount: '1', ttftMs: '50' }
  expect(texts(prepare(chat!, { flags, pattern: 'bom+keepalive:30' }))[0]).toBe('\uFEFF: keepalive\n\n')
  expect(texts(prepare(chat!, { flags, pattern: 'bom+end:0' }))[0]).toBe('\uFEFF:\n\n')
})

test('what is no event has no id and nothing before it', () => {
  const [chat] = formats
  for (const pattern of ['ids+end:0', 'empty-events+end:0', 'retry:1+end:0'])
    expect(texts(prepare(chat!, { flags: FLAGS, pattern }))).toEqual([':\n\n', ''])
})

test('the last event lacks its empty line wherever a reply is cut', () => {
  const [chat] = formats
  const usual = texts(prepare(chat!, { flags: FLAGS }))
  expect(texts(prepare(chat!, { flags: FLAGS, pattern: 'no-last-blank+end:2' }))).toEqual([
    usual[0]!,
    usual[1]!.slice(0, -1),
    '',
  ])
  // No event is left, and the comment stays.
  expect(texts(prepare(chat!, { flags: FLAGS, pattern: 'no-last-blank+end:0' }))).toEqual([':\n\n', ''])
})

test('what looks like a field within a text stays as it is', () => {
  const given = {
    path: '/v1/completions',
    ask: { own: { text: '\u2028data: x', pieces: ['\u2028data: x'] } },
  }
  expect(body(makeDeck({ ...given, pattern: 'no-space' }).at(0))).toContain('"text":"\u2028data: x"')
})

describe('pings', () => {
  const PING = 'event: ping\ndata: {"type":"ping"}\n\n'
  const messages = formats.find(({ name }) => name === 'Anthropic messages')!
  const flags = { chunkCount: '2', ttftMs: '100', preambleMs: '10' }
  const opening = texts(prepare(messages, { flags })).slice(0, 3)

  test('fill what is silent of a message that has begun', () => {
    const reply = prepare(messages, { flags, pattern: 'ping:40' })
    const content = texts(prepare(messages, { flags })).slice(3)
    expect(texts(reply)).toEqual([
      ...opening,
      ...[PING, PING],
      content[0]!,
      ...[PING, content[1]!],
      ...[PING, ...content.slice(2)],
    ])
    expect(due(reply)).toEqual([10, 10, 10, 50, 90, 100, 140, 150, 190, 200, 200, 200])
    expect(reply.events.at(-1)).toBe(reply.frames.length)
  })

  test('none comes before the first event, nor where the next is due at once', () => {
    expect(
      texts(prepare(messages, { flags: { ttftMs: '1000', chunkCount: '0' }, pattern: 'ping:5' }))[0],
    ).toBe(opening[0]!)
    const pattern = 'ping:50'
    expect(due(prepare(messages, { flags: { chunkCount: '2' }, pattern }))).toEqual(
      due(prepare(messages, { flags: { chunkCount: '2' } })),
    )
  })

  test('they are numbered like all others', () =>
    expect(texts(prepare(messages, { flags, pattern: 'ping:40+ids' }))[3]).toBe(`id: 3\n${PING}`))

  test.each(
    formats.filter(({ name }) => name !== messages.name).map((format) => [format.name, format] as const),
  )('there are none in %s', (_, format) => {
    const { path, ask } = format
    expect(makeDeck({ pattern: 'ping:5', path, ask }).isApplied).toBe(false)
  })
})
