// Work that pauses: it makes the same as work that does not, whatever is made in its pauses.
import { describe, expect, test } from 'bun:test'
import { GEMINI, makeDeck, type Played, together } from './_replies.ts'
import { parseContent } from '../../src/config/contents.ts'
import type { Draft } from '../../src/replies/draft.ts'
import { keepAlive } from '../../src/replies/lines.ts'
import { type Reply, wholeDraft } from '../../src/replies/reply.ts'
import { filtered, finish, mapped, pausesAt, type Work } from '../../src/replies/work.ts'

/** How often it pauses, and what comes of it. */
function pausesOf<Value>(work: Work<Value>): { pauses: number; value: Value } {
  for (let pauses = 0; ; pauses++) {
    const step = work.next()
    if (step.done === true) return { pauses, value: step.value }
  }
}

const numbers = (count: number): number[] => Array.from({ length: count }, (_, i) => i)

test.each([
  [0, 0],
  [255, 0],
  [256, 1],
  [1000, 3],
])('of %d things there are %d pauses, and as much comes of them', (count, pauses) => {
  expect(numbers(count).filter(pausesAt)).toHaveLength(pauses)
  expect(pausesOf(mapped(numbers(count), (n, i) => n + i))).toEqual({
    pauses,
    value: numbers(count).map((n) => 2 * n),
  })
  const isEven = (n: number): boolean => n % 2 === 0
  expect(pausesOf(filtered(numbers(count), isEven))).toEqual({ pauses, value: numbers(count).filter(isEven) })
})

test('what goes wrong in the middle comes out', () => {
  const fail = (n: number): number => {
    if (n === 300) throw new Error('three hundred')
    return n
  }
  expect(() => finish(mapped(numbers(1000), fail))).toThrow('three hundred')
})

test('a long silence is filled with pauses', () => {
  const body = wholeDraft({ kind: 'whole', status: 200, body: '{}' }, {})
  const draft: Draft = { ...body, framing: 'sse', beats: [{ ...body.beats[0]!, dueMs: 10_000 }] }
  const { pauses, value } = pausesOf(keepAlive(10)(draft))
  expect([pauses, value.beats.length]).toEqual([3, 1000])
})

const long = { chunkCount: '700' }
const varied = { ...long, chunkCountJitter: 'uniform:0.3', chunkDelayJitter: 'lognormal:0.3' }

describe.each<[string, Played]>([
  ['a chat', {}],
  ['with ids and stamps', { flags: { reply: 'auto', stamp: 'true' } }],
  ['replies of several lengths', { flags: varied }],
  ['several choices', { ask: { choices: 3, includeUsage: true } }],
  ['reasoning, text and calls', { ask: { content: parseContent('reasoning+tools:2') } }],
  ['a reply that is cut', { ask: { limit: 400, content: parseContent('reasoning') } }],
  ['every event another', { path: '/v1/responses' }],
  ['blocks', { path: '/v1/messages', ask: { content: parseContent('reasoning') } }],
  ['an array', { path: GEMINI, ask: { alt: 'json' } }],
  ['lines', { path: '/api/chat' }],
  ['a format that opens early', { path: '/v1/messages', flags: { preambleMs: '5' } }],
  ['AWS’s event stream', { path: '/model/{model}/converse-stream', ask: { content: parseContent('tools') } }],
  ['events in base64', { path: '/model/{model}/invoke-with-response-stream' }],
  ['Cohere’s events', { path: '/v2/chat', ask: { content: parseContent('reasoning+tools:2') } }],
  ['Mistral’s chunks', { path: '/v1/chat/completions', provider: 'mistral', ask: { choices: 2 } }],
  ['vectors', { path: '/v1/embeddings', ask: { inputs: ['a', 'b', 'c'], encoding: 'float' } }],
])('%s', (_, played) => {
  test.each([
    'ok',
    'crlf',
    'multiline',
    'merge:3',
    'split:100',
    'slow:50000',
    'keepalive:20',
    'abort:300',
    'end:300',
    'error:300',
    'no-finish',
    'no-done',
    'stall:300:1000',
    'garbage:300',
    'status:429',
    'crlf+merge:2+stall:9:50',
    'duplicate:300',
    'swap:300',
    'after-done:3',
    'error:300:429+done',
    'ping:20',
    'ids',
    'no-space',
    'empty-events+retry:1000',
    'no-last-blank',
    'bom',
    'usage:every+finish-with-content',
    'split-name+call-index:reversed',
    'no-arguments',
    'gzip!',
    'br!',
    'bad-chunk:300',
    'wrong-length',
    'no-terminator',
    'early-fin',
    'slow-head:50',
    'cut-head',
    'reset-after:3000',
    'gzip!+ids+reset-after:3000',
  ])('%s', (pattern) => {
    const given: Played = { ...played, pattern, flags: { ...long, ...played.flags } }
    const made = makeDeck(given)
    const usual = [0, 1].map((index) => made.at(index % made.size))
    const { deck, size } = makeDeck(given)
    // Twice the same, and another one of the same deck.
    const replies = [0, 0, 1].map((index): Work<Reply> => deck.at(index % size))
    const [first, again, other] = together(replies)
    expect([first, other]).toEqual(usual)
    expect(again).toBe(first!)
    expect(pausesOf(makeDeck(given).deck.at(0)).pauses).toBeGreaterThan(1)
  })
})
