// What faults of framing and of writes make of each single event.
import { expect, test } from 'bun:test'
import type { GivenFlags } from '../../src/config/config.ts'
import { body, GEMINI, makeDeck, play, texts } from './_replies.ts'

test.each(['split:1', 'split:7', 'split:40', 'slow:2000', 'slow:1'])(
  '%s: an event is complete with the last of its pieces',
  (pattern) => {
    const usual = texts(play('ok'))
    const reply = play(pattern)
    const whole: string[] = []
    let piece = ''
    for (const [i, text] of texts(reply).entries()) {
      piece += text
      if (reply.marks[i]!.events === 0) continue
      whole.push(piece)
      piece = ''
    }
    expect([whole, piece]).toEqual([usual, ''])
  },
)

test.each([
  ['crlf', '\r\n'],
  ['cr', '\r'],
])('%s leaves no other end of a line, whatever they were', (pattern, lineEnd) => {
  for (const path of ['/v1/chat/completions', '/v1/messages', '/v1/responses', GEMINI])
    expect([path, body(play(pattern, {}, path))]).toEqual([
      path,
      body(play('ok', {}, path))
        .replaceAll('\r\n', '\n')
        .replaceAll('\n', lineEnd),
    ])
})

test.each<GivenFlags>([{}, { chunkCountJitter: 'uniform:0.3' }, { chunkCountJitter: 'lognormal:0.5' }])(
  'with %j the bytes of an event are kept once, however many replies say it',
  (flags) => {
    const deck = makeDeck({ flags: { chunkCount: '40', ttftJitter: 'normal:0.1', ...flags } })
    deck.at(0)
    const before = deck.keptBytes
    const lengths = new Set<number>()
    for (let index = 0; index < 20; index++) {
      lengths.add(deck.at(index).frames.length)
    }
    // What ends a reply is made for each length.
    const pointers = [...lengths].reduce((sum, length) => sum + 28 * length + 1000, 0)
    expect(deck.keptBytes - before).toBeLessThanOrEqual(pointers + 19 * 256)
  },
)
