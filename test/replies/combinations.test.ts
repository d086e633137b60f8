// What a correct client must see, whatever kinds are joined: all combinations of up to four of them, as far as they go together.
import { describe, expect, test } from 'bun:test'
import { createParser } from 'eventsource-parser'
import fc from 'fast-check'
import { codingKinds, connectionKinds } from '../../src/config/connectionkinds.ts'
import { faultKinds, type PatternKind, rowOf } from '../../src/config/faults.ts'
import { Unacceptable } from '../../src/config/parsers.ts'
import { parsePattern } from '../../src/config/patterns.ts'
import { body, makeDeck, play } from './_replies.ts'

const COUNT = 12
const FLAGS = { chunkCount: String(COUNT), content: 'text+tools' }

/** The kinds by which what is said is written otherwise. Compressed replies and broken connections have tests of their own. */
type Said = Exclude<PatternKind, keyof typeof codingKinds | keyof typeof connectionKinds>

/** One of each kind, with what it does to the contents of a stream; absent: nothing. */
const samples: Readonly<Record<Said, { readonly text: string; readonly change?: Change }>> = {
  status: { text: 'status:500' },
  refuse: { text: 'refuse' },
  hang: { text: 'hang' },
  'headers-then-hang': { text: 'headers-then-hang' },
  garbage: { text: 'garbage:2', change: (all) => all.with(2, SPOILT) },
  'truncate-event': { text: 'truncate-event:4', change: (all) => all.with(4, SPOILT) },
  duplicate: { text: 'duplicate:3', change: (all) => all.toSpliced(3, 0, all[3]!) },
  swap: { text: 'swap:0', change: (all) => all.with(0, all[1]!).with(1, all[0]!) },
  'no-finish': { text: 'no-finish' },
  'no-done': { text: 'no-done' },
  'after-done': { text: 'after-done:2' },
  stall: { text: 'stall:1:20' },
  abort: { text: 'abort:7', change: (all) => all.slice(0, indexOf(all, 7)) },
  end: { text: 'end:7', change: (all) => all.slice(0, indexOf(all, 7)) },
  error: { text: 'error:7:429', change: (all) => all.slice(0, indexOf(all, 7)) },
  done: { text: 'done' },
  multiline: { text: 'multiline' },
  ping: { text: 'ping:20' },
  ids: { text: 'ids' },
  'no-space': { text: 'no-space' },
  'empty-events': { text: 'empty-events' },
  retry: { text: 'retry:9' },
  keepalive: { text: 'keepalive:20' },
  crlf: { text: 'crlf' },
  cr: { text: 'cr' },
  'no-last-blank': { text: 'no-last-blank' },
  bom: { text: 'bom' },
  merge: { text: 'merge:3' },
  split: { text: 'split:5' },
  slow: { text: 'slow:50000' },
  words: { text: 'words' },
  unicode: { text: 'unicode' },
  code: { text: 'code' },
  short: { text: 'short' },
  long: { text: 'long' },
  'finish:length': { text: 'finish:length' },
  'content-filter': { text: 'content-filter' },
  finish: { text: 'finish:eos' },
  'finish-with-content': { text: 'finish-with-content' },
  'delta:null': { text: 'delta:null' },
  usage: { text: 'usage:every' },
  'call-index': { text: 'call-index:missing' },
  'split-name': { text: 'split-name' },
  'no-arguments': { text: 'no-arguments' },
}

/** Chunk i, or one that nobody can read. */
type Content = number | typeof SPOILT
type Change = (contents: readonly Content[]) => Content[]
const SPOILT = 'spoilt'

/** Where chunk `chunk` begins, or what comes in its place. */
function indexOf(all: readonly Content[], chunk: number): number {
  const duplicated = all[3] === all[4] ? 1 : 0
  return chunk + duplicated
}

const kinds = (Object.keys(faultKinds) as PatternKind[]).filter((kind): kind is Said =>
  Object.hasOwn(samples, kind),
)

/** The data of the events that a correct client reads up to the end, its bytes arriving as written; comments are passed over. */
function read(frames: readonly Uint8Array[]): string[] {
  const all: string[] = []
  const parser = createParser({ onEvent: ({ data }) => void all.push(data) })
  const stream = new TextDecoder()
  for (const frame of frames) parser.feed(stream.decode(frame, { stream: true }))
  return all
}

/** How the name of the tool begins where it comes in two pieces. */
const HALF = 'get_we'

/** What a chunk says: text and arguments; null: nothing, as chunks that end a reply or only name a tool. */
function saidIn(data: string): string | null {
  const { choices } = JSON.parse(data) as { choices?: { delta: null | Delta }[] }
  const delta = choices?.[0]?.delta
  if (delta?.content != null) return delta.content
  const call = delta?.tool_calls?.[0]?.function
  return call === undefined || call.name === HALF ? null : call.arguments
}
interface Delta {
  content?: string | null
  tool_calls?: { function: { name?: string; arguments: string } }[]
}

/** What there is to say under the kinds that ask for other words. */
function contentsOf(parts: readonly Said[]): string[] {
  const asks = parts.filter((kind) => rowOf(kind).ask !== undefined && kind !== 'split-name')
  const usual = play(asks.length === 0 ? 'ok' : asks.map((kind) => samples[kind].text).join('+'), FLAGS)
  return read(usual.frames)
    .filter((data) => data !== '[DONE]')
    .map(saidIn)
    .filter((said) => said !== null)
}

function isTaken(texts: readonly string[]): boolean {
  try {
    parsePattern(texts.join('+'))
    return true
  } catch (thrown) {
    if (!(thrown instanceof Unacceptable)) throw thrown
    return false
  }
}

/** What the rows say of joining them. */
function goTogether(parts: readonly Said[]): boolean {
  const excludes = (one: Said, other: Said): boolean => {
    const { alone, excludes: groups } = rowOf(one)
    const { group } = rowOf(other)
    return (alone === true && parts.length > 1) || (group !== undefined && groups?.includes(group) === true)
  }
  return parts.every((one, i) => {
    const { needs } = rowOf(one)
    return (
      (needs === undefined || (parts as string[]).includes(needs)) &&
      parts.every((other, j) => i === j || !excludes(one, other))
    )
  })
}

/** All sets of one to `most` of them, in the order of the table. */
function* subsets(most: number, from = 0, chosen: readonly Said[] = []): Generator<readonly Said[]> {
  if (chosen.length > 0) yield chosen
  if (chosen.length === most) return
  for (let i = from; i < kinds.length; i++) yield* subsets(most, i + 1, [...chosen, kinds[i]!])
}

test('what goes together is what the rows say, for all combinations of up to four kinds', () => {
  let [taken, refused] = [0, 0]
  for (const parts of subsets(4)) {
    const isGood = goTogether(parts)
    if (isTaken(parts.map((kind) => samples[kind].text)) !== isGood)
      expect.unreachable(`${parts.join('+')} should be ${isGood ? 'taken' : 'refused'}`)
    if (isGood) taken++
    else refused++
  }
  expect(taken).toBeGreaterThan(3000)
  expect(refused).toBeGreaterThan(2000)
})

describe('what a correct client sees', () => {
  /** Kinds after which there is nothing to read. */
  const silent = kinds.filter((kind) => rowOf(kind).alone)

  function expectSeen(parts: readonly Said[]): void {
    const pattern = parts.map((kind) => samples[kind].text).join('+')
    const contents = contentsOf(parts)
    let order: readonly Content[] = contents.map((_, i) => i)
    for (const kind of kinds.filter((one) => parts.includes(one)))
      order = samples[kind].change?.(order) ?? order
    const reply = play(pattern, FLAGS)
    const seen: (string | typeof SPOILT)[] = []
    const events = read(reply.frames)
    for (const data of events.slice(0, endOf(events))) {
      try {
        const said = saidIn(data)
        if (said !== null) seen.push(said)
      } catch {
        seen.push(SPOILT)
      }
    }
    const expected = order.map((one) => (one === SPOILT ? SPOILT : contents[one]!))
    expect([pattern, seen]).toEqual([pattern, withoutLast(expected, parts, events)])
    expect([pattern, increasing(reply.dueMs)]).toEqual([pattern, true])
  }

  test('in all combinations of two kinds', () => {
    for (const parts of subsets(2))
      if (goTogether(parts) && !parts.some((kind) => silent.includes(kind))) expectSeen(parts)
  })

  test('in combinations of three and four kinds, by chance', () => {
    const many = fc
      .subarray(
        kinds.filter((kind) => !silent.includes(kind)),
        { minLength: 3, maxLength: 4 },
      )
      .filter((parts) => goTogether(parts))
    fc.assert(fc.property(many, expectSeen), { numRuns: 2000, seed: 11 })
  })
})

/** A client reads no further than the end, or an error. */
function endOf(events: readonly string[]): number {
  const end = events.findIndex(
    (data) => data === '[DONE]' || data.startsWith('{"error"') || /^\{\s*"error"/.test(data),
  )
  return end < 0 ? events.length : end
}

/** An event without its empty line is none: where it is content, it is lost. */
function withoutLast(expected: string[], parts: readonly Said[], events: readonly string[]): string[] {
  if (!parts.includes('no-last-blank')) return expected
  const isContentLast = parts.includes('end') || parts.includes('abort')
  const hasNoEnd = parts.includes('no-finish') && parts.includes('no-done')
  const isJoinedLast = parts.includes('no-done') && parts.includes('finish-with-content')
  return (isContentLast || hasNoEnd || isJoinedLast) && events.length > 0 ? expected.slice(0, -1) : expected
}

function increasing(dueMs: Float64Array): boolean {
  return dueMs.every((ms, i) => i === 0 || ms >= dueMs[i - 1]!)
}

describe('a reset with what becomes of its connection', () => {
  const { abort } = samples
  const shapes = Object.keys(connectionKinds).map((kind) => {
    const args: Readonly<Record<string, string>> = {
      'bad-chunk': ':0',
      'slow-head': ':5000/s',
      'reset-after': ':9',
    }
    return `${kind}${args[kind] ?? ''}`
  })
  const rows = [
    ...shapes,
    ...shapes.flatMap((one) => Object.keys(codingKinds).map((coding) => `${one}+${coding}`)),
  ]

  test.each(rows)('%s', (shape) => {
    for (const cut of shape.startsWith('bad-chunk') ? [abort.text] : [abort.text, 'abort:0']) {
      if (!isTaken([shape, cut])) {
        expect(shape).toMatch(/^(wrong-length|no-terminator|early-fin|cut-head|reset-after)/)
        continue
      }
      const { marks, ending } = play(`${shape}+${cut}`, { ...FLAGS, engine: 'socket' })
      expect(ending).toBe('reset')
      expect(marks.at(-1)!.isEnd).toBe(true)
      expect(marks.some(({ wire }) => wire?.kind === 'end')).toBe(false)
      expect(marks[0]!.wire?.kind).toBe('head')
    }
  })
})

test('what is made of a stream is never made of one body', () => {
  for (const kind of kinds.filter((one) => rowOf(one).streamed && rowOf(one).ask === undefined)) {
    const { text } = samples[kind]
    const pattern = rowOf(kind).needs === undefined ? text : `${text}+error:1`
    const whole = { flags: { reply: 'json' as const }, ask: { stream: false } }
    const deck = makeDeck({ ...whole, pattern })
    expect([pattern, deck.isApplied, body(deck.at(0))]).toEqual([pattern, false, body(makeDeck(whole).at(0))])
  }
})
