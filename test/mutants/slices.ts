// Deliberate faults of preparing in slices.
import type { Mutant } from './mutant.ts'

const WORK = 'test/replies/work.test.ts'
const PREPARING = 'test/server/preparing.test.ts'
const LATER = 'test/server/laterdeals.test.ts'
const SAME = 'test/replies/same.test.ts'
const SLICES = 'test/server/slices.test.ts'

export const slicedPieces: readonly Mutant[] = [
  {
    file: 'src/apis/pieces.ts',
    from: "count === length ? CLOSING : ''",
    to: "count < length ? CLOSING : ''",
    tests: ['test/apis/saying.test.ts', 'test/apis/wholecalls.test.ts'],
    why: 'arguments that are told in whole are not closed',
  },
  {
    file: 'src/apis/pieces.ts',
    from: 'count === pieces.length ? text :',
    to: 'count > 0 ? text :',
    tests: ['test/apis/saying.test.ts', 'test/apis/lists.test.ts', 'test/apis/reading/chatanswers.test.ts'],
    why: 'a text of its own is told in whole, though it is cut',
  },
  {
    file: 'src/apis/content.ts',
    from: 'Math.max(0, Math.min(end, upTo) - start)',
    to: 'end - start',
    tests: ['test/apis/saying.test.ts', 'test/apis/responses.test.ts'],
    why: 'a whole answer says what is behind its limit',
  },
]

export const slicedWork: readonly Mutant[] = [
  {
    file: 'src/replies/same.ts',
    from: 'if (our.value !== their.value) return false',
    to: '',
    tests: [SAME],
    why: 'all answers of as many events are the same',
  },
  {
    file: 'src/replies/same.ts',
    from: "if (answer.kind === 'long') yield* answer.parts()",
    to: '',
    tests: [SAME],
    why: 'all answers of many parts are the same',
  },
  {
    file: 'src/replies/lines.ts',
    from: '      if (pausesAt(beats.length)) yield\n      beats.push({ ...filling, dueMs })',
    to: '      beats.push({ ...filling, dueMs })',
    tests: [WORK],
    why: 'a long silence is filled in one go',
  },
  {
    file: 'src/replies/work.ts',
    from: 'i % STRIDE === STRIDE - 1',
    to: 'i < 0',
    tests: [WORK],
    why: 'work never pauses',
  },
  {
    file: 'src/replies/replydeck.ts',
    from: 'return (this.#replies[index] ??= made)',
    to: 'return (this.#replies[index] = made)',
    tests: [WORK],
    why: 'a reply that has been made in a pause is made again',
  },
  {
    file: 'src/replies/contents.ts',
    from: '    if ((known = this.#byDrawn.get(drawn)) !== undefined) return known\n    // What',
    to: '    // What',
    tests: [WORK, LATER, 'test/replies/contents.test.ts'],
    why: 'a content that has been made in a pause is made again',
  },
  {
    file: 'src/replies/timetable.ts',
    from: '    if (known !== undefined) return known\n    sequence',
    to: '    sequence',
    tests: [WORK, 'test/replies/timetable.test.ts'],
    why: 'due times that have been computed in a pause are counted twice',
  },
]

export const slices: readonly Mutant[] = [
  {
    file: 'src/server/preparing.ts',
    from: 'this.#turns.now() < untilMs',
    to: 'this.#turns.now() !== untilMs',
    tests: [PREPARING],
    why: 'a slice ends only when the clock says exactly so',
  },
  {
    file: 'src/server/preparing.ts',
    from: 'this.#jobs.length >= MOST_WORKS',
    to: 'this.#jobs.length > 2 * MOST_WORKS',
    tests: [PREPARING],
    why: 'any number of requests is kept waiting',
  },
  {
    file: 'src/server/preparing.ts',
    from: '? SLICE_MS : SHORT_MS',
    to: '? SLICE_MS : SLICE_MS',
    tests: [PREPARING],
    why: 'every request takes a slice of its own when it comes',
  },
  {
    file: 'src/server/preparing.ts',
    from: '      this.#jobs.shift()\n      reject(thrown)',
    to: '      reject(thrown)',
    tests: [PREPARING],
    why: 'what has failed is gone on with',
  },
  {
    file: 'src/server/carddeck.ts',
    from: 'this.#underWay.get(place) ?? this.#prepare(place)',
    to: 'this.#prepare(place)',
    tests: [LATER],
    why: 'what two ask for at once is prepared twice',
  },
  {
    file: 'src/server/carddeck.ts',
    from: "if (dealt.kind === 'later') this.#tally.waitFor(dealt.card)",
    to: '',
    tests: [LATER],
    why: 'who waits for a card is not under way',
  },
  {
    file: 'src/server/carddeck.ts',
    from: '    this.#used()\n    return card\n  }\n}',
    to: '    return card\n  }\n}',
    tests: [LATER],
    why: 'what is prepared in slices is not counted',
  },
  {
    file: 'src/server/pending.ts',
    from: 'if (signal.aborted) pending.desert()',
    to: 'if (signal.aborted) pending.withdraw()',
    tests: [SLICES],
    why: 'who leaves while a reply is prepared has never come',
  },
  {
    file: 'src/server/room.ts',
    from: 'tally.underWay + tally.preparing',
    to: 'tally.underWay',
    tests: [LATER],
    why: 'while a reply is prepared any number is let in',
  },
]
