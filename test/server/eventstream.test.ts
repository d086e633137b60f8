// AWS's event stream as it is sent: stamps and ids are filled in, and every checksum is right, whatever is wrong with the reply and however
// it is written. Read with AWS's own codec, which refuses a message whose checksum is wrong.
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { type Format, formats, prepare } from '../apis/_readers.ts'
import { type Message, messagesIn } from '../replies/_eventstream.ts'
import { chatRequest, engines, rawClient, serveInProcess, until } from '../_helpers.ts'
import { marks } from '../../src/apis/marks.ts'
import type { GivenFlags } from '../../src/config/config.ts'
import type { Reply } from '../../src/replies/reply.ts'
import type { Running } from '../../src/server/server.ts'

const [converse, invocation] = formats.filter(({ framing }) => framing === 'eventstream') as [Format, Format]

const STAMP = /(\d{8})@1\d{15} /g
const ID = /mock\d{16}/g

const messagesOf = ({ frames }: Reply): Message[] => messagesIn(Buffer.concat([...frames]))
const unfilled = (messages: readonly Message[]): Message[] =>
  messages.map(({ headers, data }) => ({
    headers,
    data: data.replace(STAMP, marks.stamp.text).replace(ID, marks.id.text),
  }))

/** What was filled in: the numbers of stamps, and the ids. */
const filledIn = (messages: readonly Message[]) => {
  const text = messages.map(({ data }) => data).join('\n')
  return {
    stamps: [...text.matchAll(STAMP)].map(([, number]) => Number(number)),
    ids: [...new Set(text.match(ID))],
  }
}

/** What needs SSE, or lines, makes no difference. */
const INERT = ['crlf', 'cr', 'multiline', 'keepalive:1']
const PATTERNS = [
  'ok',
  'garbage:1',
  'truncate-event:2',
  'no-finish',
  'no-done',
  'stall:2:5',
  'end:0',
  'end:3',
  'error:0',
  'error:2',
  'merge:2',
  'merge:100',
  'split:1',
  'split:9',
  'split:64',
  'slow:50000',
  'garbage:0+end:3+split:7',
  'unicode',
  'finish:length+split:7',
]

describe.each(engines)('engine %s', (engine) => {
  const flags: GivenFlags = {
    chunkCount: '4',
    chunkDelayMs: '2',
    stamp: 'true',
    uniqueIds: 'true',
    content: 'text+tools:2',
  }
  let server: Running
  beforeAll(() => void (server = serveInProcess({ engine, honor: 'fault', ...flags })))
  afterAll(() => server.stop(0))

  async function ask({ target }: Format, pattern: string): Promise<Message[]> {
    const response = await fetch(`http://127.0.0.1:${server.port}${target}`, {
      method: 'POST',
      headers: { 'X-Test-Pattern': pattern },
    })
    expect(response.headers.get('content-type')).toBe('application/vnd.amazon.eventstream')
    return messagesIn(await response.bytes())
  }

  test.each(PATTERNS)('%s: each reply has stamps and an id of its own', async (pattern) => {
    const expected = messagesOf(prepare(converse, { flags, pattern }))
    const replies = await Promise.all([1, 2, 3].map(() => ask(converse, pattern)))
    const { stamps, ids } = filledIn(replies[0]!)
    expect(stamps).toEqual(stamps.map((_, i) => i))
    expect(stamps).toHaveLength(expected.filter(({ data }) => data.includes(marks.stamp.text)).length)
    for (const messages of replies) expect(unfilled(messages)).toEqual(expected)
    const hasIds = expected.some(({ data }) => data.includes(marks.id.text))
    expect(new Set(replies.flatMap((messages) => filledIn(messages).ids)).size).toBe(hasIds ? 3 : 0)
    if (pattern === 'ok') expect([stamps.length > 0, ids.length]).toEqual([true, 1])
  })

  test.each(INERT)('%s makes no difference', async (pattern) =>
    expect(unfilled(await ask(converse, pattern))).toEqual(unfilled(await ask(converse, 'ok'))),
  )

  test.each(['ok', 'garbage:1', 'error:2', 'split:9'])(
    'of a model that is invoked nothing is filled in: %s',
    async (pattern) => {
      const messages = await ask(invocation, pattern)
      expect(messages).toEqual(messagesOf(prepare(invocation, { flags, pattern })))
      expect(messages).toEqual(await ask(invocation, pattern))
      const [first] = messages
      const { bytes } = JSON.parse(first!.data) as { bytes: string }
      expect(Buffer.from(bytes, 'base64').toString()).toContain('"id":"msg_mock"')
      expect(Buffer.from(bytes, 'base64').toString()).not.toMatch(/[\uFDD0-\uFDD3]/)
    },
  )

  // The rest of a frame that was written in part is kept as it was, whatever is written of the same frame meanwhile.
  test.each(['ok', 'merge:7'])(
    'clients that read slowly have ids and numbers of their own: %s',
    async (pattern) => {
      const large = { chunkCount: '2000', chunkDelayMs: '0', chunkBytes: '4096', content: 'text+tools' }
      const slow = serveInProcess({ engine, fault: pattern, ...flags, ...large })
      const clients = await Promise.all([1, 2, 3].map(() => rawClient(slow.port)))
      try {
        for (const { socket, send } of clients) {
          socket.pause()
          void send(chatRequest('', '{}', converse.target))
        }
        // Until nothing more is taken.
        let [sentBytes, times] = [0, 0]
        await until(() => {
          const { bytes } = slow.snapshot(false)
          times = bytes > 0 && bytes === sentBytes ? times + 1 : 0
          sentBytes = bytes
          return times === 5
        })
        for (const { socket } of clients) socket.resume()
        const ids: string[] = []
        for (const client of clients) {
          const { body } = await client.response()
          const found = filledIn(messagesIn(Buffer.from(body, 'latin1')))
          expect(found.stamps).toEqual(Array.from({ length: 2000 }, (_, i) => i))
          ids.push(...found.ids)
        }
        expect(new Set(ids).size).toBe(3)
      } finally {
        for (const { socket } of clients) socket.destroy()
        await slow.stop(0)
      }
    },
  )
})
