// Bodies for OpenAI's formats: what they decide, and what is answered to them.
import { refusalOf } from '../_refusals.ts'
import { createParser } from 'eventsource-parser'
import { body as textOf } from '../../replies/_replies.ts'
import type { Event } from '../_said.ts'
import { type JsonObject, type Setup } from '../../../src/apis/api.ts'
import { keptHeaders } from '../../../src/apis/kept.ts'
import { type Ask, cleanAsk, defaultAsk } from '../../../src/apis/ask.ts'
import { catalogue } from '../../../src/apis/catalogue.ts'
import { type GivenFlags, readSettings } from '../../../src/config/config.ts'
import { Contents } from '../../../src/replies/contents.ts'
import { ReplyDeck } from '../../../src/replies/replydeck.ts'
import { finish } from '../../../src/replies/work.ts'
import { Timetable } from '../../../src/replies/timetable.ts'
import { drawSchedules } from '../../../src/replies/timing.ts'

export const CHAT = '/v1/chat/completions'
export const AZURE = '/openai/deployments/{deployment}/chat/completions'
export const COMPLETIONS = '/v1/completions'

export function setupOf(flags: GivenFlags = {}): Setup {
  return { config: readSettings({ reply: 'auto', ...flags }, {}), createdAt: 7 }
}

/** What is decided, or `field: message` of the refusal. */
export function reading(
  read: (setup: Setup, body: JsonObject) => Partial<Ask>,
  body: object,
  flags?: GivenFlags,
): Partial<Ask> | string {
  try {
    return read(setupOf(flags), body as JsonObject)
  } catch (thrown) {
    return refusalOf(thrown)
  }
}

/** The text of the answer to a body, as a server prepares it. */
function answer(path: string, body: object, flags?: GivenFlags): string {
  const setup = setupOf(flags)
  const route = catalogue(setup).find((one) => one.paths.includes(path))!
  const head = { method: 'POST', path, query: '', header: () => null, headers: () => keptHeaders({}) }
  const ask = { ...defaultAsk(setup.config), stream: false, ...route.read!(body as JsonObject, head) }
  const deck = new ReplyDeck({
    answer: (drawn) => route.answer(cleanAsk(ask), drawn),
    timetable: new Timetable(drawSchedules(setup.config), setup.config.chunkDelayMs, setup.config.preambleMs),
    headers: {},
    contents: new Contents(),
  })
  return textOf(finish(deck.at(0)))
}

export function whole(path: string, body: object, flags?: GivenFlags): any {
  return JSON.parse(answer(path, { ...body, stream: false }, flags))
}

export function streamed(path: string, body: object, flags?: GivenFlags): Event[] {
  const events: Event[] = []
  const parser = createParser({ onEvent: ({ event, data }) => events.push({ event, data }) })
  parser.feed(answer(path, { ...body, stream: true }, flags))
  return events
}
