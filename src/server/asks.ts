// From what a request says to what it asks for: nothing at all by default, its path and headers where they decide, its body with
// `--reply auto`.
import { BadRequest, type JsonObject, type Route } from '../apis/api.ts'
import { type Ask, isLarge } from '../apis/ask.ts'
import { isObject } from '../apis/body.ts'
import { refuseJson } from '../apis/bounds.ts'
import { Lately } from '../apis/lately.ts'
import { rememberWeakly } from '../apis/remember.ts'
import { agentOf } from '../apis/routes/paths.ts'
import type { RequestCounter } from '../stats/requests.ts'
import type { Answer } from './answers.ts'
import type { Card, Dealer, Later, Picker, Unfit } from './card.ts'
import { nameOf } from './decks.ts'
import { type BodyDecoder, createDecoder } from './encodings.ts'

/** The cards of a route that are not its answers. */
export interface Refusals {
  /** The body is encoded in a way that is not known. */
  encoding(): Card
  /** There is no such thing at this path. */
  readonly unknown: Picker
  unfit(why: Unfit): Card
  /** One of its route. */
  readonly counter: RequestCounter
  invalid(message: string, param?: string, code?: string): Card
  noModel(id: string): Card
}

/** Clients of some providers have routes of their own at the path of a route, and it is everybody else's. */
export function pickByAgent(
  route: Route,
  routes: readonly Route[],
  pickerOf: (route: Route) => Picker,
): Picker {
  const usual = pickerOf(route)
  const own = routes.filter((one) => one.isForOwn && nameOf(one) === nameOf(route))
  if (own.length === 0) return usual
  const pickers = new Map(own.map((one) => [one.provider, pickerOf(one)]))
  return (head) => {
    const agent = agentOf(head)
    return ((agent && pickers.get(agent)) ?? usual)(head)
  }
}

/** What the path and headers of a request decide is dealt by `deal`. */
export function pickByHead(route: Route, base: Ask, deal: Dealer, refusals: Refusals): Picker {
  const { pick } = route
  if (pick === undefined) return () => deal(base)
  // What is the same each time is asked for once: the key of an ask takes 1.2 µs, where a reply at delay 0 takes 6.5.
  const askFor = rememberWeakly((picked: Partial<Ask>): Ask =>
    isIn(base, picked) ? base : { ...base, ...picked },
  )
  return (head) => {
    const picked = pick(head)
    return picked === undefined ? refusals.unknown(head) : deal(askFor(picked))
  }
}

/** An ask that has all of this already. */
function isIn(ask: Ask, picked: Partial<Ask>): boolean {
  return Object.entries(picked).every(([name, value]) => ask[name as keyof Ask] === value)
}

/** What bodies are looked into with. */
export interface Looking {
  /** The models there are; undefined when any name will do. */
  readonly models: readonly string[] | undefined
  /** The largest body that is parsed. */
  readonly mostBytes: number
  /** What is answered to a body, where that is not only what it asks for: `deal` deals what is. */
  readonly answer: Answer | undefined
}

/** So many bodies of a route are known again, of so many characters at most: load generators send the same ones all the time. */
const MOST_KEPT = 1024
const MOST_KEPT_CHARACTERS = 4096

const utf8 = new TextDecoder()
/** As most bodies are. */
const undecoded: BodyDecoder = (body) => body

/**
 * What the body decides is dealt by `deal`. A real parse and no scan: only a parse knows what is malformed.
 */
export function pickByBody(
  route: Route,
  base: Ask,
  deal: Dealer,
  refusals: Refusals,
  { models, mostBytes, answer }: Looking,
): Picker {
  const assumed: Ask = { ...base, stream: false }
  const lately = new Lately<{ readonly said: JsonObject; readonly ask: Ask }>(MOST_KEPT)
  return (head) => {
    const picked = route.pick?.(head)
    if (picked === undefined && route.pick !== undefined) return refusals.unknown(head)
    const encoding = head.header('content-encoding')
    const decode = encoding === null ? undecoded : createDecoder(encoding)
    if (decode === undefined) return refusals.encoding()
    const read = (received: Uint8Array | Unfit): Card | Later => {
      if (typeof received === 'string') return refusals.unfit(received)
      const body = decode(received, mostBytes)
      if (body === 'tooLarge') return refusals.unfit('tooLarge')
      if (body === 'broken') return refusals.invalid('The body is not what its Content-Encoding says.')
      const reason = refuseJson(body)
      if (reason !== undefined) return refusals.invalid(reason)
      const text = utf8.decode(body)
      const isShort = text.length <= MOST_KEPT_CHARACTERS
      const key = route.pick === undefined ? text : `${head.path}\n${head.query}\n${text}`
      try {
        let known = isShort ? lately.get(key) : undefined
        if (known === undefined) {
          const said = parseObject(text)
          known = { said, ask: { ...assumed, ...picked, ...route.read!(said, head) } }
          if (isShort && !isLarge(known.ask)) lately.set(key, known)
        }
        const { ask, said } = known
        if (models?.includes(ask.model) === false) return refusals.noModel(ask.model)
        return answer === undefined ? deal(ask) : answer(ask, said, head, deal)
      } catch (thrown) {
        if (!(thrown instanceof BadRequest)) throw thrown
        return refusals.invalid(thrown.message, thrown.param, thrown.code)
      }
    }
    return {
      kind: 'body',
      mostBytes,
      keeps: true,
      counter: refusals.counter,
      pick: read,
    }
  }
}

/** @throws BadRequest when it is something else */
function parseObject(text: string): JsonObject {
  let parsed: unknown
  try {
    parsed = JSON.parse(text)
  } catch {
    throw new BadRequest('We could not parse the JSON body of your request.')
  }
  if (!isObject(parsed)) throw new BadRequest('The body must be a JSON object.')
  return parsed
}
