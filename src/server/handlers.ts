// From routes to functions that answer them. What can be known is prepared and chosen here, before the first request; what
// only the URL or the body tells (Gemini's paths, `--reply auto`) is prepared when it is first asked for, and kept.
import {
  type Ask,
  BadRequest,
  defaultAsk,
  type ProviderName,
  type Route,
  type Setup,
  type WholeAnswer,
} from '../apis/api.ts'
import { isObject } from '../apis/body.ts'
import { providers, refusal } from '../apis/providers.ts'
import { parsePattern, refusePattern } from '../config/patterns.ts'
import { textSizes } from '../config/texts.ts'
import { Unacceptable } from '../config/parsers.ts'
import { wholeReply } from '../replies/reply.ts'
import { drawSchedules } from '../replies/timing.ts'
import { createAdmission } from './admission.ts'
import { createDecks, nameOf, type PlayerFor, preparationOf, type WorkerPlace } from './decks.ts'
import { createKeyCheck } from './keys.ts'
import type { Stage } from './playback.ts'
import { type Player, playWhole } from './player.ts'

/** Answers a request that arrives now. */
export type Handler = (request: Request) => Response | Promise<Response>

/** Path, then method. */
export type Handlers = Record<string, Record<string, Handler>>

/**
 * A deck that holds more bytes of text than this is prepared when it is first asked for: with all formats together the start
 * would take seconds. Chat, which most ask for, is prepared in any case.
 */
const EAGER_BYTES = 1 << 20
/** About as long as a word is. */
const WORD_BYTES = 8
/** As many different asks of one route are kept prepared; the oldest makes room. */
const MAX_PREPARED = 64

const NOTHING: Partial<Ask> = {}

export interface Prepared {
  readonly handlers: Handlers
  /** Plans of faults begin anew. */
  restart(): void
}

/** Prepares every route. `unknown` answers what a route refuses for its URL. */
export function prepareHandlers(
  setup: Setup,
  routes: readonly Route[],
  stage: Stage,
  place: WorkerPlace,
  unknown: (request: Request) => Response,
): Prepared {
  const { config } = setup
  const schedules = drawSchedules(config)
  const base = defaultAsk(config)
  const lengths = new Set(schedules.map((schedule) => schedule.length))
  const chunkBytes = Math.max(textSizes[config.text], config.chunkBytes, WORD_BYTES)
  const isSmall = config.chunkCount * chunkBytes * lengths.size <= EAGER_BYTES
  const decks = createDecks(setup, schedules, base, stage, place)
  const admit = createAdmission(config, place, stage.tally)
  const handlers: Handlers = {}
  for (const route of routes) (handlers[route.path] ??= {})[route.method] = createHandler(route)
  return { handlers, restart: decks.restart }

  function createHandler(route: Route): Handler {
    let handler = createAnswerer(route, limited(route, decks.planned(route)))
    if (route.method === 'POST' && config.honor === 'fault') handler = createHonoring(route, handler)
    if (route.method === 'POST' && config.maxBodyBytes > 0) handler = createSized(route, handler)
    if (config.apiKey !== '' && route.path !== '/health') handler = createGuarded(route, handler)
    return handler
  }

  /**
   * Refuses large bodies. Not by Bun, which says so without a word, and not at all where a body without a length is not read.
   * What is refused is still drained, so that the client can read why.
   */
  function createSized(route: Route, handler: Handler): Handler {
    const { maxBodyBytes } = config
    const refused = refusal(route.provider, 413, 0)
    return (request) => {
      const length = request.headers.get('content-length')
      if (length !== null) return Number(length) > maxBodyBytes ? play(route, refused) : handler(request)
      if (request.body === null) return handler(request)
      return readAtMost(request.body, maxBodyBytes).then((body) => {
        if (body === undefined) return play(route, refused)
        const { url, method, headers, signal } = request
        return handler(new Request(url, { method, headers, signal, body }))
      })
    }
  }

  function createGuarded(route: Route, handler: Handler): Handler {
    const isKnown = createKeyCheck(config.apiKey)
    return (request) => {
      if (isKnown(request)) return handler(request)
      // Where several providers share a path a header tells whose error it is to be.
      const form = route.method === 'GET' ? route.pick?.(request)?.form : undefined
      const provider =
        form !== undefined && Object.hasOwn(providers, form) ? (form as ProviderName) : route.provider
      return play(route, refusal(provider, 401, 0))
    }
  }

  /** A header of the request decides: which faults, or else what is planned. */
  function createHonoring(route: Route, planned: Handler): Handler {
    const known = new Map<string, Handler>()
    return (request) => {
      const text = request.headers.get('x-test-pattern')
      if (text === null) return planned(request)
      let handler = known.get(text)
      if (handler === undefined) {
        try {
          const pattern = parsePattern(text)
          const reason = refusePattern(pattern, config)
          if (reason !== undefined) return refuse(route, 400, `X-Test-Pattern: ${reason}`)
          handler = createAnswerer(route, limited(route, decks.picked(route, pattern)))
        } catch (thrown) {
          if (!(thrown instanceof Unacceptable)) throw thrown
          return refuse(
            route,
            400,
            `X-Test-Pattern does not accept '${shorten(text)}': it takes ${thrown.message}`,
          )
        }
        known.set(text, handler)
        if (known.size > MAX_PREPARED) known.delete(known.keys().next().value!)
      }
      return handler(request)
    }
  }

  /** Decided when the reply would begin: with `--reply auto` that is when the body has been read. */
  function limited(route: Route, playerFor: PlayerFor): PlayerFor {
    if (admit === undefined || route.method !== 'POST') return playerFor
    const { limitHeaders } = providers[route.provider]
    const setHeaders = (response: Response, headers: Readonly<Record<string, string>>): Response => {
      for (const [name, text] of Object.entries(headers)) response.headers.set(name, text)
      return response
    }
    return (ask) => {
      const player = playerFor(ask)
      return (request, arrivedMs) => {
        const { limit, waitMs, reason } = admit(performance.now())
        const headers = limit === undefined ? {} : limitHeaders(limit, Date.now())
        if (reason !== undefined)
          return setHeaders(play(route, refusal(route.provider, 429, waitMs, reason)), headers)
        const response = player(request, arrivedMs)
        return response instanceof Promise
          ? response.then((given) => setHeaders(given, headers))
          : setHeaders(response, headers)
      }
    }
  }

  function createAnswerer(route: Route, playerFor: PlayerFor): Handler {
    if (route.read && config.reply === 'auto') return createReader(route, playerFor)
    if (route.pick) return createPicker(route, playerFor)
    let player: Player | undefined
    if (isSmall || route.path.endsWith('/chat/completions')) player = playerFor(base)
    return (request) => (player ??= playerFor(base))(request, performance.now())
  }

  /** The URL decides: what it picks is one of a few constants, so it is compared by identity. */
  function createPicker(route: Route, playerFor: PlayerFor): Handler {
    const players = new Map<Partial<Ask>, Player>()
    return (request) => {
      const picked = route.pick!(request)
      if (picked === undefined) return unknown(request)
      let player = players.get(picked)
      if (player === undefined) {
        player = playerFor({ ...base, ...picked })
        players.set(picked, player)
      }
      return player(request, performance.now())
    }
  }

  /**
   * The body decides. A real parse and no scan: only a parse knows what is malformed. Plain `then` and a key without a copy
   * of the ask: an async function that spread it made 0.70 of the default's requests a second where this makes 0.75.
   */
  function createReader(route: Route, playerFor: PlayerFor): Handler {
    const players = new Map<string, Player>()
    const assumed: Ask = { ...base, stream: false }
    const playerOf = (given: Partial<Ask>, picked: Partial<Ask>): Player => {
      // Most requests offer tools and get text: their names must not make a deck each.
      const { toolName = base.toolName, content = assumed.content } = given
      const meant = { ...given, toolName: content === 'tools' ? toolName : base.toolName }
      const key = keyOf(meant, picked)
      let player = given.inputs === undefined || given.inputs === 1 ? players.get(key) : undefined
      if (player === undefined) {
        const ask: Ask = { ...assumed, ...picked, ...meant }
        if (config.strictModels && !config.model.includes(ask.model))
          return () => play(route, providers[route.provider].modelNotFound(ask.model))
        player = playerFor(ask)
        if (ask.inputs > 1) return player // large, and seldom asked for again
        players.set(key, player)
        if (players.size > MAX_PREPARED) players.delete(players.keys().next().value!)
      }
      return player
    }
    return (request) => {
      const arrivedMs = performance.now() // reading the body is our time, not the client's
      const picked = route.pick ? route.pick(request) : NOTHING
      if (picked === undefined) return unknown(request)
      return request.json().then(
        (body: unknown) => {
          try {
            if (!isObject(body)) throw new BadRequest('The body must be a JSON object.')
            return playerOf(route.read!(body, request), picked)(request, arrivedMs)
          } catch (thrown) {
            if (!(thrown instanceof BadRequest)) throw thrown
            return refuse(route, 400, thrown.message, thrown.param)
          }
        },
        () => refuse(route, 400, 'We could not parse the JSON body of your request.'),
      )
    }
  }

  function refuse(route: Route, status: number, message: string, param?: string): Response {
    return play(route, providers[route.provider].error(status, message, { param }))
  }

  function play(route: Route, answer: WholeAnswer): Response {
    const reply = wholeReply(answer, preparationOf(config, route.provider))
    return playWhole(reply, stage, stage.tally.counter(nameOf(route), answer.status))
  }
}

/** Every field that a body or URL may decide but `inputs`; what is left open is the same in every ask of a route. */
function keyOf(given: Partial<Ask>, picked: Partial<Ask>): string {
  const { model, stream, includeUsage, choices, content, toolName, dimensions, form } = given
  return `${stream}|${includeUsage}|${choices}|${content}|${toolName}|${dimensions}|${form}|${picked.stream}|${picked.form}|${model}`
}

/** The bytes of a body, or undefined when there are more than `most`; all are read in either case. */
async function readAtMost(body: ReadableStream<Uint8Array>, most: number): Promise<Uint8Array | undefined> {
  const pieces: Uint8Array[] = []
  let bytes = 0
  for await (const piece of body) {
    bytes += piece.byteLength
    if (bytes <= most) pieces.push(piece)
  }
  return bytes > most ? undefined : Buffer.concat(pieces)
}

/** For a message: a header may have any length. */
function shorten(text: string): string {
  return text.length > 60 ? `${text.slice(0, 60)}…` : text
}
