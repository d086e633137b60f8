// Deliberate faults in what asks for other shapes and bytes, and in what comes of it.
import type { Mutant } from './mutant.ts'

const combinations = 'test/replies/combinations.test.ts'

export const shapeKinds: readonly Mutant[] = [
  {
    file: 'src/config/shapes.ts',
    from: 'Object.hasOwn(reasons, text) ? reasons[text]! : text',
    to: 'reasons[text] ?? text',
    tests: ['test/config/patterns.test.ts'],
    why: 'a reason that is absent is called so, and what every object has is one',
  },
  {
    file: 'src/config/linekinds.ts',
    from: "form: 'ping:MS',\n    help: \"the provider's ping every MS while waiting\",\n    args: [everyMs],\n    group: 'keepalive',",
    to: "form: 'ping:MS',\n    help: \"the provider's ping every MS while waiting\",\n    args: [everyMs],",
    tests: ['test/config/patterns.test.ts'],
    why: 'pings are merged with events',
  },
  {
    file: 'src/config/faults.ts',
    from: "excludes: ['ending', 'reason', 'lastChunk']",
    to: "excludes: ['ending']",
    tests: ['test/config/patterns.test.ts'],
    why: 'a reason may be asked for and dropped',
  },
  {
    file: 'src/config/patterns.ts',
    from: 'texts.length < takes - optional',
    to: 'texts.length < takes',
    tests: ['test/config/faultlimits.test.ts', 'test/config/patterns.test.ts'],
    why: 'an error needs a status',
  },
  {
    file: 'src/config/patterns.ts',
    from: '  refuseLonely(parts)\n',
    to: '',
    tests: ['test/config/patterns.test.ts', combinations],
    why: 'an end in order follows nothing',
  },
  {
    file: 'src/config/patterns.ts',
    from: 'Object.assign({}, ...shapes)',
    to: 'Object.assign({}, shapes.at(-1))',
    tests: ['test/config/patterns.test.ts'],
    why: 'of several shapes the last alone is asked for',
  },
  {
    file: 'src/config/patterns.ts',
    from: "called && reply !== 'auto' &&",
    to: 'called &&',
    tests: ['test/config/patterns.test.ts'],
    why: 'shapes of calls are refused where requests decide',
  },
  {
    file: 'src/config/patterns.ts',
    from: 'pair: 2,',
    to: 'pair: 1,',
    tests: ['test/config/faultlimits.test.ts'],
    why: 'the last chunk may be swapped with none',
  },
  {
    file: 'src/config/config.ts',
    from: 'preambleMs > ttftMs &&',
    to: 'preambleMs >= ttftMs &&',
    tests: ['test/config/faultlimits.test.ts'],
    why: 'an opening may not leave with the first chunk',
  },
]

export const shapesSaid: readonly Mutant[] = [
  {
    file: 'src/apis/ask.ts',
    from: "shape.usage === 'every' ? promptTokens : ''",
    to: "''",
    tests: ['test/apis/keys.test.ts'],
    why: 'prompts of other lengths share what each chunk tells of them',
  },
  {
    file: 'src/apis/content.ts',
    from: 'Math.min(upTo, reasoning?.end ?? 0)',
    to: 'reasoning?.end ?? 0',
    tests: ['test/apis/shapes.test.ts'],
    why: 'reasoning is told before it is sent',
  },
  {
    file: 'src/apis/content.ts',
    from: "text === '' ? {} :",
    to: 'false ? {} :',
    tests: ['test/apis/callshapes.test.ts'],
    why: 'a call without arguments is no JSON',
  },
  {
    file: 'src/apis/chatdeltas.ts',
    from: 'calls.length - 1 - call',
    to: 'calls.length - call',
    tests: ['test/apis/callshapes.test.ts'],
    why: 'the last call is the second',
  },
  {
    file: 'src/apis/chatdeltas.ts',
    from: 'Math.ceil(name.length / 2)',
    to: 'Math.floor(name.length / 2)',
    tests: ['test/apis/callshapes.test.ts'],
    why: 'a name of one letter begins with nothing',
  },
  {
    file: 'src/apis/chat.ts',
    from: 'const isJoined = shape.joined === true && upTo > 0',
    to: 'const isJoined = shape.joined === true',
    tests: ['test/apis/shapes.test.ts'],
    why: 'a reply without content has a last one',
  },
  {
    file: 'src/apis/chat.ts',
    from: 'isFirst(upTo - 1) ? fragments.whole(piece, index) : fragments.next(piece)',
    to: 'fragments.next(piece)',
    tests: ['test/apis/shapes.test.ts'],
    why: 'a call of one chunk has no name',
  },
  {
    file: 'src/apis/chat.ts',
    from: 'step === 0 || plan.inEach || isFirst(step)',
    to: 'step === 0 || isFirst(step)',
    tests: ['test/apis/shapes.test.ts'],
    why: 'only the first chunk tells the usage',
  },
  {
    file: 'src/apis/chat.ts',
    from: "first?.kind === 'arguments' ? null : ''",
    to: "''",
    tests: ['test/apis/preamble.test.ts'],
    why: 'a call begins with a text',
  },
  {
    file: 'src/apis/gemini.ts',
    from: "piece.kind === 'arguments' ? [] : [partOf(piece)]",
    to: '[partOf(piece)]',
    tests: ['test/apis/shapes.test.ts'],
    why: 'a call comes with an empty text',
  },
  {
    file: 'src/apis/retrying.ts',
    from: 'Math.ceil(unixMs / 1000) * 1000',
    to: 'Math.floor(unixMs / 1000) * 1000',
    tests: ['test/apis/errors.test.ts', 'test/server/retries.test.ts'],
    why: 'a date is too early',
  },
]

export const shapesMade: readonly Mutant[] = [
  {
    file: 'src/replies/events.ts',
    from: '.with(one, { ...first, frame: second.frame })',
    to: '.with(one, second)',
    tests: ['test/replies/chunks.test.ts'],
    why: 'chunks that change places take their times along',
  },
  {
    file: 'src/replies/events.ts',
    from: 'beats.length : from + others',
    to: 'beats.length : from + 1',
    tests: ['test/replies/chunks.test.ts'],
    why: 'of several choices one has the chunk twice',
  },
  {
    file: 'src/replies/events.ts',
    from: 'mark: { step: mark.step, events: 1 } }\n    })\n',
    to: "mark: { part: 'content', step: 0, events: 1 } }\n    })\n",
    tests: ['test/replies/chunks.test.ts'],
    why: 'what comes behind the end counts as content',
  },
  {
    file: 'src/replies/ends.ts',
    from: "mark: { part: 'done', step: mark.step, events: 1 }",
    to: "mark: { part: 'done', step: mark.step, events: 0 }",
    tests: [combinations, 'test/replies/chunks.test.ts', 'test/server/places.test.ts'],
    why: 'the end behind an error is no event',
  },
  {
    file: 'src/replies/lines.ts',
    from: 'beat.mark.events === 0 ? null :',
    to: 'beat.mark.isEnd ? null :',
    tests: ['test/replies/lines.test.ts'],
    why: 'a comment has an id',
  },
  {
    file: 'src/replies/lines.ts',
    from: 'replace(/(^|[\\r\\n])(event',
    to: 'replace(/(^|[\\r\\n\\u2028])(event',
    tests: ['test/replies/lines.test.ts'],
    why: 'a text loses a space',
  },
  {
    file: 'src/replies/lines.ts',
    from: 'replace(/(\\r\\n|\\r|\\n)$/',
    to: 'replace(/\\n$/',
    tests: ['test/replies/lines.test.ts'],
    why: 'half of a line end is left',
  },
  {
    file: 'src/replies/lines.ts',
    from: 'const startMs = draft.beats[0]!.dueMs',
    to: 'const startMs = 0',
    tests: ['test/replies/lines.test.ts'],
    why: 'pings come before the reply begins',
  },
  {
    file: 'src/replies/timetable.ts',
    from: 'Math.min(this.#preambleMs, this.schedules[index]![0]!)',
    to: 'this.#preambleMs',
    tests: ['test/replies/timetable.test.ts', 'test/apis/preamble.test.ts'],
    why: 'an opening leaves after the content',
  },
  {
    file: 'src/replies/timetable.ts',
    from: 'early === 0 ? runs.join() : `${early}+${runs.join()}`',
    to: 'runs.join()',
    tests: ['test/replies/timetable.test.ts'],
    why: 'replies with and without an opening share their times',
  },
  {
    file: 'src/replies/frames.ts',
    from: "'utf-8', { ignoreBOM: true }",
    to: "'utf-8'",
    tests: ['test/replies/frames.test.ts'],
    why: 'a text that begins with a byte order mark loses it',
  },
]

export const shapesDealt: readonly Mutant[] = [
  {
    file: 'src/server/gates.ts',
    from: 'Object.hasOwn(card.reply.headers, RETRY_AFTER)',
    to: 'card.reply.status >= 400',
    tests: ['test/server/retries.test.ts'],
    why: 'other statuses say when to come back',
  },
  {
    file: 'src/server/gates.ts',
    from: '{ ...card.extra, [RETRY_AFTER]: comeBack() }',
    to: '{ [RETRY_AFTER]: comeBack() }',
    tests: ['test/server/retries.test.ts'],
    why: 'a date hides which fault was picked',
  },
  {
    file: 'src/server/decks.ts',
    from: 'hasAsk && !(yield* isSame(',
    to: 'hasAsk && (yield* isSame(',
    tests: ['test/server/deskdeals.test.ts'],
    why: 'a shape that a format has not is said to be applied',
  },
]
