// The first answer of a server: what is read out of it, and which answers cannot be measured.
import { describe, expect, test } from 'bun:test'
import { RunError } from '../../../src/config/errors.ts'
import { addressOf, readAnswer, renderRequest, type Probed } from '../../../src/bench/client/probe.ts'

const url = new URL('http://127.0.0.1:9000/v1')
const SSE = 'HTTP/1.1 200 OK\r\nContent-Type: text/event-stream'
const LINES = 'HTTP/1.1 200 OK\r\nContent-Type: application/x-ndjson'

function read(body: string, head = SSE): Probed {
  return readAnswer(url, { head, body: Buffer.from(body) })
}

/** Events with these pieces of text; null is one without a text, false the end as OpenAI says it. */
function eventsOf(pieces: readonly (string | null | false)[], eol = '\n'): string {
  const data = pieces.map((text) =>
    text === false ? '[DONE]' : JSON.stringify(text === null ? { usage: {} } : { text }),
  )
  return data.map((each) => `data: ${each}${eol}${eol}`).join('')
}

describe('what is read', () => {
  test.each([
    [['a'], 1, [0]],
    [['a', 'b', 'c'], 3, [0, 1, 2]],
    [[null, 'a', 'b', null, false], 2, [0, 0, 1, 2, 2]],
    [['a', null, 'b'], 2, [0, 1, 1]],
    [[null, null, 'a', null], 1, [0, 0, 0, 1]],
    [['a', false], 1, [0, 1]],
  ] as [(string | null | false)[], number, number[]][])('of events with %j', (pieces, chunks, steps) => {
    const body = eventsOf(pieces)
    const text = pieces.filter((piece) => typeof piece === 'string').join('')
    const found = {
      delimiter: '\n\n',
      events: pieces.length,
      chunks,
      steps,
      text,
      bytes: body.length,
    } as const
    expect(read(body)).toEqual(found)
  })

  test('of 200,000 events, without counting all again for each', () => {
    const { chunks, steps } = read(eventsOf(Array<string>(200_000).fill('a')))
    expect([chunks, steps.at(-1)]).toEqual([200_000, 199_999])
  })

  test.each([
    ['\n', '\n\n'],
    ['\r\n', '\r\n\r\n'],
    ['\r', '\r\r'],
  ] as const)('of events with line ends %j', (eol, delimiter) => {
    expect(read(eventsOf(['a', 'b'], eol))).toMatchObject({ delimiter, events: 2, text: 'ab' })
  })

  test.each(['application/x-ndjson', 'application/ndjson', 'application/x-ndjson; charset=utf-8'])(
    'of lines of %s',
    (type) => {
      const found = read('{"response":"a"}\n{"response":"é"}\n', `HTTP/1.1 200 OK\r\nContent-Type: ${type}`)
      expect(found).toMatchObject({ delimiter: '\n', events: 2, chunks: 2, text: 'aé', bytes: 35 })
    },
  )

  test.each([
    'HTTP/1.0 200 OK\r\nContent-Type: text/event-stream',
    'HTTP/1.1 200 OK\r\nX: 1\r\ncontent-type:text/event-stream;charset=utf-8\r\nY: 2',
    'HTTP/1.1 200\r\nCONTENT-TYPE: text/event-stream\r\nY: 2',
  ])('under the head %j', (head) => {
    expect(read(eventsOf(['a']), head).events).toBe(1)
  })

  test.each([
    [{ choices: [{ delta: { content: 'x' } }] }, 'x'],
    [{ choices: [{ delta: {} }], usage: {} }, ''],
    [{ choices: [{ delta: { role: 'assistant', content: '' } }] }, ''],
    [{ choices: [] }, ''],
    [{ choices: [{ text: 'x', finish_reason: null }] }, 'x'],
    [{ type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'x' } }, 'x'],
    [{ type: 'message_start', message: { role: 'assistant', content: [] } }, ''],
    [{ type: 'response.output_text.delta', delta: 'x' }, 'x'],
    [{ candidates: [{ content: { parts: [{ text: 'x' }], role: 'model' } }] }, 'x'],
    [{ model: 'm', message: { role: 'assistant', content: 'x' }, done: false }, 'x'],
    [{ model: 'm', response: 'x', done: false }, 'x'],
    [{ error: 'no', message: 'failed' }, ''], // a message in words is no text of a reply
    ['x', 'x'],
    [null, ''],
    [7, ''],
  ] as [unknown, string][])('text in %j', (event, text) => {
    expect(read(`data: ${JSON.stringify(event)}\n\ndata: {"text":"."}\n\n`).text).toBe(`${text}.`)
  })

  test.each([
    ['event: x\ndata: {"text":"a"}', 'a'],
    ['data:{"text":"a"}', 'a'],
    ['data: {"text":\ndata: "a"}', 'a'],
    [': a comment', ''],
    ['event: ping', ''],
    ['data: [DONE]', ''],
    ['id: 1\nretry: 5', ''],
  ])('the event %j', (event, text) => {
    expect(read(`${event}\n\ndata: {"text":"."}\n\n`)).toMatchObject({ events: 2, text: `${text}.` })
  })
})

describe('what is refused', () => {
  const good = eventsOf(['a'])
  test.each([
    ['another status', 'HTTP/1.1 429 No', ' {"error":1}\n', 'it answers with status 429: {"error":1}'],
    [
      'a success that is no stream',
      SSE.replace('200', '201'),
      good,
      'it answers with status 201: data: {"text":"a"}',
    ],
    ['no HTTP', 'HTTP/2 200', good, 'it answers with status undefined: data: {"text":"a"}'],
    ['a long refusal', 'HTTP/1.1 500 No', 'x'.repeat(900), `it answers with status 500: ${'x'.repeat(200)}`],
    [
      'another type',
      'HTTP/1.1 200 OK\r\nContent-Type: text/html; a',
      good,
      'it answers with text/html, not with a stream of events',
    ],
    ['no type', 'HTTP/1.1 200 OK', good, 'it answers with none, not with a stream of events'],
    ['half an event', SSE, `${good}data: {"text"`, 'its last event does not end'],
    ['half a line end', SSE, good.slice(0, -1), 'its last event does not end'],
    ['half a line', LINES, '{"text":"a"}\n{', 'its last event does not end'],
    ['nothing', SSE, '', 'there is no text in its events'],
    ['no text', SSE, eventsOf([null, '', false]), 'there is no text in its events'],
    ['no JSON', SSE, `data: ${'y'.repeat(100)}\n\n`, `an event is not JSON: ${'y'.repeat(80)}`],
    ['half of JSON', SSE, 'data: {"text":"a"\n\n', 'an event is not JSON: {"text":"a"'],
  ])('%s', (_, head, body, reason) => {
    const reading = (): Probed => read(body, head)
    expect(reading).toThrow(new RunError(`cannot measure http://127.0.0.1:9000/v1: ${reason}`))
  })
})

test.each([
  ['http://127.0.0.1:9000/v1', '127.0.0.1', 9000],
  ['http://host.example/v1', 'host.example', 80],
  ['http://host.example:80/v1', 'host.example', 80],
  ['http://[::1]:9000/', '::1', 9000],
  ['http://[::1]/', '::1', 80],
])('%s leads to %s, port %j', (text, host, port) => {
  expect(addressOf(new URL(text))).toEqual({ host, port })
})

test.each([
  ['http://127.0.0.1:9000/v1?a=b', undefined, 'POST /v1?a=b HTTP/1.1', '127.0.0.1:9000'],
  ['http://[::1]:9000/', 'key', 'POST / HTTP/1.1', '[::1]:9000'],
  ['http://host.example/x', '', 'POST /x HTTP/1.1', 'host.example'],
])('the request to %s with key %j', async (text, key, line, host) => {
  const request = renderRequest(new URL(text), key)
  const [head, body, ...rest] = request.split('\r\n\r\n')
  expect(rest).toEqual([])
  const [first, ...headers] = head!.split('\r\n')
  expect(first).toBe(line)
  expect(Object.fromEntries(headers.map((header) => header.split(': ')))).toEqual({
    Host: host,
    'Content-Type': 'application/json',
    Accept: 'text/event-stream',
    'Content-Length': String(body!.length),
    ...(key ? { Authorization: `Bearer ${key}` } : {}),
  })
  const message = { role: 'user', content: 'Hi' }
  expect(JSON.parse(body!)).toEqual({ model: 'mock-model', stream: true, messages: [message] })
})
