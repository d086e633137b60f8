// Deliberate faults in src/server/engines: what is written, and what of it is shared.
import type { Mutant } from './mutant.ts'

export const written: readonly Mutant[] = [
  {
    file: 'src/server/engines/wire.ts',
    from: 'isChunked: head.minor === 1',
    to: 'isChunked: true',
    tests: ['test/server/socket.test.ts'],
    why: 'HTTP/1.0 gets chunks',
  },
  {
    file: 'src/server/engines/wire.ts',
    from: 'known.hasEnd === hasEnd) return known',
    to: 'true) return known',
    tests: ['test/server/socket.test.ts'],
    why: 'a body ends with the frames of another request',
  },
  {
    file: 'src/server/engines/wire.ts',
    from: 'fitting = contentTo < sharedTo ?',
    to: 'fitting = contentTo <= sharedTo ?',
    tests: ['test/server/trunks.test.ts'],
    why: 'what ends a reply is not put behind its content',
  },
  {
    file: 'src/server/engines/wire.ts',
    from: '({ ...place, at: place.at + end })',
    to: '({ ...place })',
    tests: ['test/server/trunks.test.ts'],
    why: 'places behind a shared content are filled in too soon',
  },
  {
    file: 'src/server/engines/heads.ts',
    from: "...(closes ? ['Connection: close'] : []),",
    to: '',
    tests: ['test/server/socket.test.ts'],
    why: 'nobody is told that the connection ends',
  },
  {
    file: 'src/server/engines/heads.ts',
    from: 'length !== null && status !== 204',
    to: 'length !== null && status !== 205',
    tests: ['test/server/sending.test.ts'],
    why: 'a 204 has a length',
  },
  {
    file: 'src/server/engines/runs.ts',
    from: 'isChunked && frame.byteLength > 0',
    to: 'isChunked',
    tests: ['test/server/faults.test.ts'],
    why: 'a frame without bytes ends the body',
  },
  {
    file: 'src/server/engines/runs.ts',
    from: 'while (end < to && bytes[end + 1]! - bytes[from]! <= MOST_RUN_BYTES) end++',
    to: 'return to',
    tests: ['test/server/trunks.test.ts', 'test/server/sending.test.ts', 'test/server/partial.test.ts'],
    why: 'a reply of any size is written at once',
  },
  {
    file: 'src/server/engines/runs.ts',
    from: 'larger.set(room.subarray(0, at))',
    to: '',
    tests: ['test/server/trunks.test.ts', 'test/server/sending.test.ts', 'test/server/socket.test.ts'],
    why: 'where runs grow, what was there is lost',
  },
  {
    file: 'src/server/engines/runs.ts',
    from: 'const hasEnds = isShared || places !== null',
    to: 'const hasEnds = places !== null',
    tests: ['test/server/trunks.test.ts'],
    why: 'nobody knows where shared frames end',
  },
  {
    file: 'src/server/engines/wire.ts',
    from: 'count === run.frames && (to <= contentTo || contentTo < sharedTo)',
    to: 'count === run.frames && to <= contentTo',
    tests: ['test/server/trunks.test.ts'],
    why: 'what could be shared is put together for each',
  },
]
