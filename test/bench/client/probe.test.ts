// The first answer of a server: what is read out of it, and which answers cannot be measured.
import { afterEach, describe, expect, test } from 'bun:test'
import type { Head } from '../../../src/bench/client/link.ts'
import { probe, type Probed, readAnswer } from '../../../src/bench/client/probe.ts'
import type { Wishes } from '../../../src/bench/client/target.ts'
import { RunError } from '../../../src/config/errors.ts'
import type { FormatName } from '../../../src/config/requests.ts'
import { targetTo, urlTo } from '../_results.ts'

const url = new URL('http://127.0.0.1:9000/v1')
const SSE = 'text/event-stream'
const LINES = 'application/x-ndjson'

function headOf(type: string, status = 200, more: Readonly<Record<string, string>> = {}): Head {
  const headers: Readonly<Record<string, string | undefined>> = {
    ...(type !== '' && { 'content-type': type }),
    ...more,
  }
  return { status, text: '', header: (name) => headers[name] }
}

function read(body: string, head: Head = headOf(SSE), change: Partial<Wishes> = {}): Probed {
  return readAnswer({ url, target: targetTo(9000, change) }, { head, body: Buffer.from(body) })
}

const DONE = 'data: [DONE]\n\n'
const jsonOf = (content: string): string => JSON.stringify({ choices: [{ delta: { content } }] })

/** Events with these pieces of text; null is one without a text. The end is one more. */
function eventsOf(pieces: readonly (string | null)[], eol = '\n'): string {
  const data = [...pieces.map((text) => (text === null ? '{"usage":{}}' : jsonOf(text))), '[DONE]']
  return data.map((each) => `data: ${each}${eol}${eol}`).join('')
}

describe('what is read', () => {
  test.each([
    [['a'], 1, [0, 1]],
    [['a', 'b', 'c'], 3, [0, 1, 2, 3]],
    [[null, 'a', 'b', null], 2, [0, 0, 1, 2, 2]],
    [['a', null, 'b'], 2, [0, 1, 1, 2]],
    [[null, null, 'a', null], 1, [0, 0, 0, 1, 1]],
  ] as [(string | null)[], number, number[]][])('of events with %j', (pieces, chunks, steps) => {
    const body = eventsOf(pieces)
    const text = pieces.filter((piece) => typeof piece === 'string').join('')
    const found = {
      delimiter: '\n\n',
      events: pieces.length + 1,
      chunks,
      steps,
      text,
      bytes: body.length,
    } as const
    expect(read(body)).toEqual(found)
  })

  test('of 200,000 events, without counting all again for each', () => {
    const { chunks, steps } = read(eventsOf(Array<string>(200_000).fill('a')))
    expect([chunks, steps.at(-1)]).toEqual([200_000, 200_000])
  })

  test.each([
    ['\n', '\n\n'],
    ['\r\n', '\r\n\r\n'],
    ['\r', '\r\r'],
  ] as const)('of events with line ends %j', (eol, delimiter) => {
    expect(read(eventsOf(['a', 'b'], eol))).toMatchObject({ delimiter, events: 3, text: 'ab' })
  })

  test.each(['application/x-ndjson', 'application/ndjson', 'application/x-ndjson; charset=utf-8'])(
    'of lines of %s',
    (type) => {
      const body = '{"response":"a"}\n{"response":"é"}\n{"done":true}\n'
      const found = read(body, headOf(type), { format: 'ollama' })
      expect(found).toMatchObject({ delimiter: '\n', events: 3, chunks: 2, text: 'aé', bytes: 49 })
    },
  )

  test.each(['text/event-stream', 'text/event-stream;charset=utf-8', 'text/event-stream ; a=b'])(
    'under the type %j',
    (type) => expect(read(eventsOf(['a']), headOf(type)).events).toBe(2),
  )

  test.each([
    [`event: x\ndata: ${jsonOf('a')}`, 3, 'a'],
    [`data:${jsonOf('a')}`, 3, 'a'],
    ['data: {"choices":\ndata: [{"text":"a"}]}', 3, 'a'],
    [`: wait\ndata: ${jsonOf('a')}`, 3, 'a'],
    [': a comment', 2, ''],
    ['event: ping', 2, ''],
    ['event: ping\ndata', 3, ''],
    ['data: [DONE]', 3, ''],
    ['id: 1\nretry: 5', 2, ''],
  ])('the event %j', (event, events, text) => {
    expect(read(`${event}\n\n${eventsOf(['.'])}`)).toMatchObject({ events, text: `${text}.` })
  })

  test.each([
    ['chat', { choices: [{ message: { content: 'é' } }] }],
    ['responses', { output: [{ content: [{ text: 'é' }] }] }],
    ['messages', { content: [{ text: 'é' }] }],
    ['gemini', { candidates: [{ content: { parts: [{ text: 'é' }] } }] }],
    ['ollama', { message: { content: 'é' } }],
  ] as [FormatName, object][])('of a whole answer of %s', (format, json) => {
    const body = `${JSON.stringify(json, null, 1)}\n`
    const found = read(body, headOf('application/json'), { format, isWhole: true })
    const bytes = Buffer.byteLength(body)
    expect(found).toEqual({ delimiter: '\n\n', events: 1, chunks: 1, steps: [0], text: 'é', bytes })
  })
})

describe('what is refused', () => {
  const good = eventsOf(['a'])
  const json = headOf('application/json')
  const whole = { isWhole: true }
  test.each([
    ['another status', headOf(SSE, 429), ' {"error":1}\n', 'it answers with status 429: {"error":1}'],
    ['a success that is no stream', headOf(SSE, 201), 'data:  x\n\n', 'it answers with status 201: data: x'],
    ['a long refusal', headOf('', 500), 'x'.repeat(900), `it answers with status 500: ${'x'.repeat(200)}`],
    [
      'another type',
      headOf('text/html; a'),
      '<p>\n\nNo',
      'it answers with text/html, not with a stream of events: <p> No',
    ],
    ['no type', headOf(''), 'No', 'it answers with no type, not with a stream of events: No'],
    ['half an event', headOf(SSE), `${good}data: {"text"`, 'its last event does not end'],
    ['half a line end', headOf(SSE), good.slice(0, -1), 'its last event does not end'],
    ['half a line', headOf(LINES), '{"response":"a"}\n{', 'its last event does not end'],
    ['nothing', headOf(SSE), '', 'there are no events in it'],
    ['nothing but comments', headOf(SSE), ': wait\n\n', 'there are no events in it'],
    ['another end', headOf(SSE), good.replace('[DONE]', '["ENDE"]'), 'its last event is not [DONE]'],
    ['no text', headOf(SSE), eventsOf([null, '']), 'there is no text of the format chat in its events'],
    [
      'no JSON',
      headOf(SSE),
      `data: ${'y'.repeat(300)}\n\n`,
      `an event is not JSON: data: ${'y'.repeat(194)}`,
    ],
    ['half of JSON', headOf(SSE), `data: {"a"\n\n${DONE}`, 'an event is not JSON: data: {"a"'],
    ['no whole JSON', json, '{"a"', 'it answers with what is no JSON: {"a"', whole],
    [
      'a stream instead of an answer',
      headOf(SSE),
      DONE,
      'it streams though a whole answer is asked for',
      whole,
    ],
    ['an empty answer', json, '', 'it answers with what is no JSON: ', whole],
    [
      'no text in an answer',
      json,
      '{"choices": []}',
      'there is no text of the format chat in its answer: {"choices": []}',
      whole,
    ],
    [
      'another format',
      headOf(SSE),
      good.replace('[DONE]', '{"type":"message_stop"}'),
      'there is no text of the format messages in its events',
      { format: 'messages' },
    ],
    [
      'another format, which ends differently',
      headOf(SSE),
      good,
      'its last event is not message_stop',
      { format: 'messages' },
    ],
    [
      'where it redirects to',
      headOf('', 307, { location: '/v1/' }),
      '',
      'it redirects to /v1/; give that URL',
    ],
    ['a redirection to nowhere', headOf('', 304), '', 'it answers with status 304: '],
    ['no key', headOf('', 401), 'No', 'it answers with status 401; a key is taken from OPENAI_API_KEY: No'],
    [
      'a bad key',
      headOf('', 403),
      'No',
      'it answers with status 403; a key is taken from ANTHROPIC_API_KEY: No',
      { format: 'messages' },
    ],
    [
      'no key of Gemini',
      headOf('', 401),
      'No',
      'it answers with status 401; a key is taken from GEMINI_API_KEY: No',
      { format: 'gemini' },
    ],
    [
      'no key where none is known',
      headOf('', 401),
      'No',
      'it answers with status 401: No',
      { format: 'ollama' },
    ],
  ] as [string, Head, string, string, Partial<Wishes>?][])('%s', (...[, head, body, reason, change]) => {
    const reading = (): Probed => read(body, head, change)
    expect(reading).toThrow(RunError)
    expect(reading).toThrow(`cannot measure http://127.0.0.1:9000/v1: ${reason}`)
  })
})

describe('asking', () => {
  const servers = new Set<{ stop(now?: boolean): void }>()
  afterEach(() => {
    for (const server of servers) server.stop(true)
    servers.clear()
  })

  /** Says this to whatever it is asked, and then closes, or not. */
  function serve(text: string, closes = true): number {
    const listener = Bun.listen({
      hostname: '127.0.0.1',
      port: 0,
      socket: {
        data: (socket) => {
          socket.write(text)
          if (closes) socket.end()
        },
      },
    })
    servers.add(listener)
    return listener.port
  }

  function ask(
    port: number,
    change: Partial<Wishes> = {},
    scheme = 'http',
    patienceMs?: number,
  ): Promise<Probed> {
    return probe({ url: urlTo(port, change, scheme), target: targetTo(port, change, scheme) }, patienceMs)
  }

  const head = `HTTP/1.1 200 OK\r\nContent-Type: ${SSE}\r\n\r\n`
  const good = eventsOf(['a', 'b'])

  test('gets the whole answer, and its headers', async () => {
    expect(await ask(serve(head + good))).toMatchObject({ events: 3, text: 'ab', bytes: good.length })
  })

  test.each([
    [
      'closes early',
      `${head.slice(0, -2)}Content-Length: 9\r\n\r\n`,
      'the connection was closed in the middle of a reply',
    ],
    ['says nothing', '', 'the connection was closed in the middle of a reply'],
    ['speaks something else', 'SSH-2.0\r\n\r\n', 'no HTTP/1.1 response: SSH-2.0'],
    [
      'redirects',
      'HTTP/1.1 301 No\r\nLocation: http://h/\r\nContent-Length: 0\r\n\r\n',
      'it redirects to http://h/; give that URL',
    ],
    [
      'wants a key',
      'HTTP/1.1 401 No\r\nContent-Length: 2\r\n\r\nno',
      'it answers with status 401; a key is taken from OPENAI_API_KEY: no',
    ],
    ['does not end its stream', head + good.slice(0, -DONE.length), 'its last event is not [DONE]'],
  ] as const)('a server that %s', async (_, text, reason) => {
    const port = serve(text)
    await expect(ask(port)).rejects.toThrow(
      new RunError(`cannot measure http://127.0.0.1:${port}/v1/chat/completions: ${reason}`),
    )
  })

  test.each([
    ['nothing', ''],
    ['only a head', head],
    ['only a part', head + good],
  ])('a server that says %s, and nothing more', async (_, text) => {
    await expect(ask(serve(text, false), {}, 'http', 100)).rejects.toThrow('no whole answer within 0.1 s')
  })

  test.each([
    [{}, 'http'],
    [{}, 'https'],
    [{ isHttp2: true }, 'http'],
    [{ isHttp2: true }, 'https'],
  ] as [Partial<Wishes>, string][])('nobody, with %j by %s', async (change, scheme) => {
    await expect(ask(9, change, scheme)).rejects.toThrow(
      `cannot measure ${scheme}://127.0.0.1:9/v1/chat/completions: cannot connect: `,
    )
  })

  test.each(['http', 'https'])('a server that speaks no HTTP/2, by %s', async (scheme) => {
    await expect(ask(serve('HTTP/1.1 400 No\r\n\r\n'), { isHttp2: true }, scheme)).rejects.toThrow(
      /: (?:cannot connect: |the connection was closed in the middle of a reply)/,
    )
  })
})
