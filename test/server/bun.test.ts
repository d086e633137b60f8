// What Bun.serve answers by itself, before any code of ours: the rows of the table in the manual. None of it can be changed from here,
// so these tests notice when Bun changes. Engine socket does each of these things as it should be: socket.test.ts.
import { afterAll, describe, expect, test } from 'bun:test'
import type { GivenFlags } from '../../src/config/config.ts'
import type { Running } from '../../src/server/server.ts'
import { chatRequest, numbersOf, rawClient, serveInProcess, until } from '../_helpers.ts'
import { page, rowsOf } from '../_manual.ts'

const running = new Set<Running>()
afterAll(async () => void (await Promise.all([...running].map((server) => server.stop(0)))))

const instant = { chunkDelayMs: '0' }
const paced = { ttftMs: '50', chunkDelayMs: '5000' }

const GET = 'GET /health HTTP/1.1\r\nHost: x\r\n'
const HEALTH = `${GET}\r\n`
const post = (headers: string, body = '', version = '1.1'): string =>
  `POST /v1/chat/completions HTTP/${version}\r\nHost: x\r\n${headers}\r\n${body}`
const chunked = (rest: string): string => post('Transfer-Encoding: chunked\r\n', `2\r\n{}\r\n${rest}`)

const CONTINUE = 'HTTP/1.1 100 Continue\r\n\r\n'
const bare = (status: string): string => `HTTP/1.1 ${status}\r\nConnection: close\r\n\r\n`
const BAD_REQUEST = bare('400 Bad Request')
const TOO_LARGE = bare('431 Request Header Fields Too Large')
/** A stream of two events, as `seen` shows it. */
const BEGUN = '[200] event '
const STREAM = `${BEGUN}event event end `

/** What a step waits for before the next one. */
const FIRST_EVENT = 1
const CONTINUED = 2
type Step = string | typeof FIRST_EVENT | typeof CONTINUED

/** Replies as words; what is not ours stays as it is. */
function describeReceived(received: string): string {
  return received
    .replaceAll(/HTTP\/1\.1 (\d+) [^\r]+\r\n(?!Connection: close\r\n\r\n)(?!\r\n)[^]*?\r\n\r\n/g, '[$1] ')
    .replaceAll(/[0-9a-f]+\r\ndata: [^\n]*\n\n\r\n|data: [^\n]*\n\n/g, 'event ')
    .replaceAll('0\r\n\r\n', 'end ')
    .replaceAll(/\{"error".*\}/g, 'error ')
}

interface Row {
  /** As on the page about engines. */
  readonly sent: string
  readonly flags: GivenFlags
  readonly steps: readonly Step[]
  /** All that comes, and then the connection ends. */
  readonly received: string
  /** The connection does not end. */
  readonly isKept?: true
}

const rows: readonly Row[] = [
  {
    sent: 'Expect: 100-continue, and the body will be refused: 100 first, the refusal behind the body',
    flags: { ...instant, apiKey: 'secret' },
    steps: [post('Content-Length: 2\r\nExpect: 100-continue\r\n'), CONTINUED, '{}'],
    received: `${CONTINUE}[401] error `,
    isKept: true,
  },
  {
    sent: 'Expect: 100-continue in HTTP/1.0, which has no 100: a 100 all the same',
    flags: instant,
    steps: [post('Content-Length: 2\r\nExpect: 100-continue\r\n', '', '1.0'), CONTINUED, '{}'],
    received: `${CONTINUE}[200] event event event `,
  },
  {
    sent: 'another Expect: nothing is made of it, where 417 would be the answer',
    flags: instant,
    steps: [post('Content-Length: 2\r\nExpect: coffee\r\n', '{}')],
    received: STREAM,
    isKept: true,
  },
  {
    sent: 'a trailer behind a chunked body, while the reply is paced: a bare 400, and no reply',
    flags: paced,
    steps: [chunked('0\r\nX-A: 1\r\n\r\n')],
    received: BAD_REQUEST,
  },
  {
    sent: 'a trailer behind a chunked body, at delay 0: the reply, and then a bare 400 that nobody asked for',
    flags: instant,
    steps: [chunked('0\r\nX-A: 1\r\n\r\n')],
    received: STREAM + BAD_REQUEST,
  },
  {
    sent: 'a head of more than 16 KB: a bare 431',
    flags: instant,
    steps: [`${GET}X-A: ${'x'.repeat(16_384)}\r\n\r\n`],
    received: TOO_LARGE,
  },
  {
    sent: 'a head of 200 lines or more: a bare 431',
    flags: instant,
    steps: [`${GET}${'X-A: 1\r\n'.repeat(199)}\r\n`],
    received: TOO_LARGE,
  },
  {
    sent: 'an empty line behind a body, while the reply is paced: a bare 400, and no reply',
    flags: paced,
    steps: [`${chatRequest()}\r\n`],
    received: BAD_REQUEST,
  },
  {
    sent: 'an empty line behind a body, at delay 0: the reply, and then a bare 400',
    flags: instant,
    steps: [`${chatRequest()}\r\n`],
    received: STREAM + BAD_REQUEST,
  },
  {
    sent: 'a request while the last reply is paced: the connection ends, and both replies are lost',
    flags: paced,
    steps: [chatRequest(), FIRST_EVENT, HEALTH],
    received: BEGUN,
  },
  {
    sent: 'a chunk that is none, while the reply is streaming: a bare 400 in the middle of it',
    flags: paced,
    steps: [chunked(''), FIRST_EVENT, 'zz\r\n'],
    received: BEGUN + BAD_REQUEST,
  },
  {
    sent: 'a request that breaks the rules: a bare 400',
    flags: instant,
    steps: [post('Content-Length: x\r\n')],
    received: BAD_REQUEST,
  },
  {
    sent: 'an HTTP version of which it knows nothing, or none: a bare 505',
    flags: instant,
    steps: ['GET /health HTTP/3.0\r\nHost: x\r\n\r\n'],
    received: bare('505 HTTP Version Not Supported'),
  },
  {
    sent: 'a method of which it knows nothing: the connection ends without an answer',
    flags: instant,
    steps: ['BREW /health HTTP/1.1\r\nHost: x\r\n\r\n'],
    received: '',
  },
]

describe.concurrent('sent', () => {
  test.each(rows.map((row) => [row.sent, row] as const))(
    '%s',
    async (_, { flags, steps, received, isKept }) => {
      const server = serveInProcess({ engine: 'bun', chunkCount: '1', ...flags })
      running.add(server)
      const client = await rawClient(server.port)
      try {
        for (const step of steps) {
          if (typeof step === 'string') client.send(step)
          else if (step === CONTINUED) await until(() => client.received().includes(CONTINUE))
          else await until(() => client.received().includes('data: '))
        }
        await until(() => (isKept ? describeReceived(client.received()) === received : client.ending()))
        expect(describeReceived(client.received())).toBe(received)
        if (isKept) {
          client.send(HEALTH)
          await until(() => client.received().endsWith('{"status":"ok"}'))
        }
      } finally {
        client.socket.destroy()
      }
    },
  )

  test('a client that ends its side while the reply is paced: it gets nothing more', async () => {
    const server = serveInProcess({ engine: 'bun', ...paced })
    running.add(server)
    const client = await rawClient(server.port)
    client.socket.end(chatRequest())
    await client.closed()
    expect(client.received()).toBe('')
    await until(() => numbersOf(server).open === 0)
    expect(numbersOf(server)).toMatchObject({ abortedBeforeFirstEvent: 1, completed: 0 })
  })

  test('a head of up to 16 KB and 190 lines: an answer', async () => {
    const server = serveInProcess({ engine: 'bun' })
    running.add(server)
    for (const lines of [`X-A: ${'x'.repeat(16_300)}\r\n`, 'X-A: 1\r\n'.repeat(190)]) {
      const client = await rawClient(server.port)
      client.send(`${GET}${lines}\r\n`)
      expect((await client.response()).status).toBe(200)
      client.socket.destroy()
    }
  })
})

test('the table in the manual is this one', () => {
  const cells = rowsOf(page('engines'))
  const start = cells.findIndex(([, head]) => head === 'What Bun answers by itself')
  const table = cells.slice(start + 2).map(([sent, answer]) => `${sent}: ${answer}`)
  expect(table).toEqual(rows.map(({ sent }) => sent))
})
