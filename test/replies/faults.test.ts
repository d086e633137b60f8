// What each fault makes of a reply, and that faults of framing never change what a correct client reads.
import { describe, expect, test } from 'bun:test'
import { createParser } from 'eventsource-parser'
import fc from 'fast-check'
import { countChunks, type Reply } from '../../src/replies/reply.ts'
import { body, due, makeDeck, play, texts } from './_replies.ts'

const EVERY_MS = 50
const usual = texts(play('ok'))

/** The text a correct client reads, its bytes arriving as written. */
function readText(reply: Reply): string {
  let text = ''
  const parser = createParser({
    onEvent: ({ data }) => {
      if (data === '[DONE]') return
      text +=
        (JSON.parse(data) as { choices: [{ delta: { content?: string } }] }).choices[0].delta.content ?? ''
    },
  })
  const stream = new TextDecoder()
  for (const frame of reply.frames) parser.feed(stream.decode(frame, { stream: true }))
  parser.feed(stream.decode())
  parser.reset({ consume: true })
  return text
}

test.each([
  ['abort:3', true],
  ['end:3', true],
  ['error:3', true],
  ['stall:1:5+error:3:429', true],
  ['split:7+end:0', true],
  ['refuse', true],
  ['cut-head', true],
  ['reset-after:60', true],
  ['reset-after:60000', false],
  ['bad-chunk:1+abort:2', true],
  ['ok', false],
  ['stall:1:5', false],
  ['no-done', false],
  ['no-finish', false],
  ['hang', false],
  ['headers-then-hang', false],
  ['no-terminator', false],
  ['wrong-length', false],
])('with %s a reply ends before its answer is over: %j', (pattern, isPartial) =>
  expect(play(pattern, { engine: 'socket' }).isPartial).toBe(isPartial),
)

describe('each kind', () => {
  test('status: the provider’s own error, with the time to wait where it is 429', () => {
    const reply = play('status:429')
    expect([reply.status, reply.whole, reply.played]).toEqual([429, true, false])
    expect(reply.headers).toMatchObject({ 'retry-after': '2', 'retry-after-ms': '1500' })
    expect(JSON.parse(body(reply)).error).toMatchObject({ type: 'requests', code: 'rate_limit_exceeded' })
    expect(play('status:500').headers).not.toHaveProperty('retry-after')
    expect(JSON.parse(body(play('status:529', {}, '/v1/messages'))).error.type).toBe('overloaded_error')
    expect(JSON.parse(body(play('status:503', {}, '/api/chat')))).toEqual({
      error: 'The service is overloaded.',
    })
  })

  test('refuse and hang send nothing', () => {
    expect(play('refuse')).toMatchObject({ frames: [], ending: 'reset', status: 0, faultMs: 0 })
    expect(play('hang')).toMatchObject({ status: 0, faultMs: 0 })
    expect(due(play('hang'))).toEqual([Number.POSITIVE_INFINITY])
  })

  test('headers-then-hang sends a comment when the first event was due', () => {
    const reply = play('headers-then-hang', { ttftMs: '70' })
    expect(texts(reply)).toEqual([':\n\n', ''])
    expect(due(reply)).toEqual([70, Number.POSITIVE_INFINITY])
    expect(texts(play('headers-then-hang', {}, '/api/chat'))[0]).toBe('\n')
  })

  test('stall shifts what follows', () => {
    expect(due(play('stall:2:1000'))).toEqual([50, 100, 1150, 1200, 1250, 1250])
    expect(due(play('stall:0:1000'))[0]).toBe(1050)
    expect(play('stall:2:1000').faultMs).toBe(100)
    expect(play('stall:2:1000+stall:1:10').faultMs).toBe(50)
  })

  test.each([
    ['abort:2', 2, 'reset'],
    ['abort:4', 4, 'reset'],
    ['end:2', 2, 'close'],
  ] as const)('%s keeps %d chunks and ends when the next was due', (text, kept, ending) => {
    const reply = play(text)
    expect(texts(reply)).toEqual([...usual.slice(0, kept), ''])
    expect(due(reply).at(-1)).toBe((kept + 1) * EVERY_MS)
    expect(reply.ending).toBe(ending)
    expect(countChunks(reply, reply.frames.length)).toBe(kept)
  })

  test('abort:0 completes the headers first; end:0 is an empty body', () => {
    expect(texts(play('abort:0'))).toEqual([':\n\n', ''])
    expect(texts(play('end:0'))).toEqual([':\n\n', ''])
    const before = texts(play('end:0', { chunkCount: '0' }, '/v1/messages')).join('')
    expect(before).toContain('message_start')
    expect(before).not.toContain('message_delta')
  })

  test('a reset is never due together with the frame before it', () => {
    const { dueMs } = play('abort:4', { chunkDelayMs: '0' })
    expect(dueMs[4]!).toBeGreaterThan(dueMs[3]!)
  })

  test.each([
    ['/v1/chat/completions', 'server_error'],
    ['/v1/completions', 'server_error'],
    ['/v1/responses', '"type":"error","code":"server_error"'],
    ['/v1/messages', 'event: error\ndata: {"type":"error","error":{"type":"overloaded_error"'],
    ['/api/chat', '{"error":"'],
  ])('error:2 on %s ends with the provider’s event', (path, text) => {
    const reply = play('error:2', {}, path)
    expect(texts(reply).at(-1)).toContain(text)
    expect(countChunks(reply, reply.frames.length - 1)).toBe(2)
    expect(due(reply).at(-1)).toBe(150)
  })

  test('the error of the Responses API is numbered on', () => {
    const events = texts(play('error:2', {}, '/v1/responses')).map((text) =>
      JSON.parse(/data: (.*)/.exec(text)![1]!),
    )
    expect(events.map((event) => event.sequence_number)).toEqual(events.map((_, i) => i))
  })

  test('garbage and truncate-event spoil one chunk, whose event still ends', () => {
    for (const [text, spoilt] of [
      ['garbage:1', /^data: \{\{"id".*\}\n\n$/],
      ['truncate-event:1', /^data: \{"id"[^}]*\n\n$/],
    ] as const) {
      const frames = texts(play(text))
      expect(frames[1]).toMatch(spoilt)
      expect(() => JSON.parse(frames[1]!.slice(6))).toThrow()
      expect(frames.with(1, '')).toEqual(usual.with(1, ''))
      expect(play(text).faultMs).toBe(100)
    }
  })

  test('no-finish and no-done drop one event; where one event is both, either drops it', () => {
    expect(texts(play('no-done'))).toEqual(usual.slice(0, -1))
    expect(texts(play('no-finish'))).toEqual(usual.toSpliced(-2, 1))
    expect(texts(play('no-done+no-finish'))).toEqual(usual.slice(0, -2))
    expect(body(play('no-done', {}, '/v1/messages'))).not.toContain('message_stop')
    expect(body(play('no-finish', {}, '/v1/messages'))).not.toContain('message_delta')
    for (const kind of ['no-done', 'no-finish']) {
      expect(body(play(kind, {}, '/api/chat'))).not.toContain('"done":true')
      expect(body(play(kind, {}, '/v1/responses'))).not.toContain('response.completed')
    }
  })

  test('crlf and cr end every line', () => {
    expect(body(play('crlf'))).toBe(usual.join('').replaceAll('\n', '\r\n'))
    expect(body(play('cr'))).toBe(usual.join('').replaceAll('\n', '\r'))
    expect(body(play('cr', {}, '/api/chat'))).not.toContain('\r') // lines of JSON end with a line feed
  })

  test('multiline spreads the JSON over data lines', () => {
    const [first] = texts(play('multiline'))
    expect(first!.split('\n').length).toBeGreaterThan(5)
    for (const line of first!.trimEnd().split('\n')) expect(line).toStartWith('data: ')
    expect(body(play('multiline', {}, '/v1/messages'))).toStartWith(
      'event: message_start\ndata: {\ndata:  "type"',
    )
  })

  test('keepalive fills every silence', () => {
    const reply = play('keepalive:20')
    expect(texts(reply).slice(0, 5)).toEqual([
      ': keepalive\n\n',
      ': keepalive\n\n',
      usual[0]!,
      ': keepalive\n\n',
      ': keepalive\n\n',
    ])
    expect(due(reply).slice(0, 6)).toEqual([20, 40, 50, 70, 90, 100])
    expect(texts(play('keepalive:20+stall:1:1000'))).toHaveLength(6 + 2 + 52 + 2 + 2 + 2)
  })

  test('merge waits for K events, and for the rest at the end', () => {
    const reply = play('merge:4')
    expect(texts(reply)).toEqual([usual.slice(0, 4).join(''), usual.slice(4).join('')])
    expect(due(reply)).toEqual([200, 250])
    expect(reply.marks.map(({ events }) => events)).toEqual([4, 2])
  })

  test('an end is never written together with what it ends', () => {
    for (const pattern of [
      'abort:3+merge:2',
      'abort:2+merge:3',
      'abort:3+slow:20000',
      'abort:3+split:9',
      'abort:4+merge:9',
    ]) {
      const reply = play(pattern, { chunkDelayMs: '5' })
      const kept = Number(pattern[6])
      expect(body(reply)).toBe(usual.slice(0, kept).join(''))
      expect(texts(reply).at(-1)).toBe('')
      expect(reply.dueMs.at(-1)!).toBeGreaterThan(reply.dueMs.at(-2)!)
    }
  })

  test('a reply from which everything is taken still has headers', () => {
    expect(texts(play('no-done+no-finish', { chunkCount: '0' }))).toEqual([':\n\n'])
    expect(texts(play('no-done', { chunkCount: '0' }, '/api/chat'))).toEqual(['\n'])
  })

  test('a stall delays also what would leave at once', () => {
    const path = '/v1/messages/count_tokens'
    expect(play('stall:0:800', {}, path)).toMatchObject({ whole: true, played: true })
    expect(due(play('stall:0:800', {}, path))).toEqual([800])
    expect(due(play('stall:0:800', {}, '/v1/embeddings'))).toEqual([850])
  })

  test('split cuts every event into pieces, each due after the one before', () => {
    const reply = play('split:7')
    for (const frame of reply.frames) expect(frame.byteLength).toBeLessThanOrEqual(7)
    expect(body(reply)).toBe(usual.join(''))
    for (let i = 1; i < reply.dueMs.length; i++) expect(reply.dueMs[i]!).toBeGreaterThan(reply.dueMs[i - 1]!)
    expect(Math.round(reply.dueMs.at(-1)!)).toBe(250)
    expect(reply.marks.reduce((sum, { events }) => sum + events, 0)).toBe(6)
    expect(countChunks(reply, reply.frames.length)).toBe(4)
  })

  test('slow keeps to its rate', () => {
    const reply = play('slow:2000')
    expect(body(reply)).toBe(usual.join(''))
    const bytes = body(reply).length
    expect(reply.dueMs.at(-1)!).toBeCloseTo(50 + (bytes / 2000) * 1000, 3)
    expect(play('slow:1000000000').dueMs.at(-1)!).toBeCloseTo(250, 3) // never before it is due
    for (let i = 1; i < reply.dueMs.length; i++)
      expect(reply.dueMs[i]! - reply.dueMs[i - 1]!).toBeLessThan(51)
  })

  test('texts and finish:length', () => {
    expect(readText(play('short'))).toBe('Hell')
    expect(readText(play('long')).length).toBe(4 * 4096)
    expect(readText(play('unicode'))).toContain('👋🏽')
    expect(readText(play('code', { chunkCount: '60' }))).toContain('\t')
    const reasons = [
      ['/v1/chat/completions', '"finish_reason":"length"'],
      ['/v1/completions', '"finish_reason":"length"'],
      ['/v1/responses', '"incomplete_details":{"reason":"max_output_tokens"}'],
      ['/v1/messages', '"stop_reason":"max_tokens"'],
      ['/api/generate', '"done_reason":"length"'],
    ] as const
    for (const [path, reason] of reasons) expect(body(play('finish:length', {}, path))).toContain(reason)
  })
})

describe('answers that are one body', () => {
  const json = { reply: 'json' }
  const whole = body(play('ok', json))

  test.each([
    ['stall:2:1000', whole, 'close', 1250],
    ['garbage:1', `{${whole}`, 'close', 250],
    ['truncate-event:1', whole.slice(0, whole.length >> 1), 'close', 250],
    ['abort:2', whole.slice(0, whole.length >> 1), 'reset', 250],
    ['abort:0', '\n', 'reset', 250],
    ['end:2', whole.slice(0, whole.length >> 1), 'close', 250],
    ['split:9', whole, 'close', 250],
  ] as const)('%s', (text, sent, ending, dueMs) => {
    const reply = play(text, json)
    expect(body(reply)).toBe(sent)
    expect(reply.ending).toBe(ending)
    expect(Math.round(reply.dueMs.at(-1)!)).toBe(dueMs)
  })

  test.each(['no-done', 'no-finish', 'error:1', 'merge:2', 'crlf', 'cr', 'multiline', 'keepalive:5'])(
    '%s leaves them as they are',
    (text) => {
      const deck = makeDeck({ pattern: text, flags: json })
      const reply = deck.at(0)
      expect(deck.isApplied).toBe(false)
      expect(reply.separate).toBe(false)
      expect(body(reply)).toBe(whole)
      expect(reply.whole).toBe(true)
    },
  )
})

describe('faults of framing', () => {
  const expected = new Map(
    ['words', 'unicode', 'short', 'long', 'code'].map((kind) => [
      kind,
      readText(play(kind, { chunkCount: '40' })),
    ]),
  )
  const optional = (...choices: string[]): fc.Arbitrary<string[]> =>
    fc.constantFrom([], ...choices.map((choice) => [choice]))

  test('every combination reads as the same text', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...expected.keys()),
        optional('multiline'),
        optional('crlf', 'cr'),
        fc.oneof(
          optional('merge:2', 'merge:7', 'merge:1000'),
          fc
            .tuple(optional('keepalive:20'), optional('split:1', 'split:3', 'split:64', 'slow:30000'))
            .map((both) => both.flat()),
        ),
        optional('stall:3:100'),
        (text, ...others) => {
          const pattern = [text, ...others.flat()].join('+')
          expect(readText(play(pattern, { chunkCount: '40' }))).toBe(expected.get(text)!)
        },
      ),
      { numRuns: 150, seed: 5 },
    )
  })

  test('the texts are what they are said to be', () => {
    expect([...expected.get('unicode')!].length).toBeLessThan(Buffer.byteLength(expected.get('unicode')!))
    expect(Buffer.byteLength(expected.get('short')!)).toBe(40)
    expect(Buffer.byteLength(expected.get('long')!)).toBe(40 * 4096)
    expect(expected.get('unicode')).toBe(expected.get('unicode')!.toWellFormed())
  })
})
