// Compressed replies: which frames are shared, and what is said of them.
import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { brotliDecompressSync, gunzipSync } from 'node:zlib'
import type { Ask } from '../../src/apis/ask.ts'
import type { Reply } from '../../src/replies/reply.ts'
import { body, due, makeDeck, play, text } from './_replies.ts'

const accepts = (...codings: Ask['codings']): Partial<Ask> => ({ codings })

/** What it says, however it is compressed. */
function read({ frames, headers }: Reply): string {
  const sent = Buffer.concat([...frames])
  const coding = headers['Content-Encoding']
  return text(coding === 'gzip' ? gunzipSync(sent) : coding === 'br' ? brotliDecompressSync(sent) : sent)
}

describe('each event is compressed by itself', () => {
  test('and leaves when it was due', () => {
    const [plain, packed] = [play('ok'), play('gzip!')]
    expect(packed.frames).toHaveLength(plain.frames.length)
    expect(due(packed)).toEqual(due(plain))
    expect(packed.marks).toEqual(plain.marks)
    expect(packed.places).toBeNull()
    expect([packed.faultMs, packed.ending]).toEqual([Number.POSITIVE_INFINITY, 'close'])
  })

  test('equal ones once', () => {
    const { frames } = play('br!', { chunkCount: '600' })
    expect(new Set(frames).size).toBeLessThan(300)
  })

  test('and replies that say the same share their frames, whatever the times', () => {
    const deck = makeDeck({ pattern: 'gzip!', flags: { chunkDelayJitter: 'normal:0.2' } })
    expect(deck.at(1).frames).toBe(deck.at(0).frames)
    expect(deck.at(1).headers).toBe(deck.at(0).headers)
    expect(deck.at(1).dueMs).not.toEqual(deck.at(0).dueMs)
  })

  test('replies of other lengths end with a checksum of their own', () => {
    const deck = makeDeck({ pattern: 'gzip!', flags: { chunkCount: '8', chunkCountJitter: 'normal:0.3' } })
    const lengths = Array.from({ length: 40 }, (_, i) => read(deck.at(i)).split('\n\n').length)
    expect(new Set(lengths).size).toBeGreaterThan(3)
  })
})

test('who accepts it gets it, the others are told that there is another', () => {
  const usual = body(play('ok'))
  for (const [pattern, ask, coding, vary] of [
    ['gzip', accepts('gzip'), 'gzip', 'Accept-Encoding'],
    ['gzip', accepts('gzip', 'br'), 'gzip', 'Accept-Encoding'],
    ['gzip', accepts('br'), undefined, 'Accept-Encoding'],
    ['br', accepts(), undefined, 'Accept-Encoding'],
    ['br!', accepts(), 'br', undefined],
  ] as const) {
    const reply = play(pattern, {}, undefined, ask)
    expect([reply.headers['Content-Encoding'], reply.headers['Vary']]).toEqual([coding, vary])
    expect(read(reply)).toBe(usual)
  }
})

test('one body is one piece, and its length is told', () => {
  const reply = play('gzip!', { reply: 'json' })
  expect([reply.whole, reply.frames.length]).toEqual([true, 1])
  expect(read(reply)).toBe(body(play('ok', { reply: 'json' })))
})

test('reset, the end is missing; ended early, it is there', () => {
  expect(() => read(play('gzip!+abort:2'))).toThrow()
  expect(read(play('gzip!+end:2'))).toBe(body(play('end:2')))
  expect(read(play('br!+end:0'))).toBe(':\n\n')
})

test('in every combination the text is the same, exactly', () => {
  const optional = (...choices: string[]): fc.Arbitrary<string[]> =>
    fc.constantFrom([], ...choices.map((choice) => [choice]))
  fc.assert(
    fc.property(
      fc.constantFrom('words', 'unicode', 'short', 'long', 'code'),
      optional('multiline'),
      optional('crlf', 'cr'),
      fc.oneof(optional('merge:2', 'merge:7'), optional('keepalive:20')),
      optional('stall:3:100', 'end:5', 'error:2', 'garbage:1', 'no-done'),
      fc.constantFrom('gzip!', 'br!'),
      optional('split:1', 'split:64', 'slow:30000'),
      (words, ...others) => {
        const plain = [words, ...others.slice(0, -2).flat()].join('+')
        const packed = [words, ...others.flat()].join('+')
        const flags = { chunkCount: '12' }
        if (packed.includes('merge') && /split|slow/.test(packed)) return // contradict each other
        expect(read(play(packed, flags))).toBe(body(play(plain, flags)))
      },
    ),
    { numRuns: 150, seed: 6 },
  )
})
