import { expect, test } from 'bun:test'
import { ask, cardOf, lay } from '../server/_desk.ts'
import { play, text, texts } from './_replies.ts'
import { marks } from '../../src/apis/marks.ts'
import { countChunks, type Reply, wholeReply } from '../../src/replies/reply.ts'

test('wholeReply keeps its own headers', () => {
  const answer = { kind: 'whole', status: 405, body: '{"ü":1}', headers: { Allow: 'GET' } } as const
  const reply = wholeReply(answer, { 'x-request-id': 'x' })
  expect(texts(reply)).toEqual(['{"ü":1}'])
  expect([...reply.dueMs]).toEqual([0])
  expect(reply).toMatchObject({ status: 405, whole: true, played: false, separate: false, places: null })
  expect(reply.headers).toEqual({ 'Content-Type': 'application/json', 'x-request-id': 'x', Allow: 'GET' })
  expect([[...reply.events], [...reply.bytes]]).toEqual([
    [0, 1],
    [0, 8],
  ])
})

test.each([
  ['POST', '/v1beta/models/m:generateContent', 200, 'application/json; charset=UTF-8'],
  ['POST', '/v1beta/models/m:countTokens', 200, 'application/json; charset=UTF-8'],
  ['POST', '/v1beta/models/m:streamGenerateContent', 200, 'application/json; charset=UTF-8'],
  ['POST', '/v1beta/models/m:streamGenerateContent?alt=sse', 200, 'text/event-stream'],
  ['POST', '/v1beta/models/m:nothing', 404, 'application/json; charset=UTF-8'],
  ['GET', '/v1beta/models', 200, 'application/json; charset=UTF-8'],
  ['POST', '/v1/chat/completions', 200, 'text/event-stream'],
  ['POST', '/v1/embeddings', 200, 'application/json'],
  ['POST', '/api/chat', 200, 'application/x-ndjson'],
])('%s %s: %d, of the type %s', (method, target, status, type) => {
  const google = { 'x-goog-api-key': 'k' }
  const { reply } = cardOf(ask(lay({ providerHeaders: 'true' }), target, google, method))
  expect([reply.status, reply.headers['Content-Type']]).toEqual([status, type])
})

test.each(['ok', 'merge:4', 'split:9', 'keepalive:20', 'abort:2', 'refuse', 'hang', 'status:500'])(
  'sums of %s: events and bytes before each frame, and in all',
  (pattern) => {
    const { frames, marks, events, bytes } = play(pattern)
    expect([events.length, bytes.length]).toEqual([frames.length + 1, frames.length + 1])
    let sums = [0, 0]
    for (const [i, frame] of frames.entries()) {
      expect([events[i]!, bytes[i]!]).toEqual(sums)
      sums = [sums[0]! + marks[i]!.events, sums[1]! + frame.byteLength]
    }
    expect([events.at(-1)!, bytes.at(-1)!]).toEqual(sums)
  },
)

test('countChunks: the content chunks in the first frames, whatever else there is', () => {
  const counts = (pattern: string, path?: string): number[] => {
    const reply = play(pattern, {}, path)
    return [...reply.frames, null].map((_, i) => countChunks(reply, i))
  }
  expect(counts('ok')).toEqual([0, 1, 2, 3, 4, 4, 4])
  expect(counts('ok', '/v1/messages')).toEqual([0, 0, 0, 0, 1, 2, 3, 4, 4, 4, 4])
  expect(counts('merge:3')).toEqual([0, 3, 4])
  expect(counts('abort:1')).toEqual([0, 1, 1])
})

test('what a whole reply quotes is not filled in', () => {
  const body = `{"path":"/${marks.id.mark}"}`
  expect(texts(wholeReply({ kind: 'whole', status: 404, body }, {}))).toEqual([body])
  expect(wholeReply({ kind: 'whole', status: 404, body }, {}).places).toBeNull()
})

test('places stand by frame: null for a frame without any, and null in all when no frame has one', () => {
  expect(play('ok').places).toBeNull()
  const { frames, places } = play('ok', { stamp: 'true', uniqueIds: 'true' })
  const kinds = (reply: Reply): (string[] | undefined)[] =>
    reply.places!.map((found) => found?.map(({ kind }) => kind))
  expect(kinds(play('ok', { stamp: 'true', uniqueIds: 'true' }))).toEqual([
    ...Array<string[]>(4).fill(['id', 'stamp']),
    ['id'],
    undefined, // [DONE]
  ])
  const { at } = places![1]![1]!
  expect(text(frames[1]!.subarray(at, at + marks.stamp.text.length))).toBe(marks.stamp.text)
  expect(places![2]).toBe(places![1]!)
  expect(kinds(play('merge:9', { stamp: 'true' }))).toEqual([Array<string>(4).fill('stamp')])
})
