// Replies as the server prepares them, and what a client would read in them.
import type { Answer } from '../../src/apis/api.ts'
import { type Ask, defaultAsk, type ProviderName } from '../../src/apis/ask.ts'
import { catalogue } from '../../src/apis/catalogue.ts'
import { refusal } from '../../src/apis/providers.ts'
import { type GivenFlags, readConfig } from '../../src/config/config.ts'
import { parsePattern } from '../../src/config/patterns.ts'
import { Contents } from '../../src/replies/contents.ts'
import { createFault } from '../../src/replies/faults.ts'
import { type Reply, wholeDraft } from '../../src/replies/reply.ts'
import { ReplyDeck } from '../../src/replies/replydeck.ts'
import { Timetable } from '../../src/replies/timetable.ts'
import { drawSchedules } from '../../src/replies/timing.ts'
import { finish, type Work } from '../../src/replies/work.ts'
import { createCoders } from '../../src/server/coders.ts'

const createdAt = 1_795_380_000
const coders = createCoders(createdAt)

/** Gemini's two ways to stream. */
export const GEMINI = '/v1beta/models/{model}:{verb}'

export interface Played {
  readonly pattern?: string
  readonly flags?: GivenFlags
  readonly path?: string
  /** Whose row it is, where several have this path. */
  readonly provider?: ProviderName
  readonly ask?: Partial<Ask>
  /** Counts how often an answer is asked for. */
  readonly asked?: number[]
  readonly timetable?: Timetable
}

/** A deck whose work is done at once. */
export interface Made {
  readonly deck: ReplyDeck
  at(index: number): Reply
  prepareAll(): void
  readonly size: number
  readonly isApplied: boolean
  readonly keptBytes: number
}

/** The deck of a chat with four chunks, 50 ms apart, or of what is given instead. */
export function makeDeck({
  pattern: text = 'ok',
  flags,
  path = '/v1/chat/completions',
  provider,
  ask,
  asked,
  timetable,
}: Played): Made {
  const config = readConfig({ chunkCount: '4', ...flags }, {})
  const route = catalogue({ config, createdAt }).find(
    (one) => one.paths.includes(path) && (provider ?? one.provider) === one.provider,
  )!
  const pattern = parsePattern(text)
  const meant: Ask = {
    ...defaultAsk(config),
    ...(path === GEMINI && { alt: 'sse' }),
    ...ask,
    ...pattern.ask,
  }
  const answer = (drawn: number): Answer => {
    asked?.push(drawn)
    return route.answer(meant, drawn)
  }
  const deck = new ReplyDeck({
    answer,
    timetable: timetable ?? new Timetable(drawSchedules(config), config.chunkDelayMs, config.preambleMs),
    headers: {},
    contents: new Contents(),
    fault: createFault(
      pattern,
      (status) =>
        wholeDraft(
          refusal(route.provider, status, { ...config, waitMs: 1500, nowUnixMs: createdAt * 1000 }),
          {},
        ),
      { coders, accepted: meant.codings },
    ),
  })
  return finished(deck)
}

/** A deck as one whose work is done at once. */
export function finished(deck: ReplyDeck): Made {
  return {
    deck,
    at: (index) => finish(deck.at(index)),
    prepareAll: () => {
      for (let index = 0; index < finish(deck.size()); index++) finish(deck.at(index))
    },
    get size() {
      return finish(deck.size())
    },
    get isApplied() {
      return finish(deck.isApplied())
    },
    get keptBytes() {
      return deck.keptBytes
    },
  }
}

/** The first reply of such a deck. */
export function play(pattern: string, flags: GivenFlags = {}, path?: string, ask?: Partial<Ask>): Reply {
  return makeDeck({ pattern, flags, ...(path && { path }), ...(ask && { ask }) }).at(0)
}

const decoder = new TextDecoder('utf-8', { ignoreBOM: true })

export function text(bytes: Uint8Array): string {
  return decoder.decode(bytes)
}

/** What is written, write by write. */
export function texts({ frames }: Reply): string[] {
  return frames.map(text)
}

export function body({ frames }: Reply): string {
  return text(Buffer.concat([...frames]))
}

/** To a hundredth of a millisecond. */
export function due({ dueMs }: Reply): number[] {
  return [...dueMs].map((ms) => Math.round(ms * 100) / 100)
}

/** All works at once: each goes on while the others pause. */
export function together<Value>(works: readonly Work<Value>[]): Value[] {
  const values: Value[] = []
  while (Object.keys(values).length < works.length)
    for (const [i, work] of works.entries()) {
      if (i in values) continue
      const step = work.next()
      if (step.done === true) values[i] = step.value
    }
  return values
}
