// Deliberate faults in compressed replies and in what stands around a reply on its connection.
import type { Mutant } from './mutant.ts'

const pure = ['test/replies/connections.test.ts']
const bytes = ['test/server/connections.test.ts']
const compressed = ['test/server/compressed.test.ts']

export const wiredReplies: readonly Mutant[] = [
  {
    file: 'src/replies/connections.ts',
    from: "draft.ending === 'reset' ? [] : [wireBeat({ kind: 'end' }, last.dueMs)]",
    to: "[wireBeat({ kind: 'end' }, last.dueMs)]",
    tests: ['test/replies/combinations.test.ts'],
    why: 'what is reset has ended in order before',
  },
  {
    file: 'src/replies/connections.ts',
    from: '(yield* lengthOf(draft)) + MISSING_BYTES',
    to: 'yield* lengthOf(draft)',
    tests: pure,
    why: 'a wrong length is right',
  },
  {
    file: 'src/replies/connections.ts',
    from: "mark.wire?.kind !== 'end'",
    to: "mark.wire?.kind !== 'chunk'",
    tests: pure,
    why: 'chunks end after all',
  },
  {
    file: 'src/replies/connections.ts',
    from: 'dueMs: beat.dueMs + headMs',
    to: 'dueMs: beat.dueMs',
    tests: pure,
    why: 'content comes before its head is done',
  },
  {
    file: 'src/replies/connections.ts',
    from: '({ dueMs }) => dueMs < ms)',
    to: '({ dueMs }) => dueMs <= ms)',
    tests: pure,
    why: 'what is due with a reset is sent',
  },
  {
    file: 'src/replies/connections.ts',
    from: 'status: beats.length === 0 ? 0 : wired.status',
    to: 'status: wired.status',
    tests: pure,
    why: 'a client that never saw a byte got a status',
  },
  {
    file: 'src/replies/compress.ts',
    from: "if (draft.ending === 'reset')",
    to: "if (draft.ending !== 'reset')",
    tests: compressed,
    why: 'compressed bodies lack their end',
  },
  {
    file: 'src/replies/compress.ts',
    from: 'i === at ? opened(beat.frame) : pieceOf(beat.frame)',
    to: 'pieceOf(beat.frame)',
    tests: compressed,
    why: 'compressed bodies lack their beginning',
  },
  {
    file: 'src/replies/compress.ts',
    from: 'known.frames.every((frame, i) => frame === frames[i])',
    to: 'known.frames.length > 0',
    tests: compressed,
    why: 'a reply ends with the checksum of another one',
  },
  {
    file: 'src/replies/faults.ts',
    from: 'if (!accepted.includes(coding)) return atOnce(vary)',
    to: '',
    tests: compressed,
    why: 'who accepts no compression gets it',
  },
  {
    file: 'src/replies/faults.ts',
    from: 'return vary(yield* compressed(draft))',
    to: 'return yield* compressed(draft)',
    tests: compressed,
    why: 'caches are not told that others get something else',
  },
]

export const wiredServer: readonly Mutant[] = [
  {
    file: 'src/server/coders.ts',
    from: 'const BROTLI_QUALITY = 1',
    to: 'const BROTLI_QUALITY = 5',
    tests: ['test/server/coders.test.ts'],
    why: "pieces refer to Brotli's dictionary",
  },
  {
    file: 'src/server/coders.ts',
    from: 'finishFlush: constants.Z_SYNC_FLUSH',
    to: 'finishFlush: constants.Z_FINISH',
    tests: ['test/server/coders.test.ts'],
    why: 'a body ends with its first piece',
  },
  {
    file: 'src/server/coders.ts',
    from: 'const filled = bytes.slice()',
    to: 'const filled = bytes',
    tests: ['test/server/coders.test.ts'],
    why: 'shared bytes are written into',
  },
  {
    file: 'src/server/accept.ts',
    from: 'range !== undefined && range.weight > 0',
    to: 'range !== undefined',
    tests: ['test/server/accept.test.ts'],
    why: 'what a client forbids is accepted',
  },
  {
    file: 'src/server/gates.ts',
    from: 'const key = accepted.join()',
    to: "const key = ''",
    tests: compressed,
    why: 'all get what the first client accepts',
  },
]

export const wiredEngines: readonly Mutant[] = [
  {
    file: 'src/server/engines/beats.ts',
    from: 'hasEnd = mayEnd',
    to: 'hasEnd = true',
    tests: bytes,
    why: 'a reply ends before the body of its request has come',
  },
  {
    file: 'src/server/engines/beats.ts',
    from: '{ ...place, at: at + place.at }',
    to: 'place',
    tests: bytes,
    why: 'ids and stamps are filled in where they do not belong',
  },
  {
    file: 'src/server/engines/beats.ts',
    from: 'Math.floor(from * head.byteLength)',
    to: '0',
    tests: bytes,
    why: 'pieces of a head begin with the head',
  },
  {
    file: 'src/server/engines/wire.ts',
    from: 'wire.length !== null || !hasEndBeat(reply)',
    to: 'wire.length !== null',
    tests: bytes,
    why: 'a missing end is sent after all',
  },
  {
    file: 'src/server/engines/connection.ts',
    from: ' || this.#isSpent) return',
    to: ') return',
    tests: bytes,
    why: 'a connection that is to be closed is only half closed',
  },
]

export const wiredConfig: readonly Mutant[] = [
  {
    file: 'src/config/patterns.ts',
    from: 'row.engine !== undefined && row.engine !== config.engine',
    to: 'row.engine === config.engine',
    tests: ['test/config/faultlimits.test.ts'],
    why: 'kinds are had on the engine that cannot do them',
  },
  {
    file: 'src/config/patterns.ts',
    from: 'row.coding !== undefined && config.stamp',
    to: 'row.coding === undefined && config.stamp',
    tests: ['test/config/faultlimits.test.ts'],
    why: 'what is compressed beforehand is said to be stamped',
  },
  {
    file: 'src/config/patterns.ts',
    from: 'name === group || name === kind',
    to: 'name === group',
    tests: pure,
    why: 'a reset and an end of the connection go together',
  },
]
