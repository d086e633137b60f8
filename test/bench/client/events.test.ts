// Finding events in bodies: whatever the segments, the same as reading all of the body at once.
import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { type Delimiter, EventReader } from '../../../src/bench/client/events.ts'

interface Found {
  readonly events: readonly string[]
  readonly comments: number
  readonly isCut: boolean
}

/** Feeds a body cut at the given places, each piece in the middle of something else. */
function read(body: string, delimiter: Delimiter, cuts: readonly number[] = []): Found & { last: string } {
  const events: string[] = []
  const reader = new EventReader(delimiter, (bytes, from, to) =>
    events.push(bytes.toString('utf8', from, to)),
  )
  const bytes = Buffer.from(body)
  const places = [0, ...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length].toSorted((a, b) => a - b)
  for (let i = 1; i < places.length; i++) {
    const [around, from] = [Buffer.from(`\n\ndata: x${delimiter}`), places[i - 1]!]
    const segment = Buffer.concat([around, bytes.subarray(from, places[i]), around])
    reader.feed(segment, around.length, segment.length - around.length)
  }
  expect(reader.events).toBe(events.length)
  const last = Buffer.from(reader.last, 'latin1').toString()
  return { events, comments: reader.comments, isCut: reader.isCut, last }
}

/** LF and CR LF may be mixed. */
function separatorOf(delimiter: Delimiter): string | RegExp {
  return delimiter === '\n' || delimiter === '\r\r' ? delimiter : /\r?\n\r?\n/
}

/** The same, slowly. */
function readAtOnce(body: string, delimiter: Delimiter): Found {
  const blocks = body.split(separatorOf(delimiter))
  const rest = blocks.pop()!
  const isCut = /[^\r\n]/.test(rest)
  if (delimiter === '\n') return { events: blocks.filter((line) => line !== ''), comments: 0, isCut }
  const linesOf = (block: string, i: number): string[] =>
    block.replace(i === 0 ? /^\uFEFF/ : /$^/, '').split(/\r\n|\r|\n/)
  return {
    events: blocks.filter((block, i) => linesOf(block, i).some((line) => /^data(?::|$)/.test(line))),
    comments: blocks.flatMap(linesOf).filter((line) => line.startsWith(':')).length,
    isCut,
  }
}

const fields = [
  'data: {"a":1}',
  'data: é👋',
  'data:x',
  'data',
  'id: 1',
  'retry: 5',
  'event: x',
  'event:data: y',
]
const comments = [':', ': data: no', ':keep-alive']

/** Blocks as servers send them: comments come first, if any. */
const block = fc
  .tuple(
    fc.array(fc.constantFrom(...comments), { maxLength: 2 }),
    fc.array(fc.constantFrom(...fields), { maxLength: 4 }),
  )
  .map(([said, rest]) => [...said, ...rest])
const cuts = fc.array(fc.nat(2000), { maxLength: 30 })

describe('whatever the segments', () => {
  test.each(['\n', '\r\n', '\r'])('events with line ends %j', (eol) => {
    const delimiter = `${eol}${eol}` as Delimiter
    fc.assert(
      fc.property(
        fc.array(block, { maxLength: 8 }),
        cuts,
        fc.boolean(),
        fc.constantFrom('', 'data: cut', ': cut', eol, `data: x${eol}`),
        (blocks, places, hasMark, rest) => {
          // Nothing but line ends is a block without lines, and begins the next one where there is one more of them.
          const body =
            (hasMark ? '\uFEFF' : '') + blocks.map((lines) => lines.join(eol) + delimiter).join('') + rest
          const { last, ...found } = read(body, delimiter, places)
          expect(found).toEqual(readAtOnce(body, delimiter))
          expect(last).toBe(found.events.at(-1) ?? '')
        },
      ),
      { numRuns: 1000 },
    )
  })

  test('lines of NDJSON', () => {
    const line = fc.constantFrom('{"a":1}', '{"b":"é👋"}', '', 'data: x', ': x')
    fc.assert(
      fc.property(
        fc.array(line, { maxLength: 10 }),
        cuts,
        fc.constantFrom('', '{"c'),
        (lines, places, rest) => {
          const body = lines.map((each) => `${each}\n`).join('') + rest
          const { last, ...found } = read(body, '\n', places)
          expect(found).toEqual(readAtOnce(body, '\n'))
          expect(last).toBe(found.events.at(-1) ?? '')
        },
      ),
      { numRuns: 500 },
    )
  })

  test.each(['\n\n', '\r\n\r\n', '\r\r', '\n'] as const)(
    'delimiters %j, and what only looks like one',
    (delimiter) => {
      // Many meet, some overlap. Every block is an event, for it begins with one.
      const piece = fc.constantFrom(
        'data:',
        delimiter,
        delimiter.slice(1),
        delimiter.slice(0, -1),
        '\r',
        '\n',
        '\r\n',
      )
      fc.assert(
        fc.property(fc.array(piece, { maxLength: 12 }), cuts, (pieces, places) => {
          const body = pieces.join('')
          expect(read(body, delimiter, places)).toEqual(read(body, delimiter))
          const blocks = body.split(separatorOf(delimiter)).slice(0, -1)
          expect(read(body, delimiter, places).events).toEqual(
            blocks.filter((text) => (delimiter === '\n' ? text !== '' : /(?:^|[\r\n])data:/.test(text))),
          )
        }),
        { numRuns: 500 },
      )
    },
  )
})

describe('what is an event', () => {
  test.each([
    ['data: 1\n\n', 1, 0],
    ['data\n\n', 1, 0],
    ['data: 1\ndata: 2\n\n', 1, 0],
    ['event: x\ndata: 1\n\n', 1, 0],
    ['id: 1\nevent: x\ndata: 1\n\n', 1, 0],
    ['retry: 5\ndata: 1\n\n', 1, 0],
    ['\uFEFFdata: 1\n\n', 1, 0],
    ['\uFEFF: hello\ndata: 1\n\ndata: 2\n\n', 2, 1],
    ['event: ping\n\n', 0, 0],
    ['event: ping\nid: data: 1\n\ndata: 1\n\n', 1, 0],
    ['id: 1\n\n', 0, 0],
    ['retry: 5\n\n', 0, 0],
    ['\uFEFF\n\n', 0, 0],
    [': OPENROUTER PROCESSING\n\n', 0, 1],
    [': one\n: two\n\n: three\n\ndata: 1\n\n', 1, 3],
    [': one\ndata: 1\n\n', 1, 1],
    [': data: 1\n\n', 0, 1],
    ['\n\n\n\n\n\n', 0, 0],
    ['\n\n\ndata: 1\n\n\n\n\n', 1, 0],
    ['data: 1\n\nnonsense\n\n', 1, 0],
    ['data: 1\n\n\uFEFFdata: 2\n\n', 1, 0], // in the middle it is no mark
  ] as [body: string, events: number, comments: number][])('in %j', (body, events, count) => {
    for (const places of [[], Array.from({ length: Buffer.byteLength(body) }, (_, i) => i)]) {
      const found = read(body, '\n\n', places)
      expect([found.events.length, found.comments, found.isCut]).toEqual([events, count, false])
    }
  })

  test.each([
    ['', false],
    ['data: 1', true],
    ['data: 1\n', true],
    ['data: 1\n\n', false],
    ['data: 1\n\n\n', false],
    ['data: 1\n\nd', true],
    ['data: 1\n\n: bye', true],
  ])('a body that ends with %j is cut: %j', (body, isCut) => expect(read(body, '\n\n').isCut).toBe(isCut))
})

test('a reader is used over and over: nothing of a body is in the next one', () => {
  const reader = new EventReader('\r\n\r\n')
  const feed = (text: string): void => reader.feed(Buffer.from(text), 0, text.length)
  feed(': a\r\n\r\ndata: 1\r\n\r\ndata: 2\r\n\r')
  expect([reader.events, reader.comments, reader.last, reader.isCut]).toEqual([1, 1, 'data: 1', true])
  reader.reset()
  expect([reader.events, reader.comments, reader.last, reader.isCut]).toEqual([0, 0, '', false])
  feed('\nx\r\n\r\ndata: 3\r\n\r\n')
  expect([reader.events, reader.comments, reader.last, reader.isCut]).toEqual([1, 0, 'data: 3', false])
})

test('an event that does not end is refused before it takes all the memory', () => {
  const reader = new EventReader('\n\n')
  const piece = Buffer.alloc(40 << 20, 'x')
  reader.feed(piece, 0, piece.length)
  reader.feed(piece, 0, piece.length)
  expect(() => reader.feed(piece, 0, 1)).toThrow(new Error('an event that does not end'))
})

test.each([
  [
    'a comment that ends in CR LF between events that end in LF',
    ': ping\r\n\r\ndata: 1\n\ndata: 2\n\n',
    2,
    1,
  ],
  ['events of both', 'data: 1\r\n\r\ndata: 2\n\n: x\n\r\ndata: 3\r\n\n', 3, 1],
])('%s', (_, body, events, comments) => {
  for (const delimiter of ['\n\n', '\r\n\r\n'] as const)
    for (let cut = 0; cut <= body.length; cut++) {
      const found = read(body, delimiter, [cut])
      expect([cut, found.events.length, found.comments, found.isCut]).toEqual([cut, events, comments, false])
      expect(found.events.every((event) => !/[\r\n]$/.test(event))).toBe(true)
    }
})
