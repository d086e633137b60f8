// What HTTP/1.1 puts around a reply, as beats, and what each fault of the connection makes of them.
import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { parsePattern } from '../../src/config/patterns.ts'
import { countChunks, type Reply } from '../../src/replies/reply.ts'
import { body, due, makeDeck, play as playOn, texts } from './_replies.ts'
import type { GivenFlags } from '../../src/config/config.ts'

const usual = body(playOn('ok'))
const BYTES = Buffer.byteLength(usual)
const WHOLE = { reply: 'json' }

const play = (pattern: string, flags: GivenFlags = {}, path?: string): Reply =>
  playOn(pattern, { engine: 'socket', ...flags }, path)

/** Each beat in short: a share of the head, bytes of a chunk (`!`: its size is wrong), or the end. */
function beats({ marks, frames }: Reply): string[] {
  return marks.map(({ wire, isEnd }, i) => {
    if (wire?.kind === 'head') return `head ${wire.from}-${wire.to}`
    if (wire?.kind === 'end') return 'end'
    if (isEnd) return 'reset'
    return `${frames[i]!.byteLength}${wire === undefined ? '' : '!'}`
  })
}

const bytes = ({ frames }: Reply): Buffer => Buffer.concat([...frames])
const chunks = texts(playOn('ok')).map((text) => `${Buffer.byteLength(text)}`)

describe('each kind', () => {
  test('a usual reply has none of this', () => expect(play('crlf').wire).toBeNull())

  test('bad-chunk: the size of one chunk', () => {
    const reply = play('bad-chunk:2')
    expect(beats(reply)).toEqual(['head 0-1', ...chunks.with(2, `${chunks[2]}!`), 'end'])
    expect([reply.wire, reply.faultMs]).toEqual([{ length: null, closes: false }, 150])
    expect(due(reply)).toEqual([50, 50, 100, 150, 200, 250, 250, 250])
  })

  test('bad-chunk: of a chunk that is sent with others, and of two', () => {
    expect(beats(play('bad-chunk:0+merge:4'))).toEqual([
      'head 0-1',
      expect.stringMatching(/^\d+!$/),
      expect.stringMatching(/^\d+$/),
      'end',
    ])
    expect(beats(play('bad-chunk:0+bad-chunk:3')).filter((one) => one.endsWith('!'))).toHaveLength(2)
  })

  test('wrong-length: more is promised than comes, and the connection ends', () => {
    const reply = play('wrong-length')
    expect(beats(reply)).toEqual(['head 0-1', ...chunks, 'end'])
    expect([reply.wire, reply.faultMs]).toEqual([{ length: BYTES + 100, closes: true }, 250])
    expect(play('wrong-length', WHOLE).wire!.length).toBe(Buffer.byteLength(body(playOn('ok', WHOLE))) + 100)
    expect(play('wrong-length+end:2').wire!.length).toBe(Buffer.byteLength(body(playOn('end:2'))) + 100)
  })

  test('no-terminator: the end is missing, and the connection ends', () => {
    const reply = play('no-terminator')
    expect(beats(reply)).toEqual(['head 0-1', ...chunks])
    expect(reply.wire).toEqual({ length: null, closes: true })
  })

  test('early-fin: all is there, and the connection ends', () => {
    expect(beats(play('early-fin'))).toEqual(['head 0-1', ...chunks, 'end'])
    expect(play('early-fin').wire).toEqual({ length: null, closes: true })
    expect(play('early-fin', WHOLE)).toMatchObject({ whole: true, wire: { closes: true } })
  })

  test('slow-head: the head at its rate, twenty times a second, and all else later by as much', () => {
    const reply = play('slow-head:1000')
    const heads = beats(reply).filter((one) => one.startsWith('head'))
    const headMs = due(reply)[heads.length - 1]! - 50
    expect(heads.length).toBe(Math.ceil(headMs / 50))
    expect(headMs).toBeGreaterThan(140)
    expect(headMs).toBeLessThan(250)
    expect(due(reply).slice(heads.length)).toEqual(
      [50, 100, 150, 200, 250, 250, 250].map((ms) => ms + headMs),
    )
    expect(reply.marks[0]!.wire).toEqual({ kind: 'head', from: 0, to: 1 / heads.length })
    expect(reply.faultMs).toBe(50)
    expect(beats(play('slow-head:1')).filter((one) => one.startsWith('head')).length).toBe(headMs) // byte by byte
  })

  test('cut-head: half of the head, and the connection ends', () => {
    for (const flags of [{}, WHOLE]) {
      const reply = play('cut-head', flags)
      expect(beats(reply)).toEqual(['head 0-0.5'])
      expect([reply.wire!.closes, reply.faultMs]).toEqual([true, due(playOn('ok', flags))[0]!])
    }
  })

  test('reset-after: what is due before it', () => {
    const reply = play('reset-after:120')
    expect(beats(reply)).toEqual(['head 0-1', ...chunks.slice(0, 2), 'reset'])
    expect(due(reply)).toEqual([50, 50, 100, 120])
    expect([reply.ending, reply.status, reply.faultMs]).toEqual(['reset', 200, 120])
    expect(countChunks(reply, reply.frames.length)).toBe(2)
  })

  test('reset-after: before the first byte the client gets no status', () => {
    const reply = play('reset-after:50')
    expect([beats(reply), due(reply), reply.status]).toEqual([['reset'], [50], 0])
    expect(play('reset-after:10', WHOLE)).toMatchObject({ whole: false, status: 0, ending: 'reset' })
    expect(beats(play('slow-head:1000+reset-after:120')).at(-2)).toStartWith('head')
  })

  test.each([
    ['reset-after:251', {}],
    ['reset-after:1000', WHOLE],
    ['bad-chunk:1', { reply: 'auto' }],
    ['no-terminator', { reply: 'auto' }],
  ] as [string, GivenFlags][])('%s makes no difference: %j', (pattern, flags) => {
    const deck = makeDeck({
      pattern,
      flags: { engine: 'socket', ...flags },
      ...(flags.reply === 'auto' && { ask: { stream: false } }),
    })
    expect(deck.isApplied).toBe(false)
  })
})

test.each([
  ['no-terminator+early-fin', 'one of no-terminator and early-fin'],
  ['wrong-length+bad-chunk:1', 'one of wrong-length and bad-chunk:N'],
  ['wrong-length+no-terminator', 'one of wrong-length and no-terminator'],
  ['abort:2+no-terminator', 'one of abort:N and no-terminator'],
  ['early-fin+abort:2', 'one of early-fin and abort:N'],
  ['reset-after:5+end:2', 'one of reset-after:MS and end:N'],
  ['reset-after:5+early-fin', 'one of reset-after:MS and early-fin'],
  ['cut-head+slow-head:5', 'one of cut-head and slow-head:BYTES/S'],
  ['slow-head:5+slow-head:6', 'slow-head:BYTES/S once'],
  ['gzip+br!', 'one of gzip and br!'],
])('%s is refused', (pattern, message) => expect(() => parsePattern(pattern)).toThrow(message))

describe('every combination', () => {
  const optional = (...choices: string[]): fc.Arbitrary<string[]> =>
    fc.constantFrom([], ...choices.map((choice) => [choice]))
  const combinations = fc
    .tuple(
      optional('keepalive:20', 'multiline', 'crlf'),
      optional('end:2', 'error:3', 'stall:1:70'),
      optional('gzip!', 'br!'),
      optional('split:9', 'slow:5000'),
      optional('slow-head:2000'),
      optional('bad-chunk:0', 'bad-chunk:1+bad-chunk:0'),
      fc.constantFrom('early-fin', 'no-terminator', 'reset-after:120', 'reset-after:240', 'bad-chunk:1'),
    )
    .map((parts) => parts.flat())
    .filter((parts) => new Set(parts.join('+').split('+')).size === parts.join('+').split('+').length)
    .filter(
      (parts) =>
        !(parts.includes('end:2') || parts.includes('error:3')) || !parts.at(-1)!.startsWith('reset'),
    )

  test('sends the same bytes, or the first of them, behind one head and before one end', () => {
    fc.assert(
      fc.property(combinations, (parts) => {
        const isWire = (part: string): boolean => /^(slow-head|bad-chunk|early|no-term|reset)/.test(part)
        const plain = playOn(parts.filter((part) => !isWire(part)).join('+') || 'ok')
        const reply = play(parts.join('+'))
        const isReset = reply.ending === 'reset'
        const [sent, whole] = [bytes(reply), bytes(plain)]
        expect(whole.subarray(0, isReset ? sent.length : whole.length).equals(sent)).toBe(true)
        expect(reply.dueMs).toEqual(reply.dueMs.toSorted())
        const kinds = reply.marks.map(({ wire }) => wire?.kind)
        const heads = kinds.filter((kind) => kind === 'head').length
        expect(kinds.slice(0, heads)).toEqual(new Array(heads).fill('head'))
        expect(kinds.filter((kind) => kind === 'end').length).toBe(
          Number(!isReset && !parts.includes('no-terminator')),
        )
        const shares = reply.marks.flatMap(({ wire }) => (wire?.kind === 'head' ? [wire] : []))
        expect(shares.slice(1).map(({ from }) => from)).toEqual(shares.slice(0, -1).map(({ to }) => to))
        if (!isReset) expect([shares[0]?.from, shares.at(-1)?.to]).toEqual([0, 1])
        const bad = reply.marks.filter(({ wire }) => wire?.kind === 'chunk').length
        if (!isReset) expect(bad > 0).toBe(parts.some((part) => part.startsWith('bad-chunk')))
      }),
      { numRuns: 150, seed: 16 },
    )
  })
})
