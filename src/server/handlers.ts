// From routes to functions that answer them. What can be known is prepared and chosen here, before the first request; what
// only the URL or the body tells (Gemini's paths, `--reply auto`) is prepared when it is first asked for, and kept.
import {
  type Ask,
  BadRequest,
  defaultAsk,
  type Route,
  type Setup,
  type WholeAnswer,
  type ProviderName,
} from '../apis/api.ts'
import { isObject } from '../apis/body.ts'
import { providers } from '../apis/providers.ts'
import type { Config } from '../config/config.ts'
import { createDealer } from '../replies/deck.ts'
import { type Preparation, prepareDeck, type Reply, wholeReply } from '../replies/reply.ts'
import { drawSchedules } from '../replies/timing.ts'
import { createPlayer, type Player, playWhole, type Stage } from './player.ts'

/** Answers a request that arrives now. */
export type Handler = (request: Request) => Response | Promise<Response>

/** Path, then method. */
export type Handlers = Record<string, Record<string, Handler>>

/** Which of the workers this process is. */
export interface WorkerPlace {
  /** From 0. */
  readonly index: number
  readonly workers: number
}

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

/**
 * Prepares every route. All workers have the same decks; each begins to deal at a place of its own, so that the rare long
 * replies of a deck do not come from all of them at once. `unknown` answers what a route refuses for its URL.
 */
export function prepareHandlers(
  setup: Setup,
  routes: readonly Route[],
  stage: Stage,
  { index, workers }: WorkerPlace,
  unknown: (request: Request) => Response,
): Handlers {
  const { config } = setup
  const schedules = drawSchedules(config)
  const base = defaultAsk(config)
  const lengths = new Set(schedules.map((schedule) => schedule.length))
  const isSmall = config.chunkCount * Math.max(config.chunkBytes, WORD_BYTES) * lengths.size <= EAGER_BYTES
  const shared = new Map<Route['answer'], Reply[]>()
  const handlers: Handlers = {}
  for (const route of routes) (handlers[route.path] ??= {})[route.method] = createHandler(route)
  return handlers

  function createHandler(route: Route): Handler {
    if (route.read && config.reply === 'auto') return createReader(route)
    if (route.pick) return createPicker(route)
    let player: Player | undefined
    if (isSmall || route.path.endsWith('/chat/completions')) player = createDeckPlayer(route, base)
    return (request) => (player ??= createDeckPlayer(route, base))(request, performance.now())
  }

  /** The URL decides: what it picks is one of a few constants, so it is compared by identity. */
  function createPicker(route: Route): Handler {
    const players = new Map<Partial<Ask>, Player>()
    return (request) => {
      const picked = route.pick!(request)
      if (picked === undefined) return unknown(request)
      let player = players.get(picked)
      if (player === undefined) {
        player = createDeckPlayer(route, { ...base, ...picked })
        players.set(picked, player)
      }
      return player(request, performance.now())
    }
  }

  /**
   * The body decides. A real parse and no scan: only a parse knows what is malformed. Plain `then` and a key without a copy
   * of the ask: an async function that spread it made 0.70 of the default's requests a second where this makes 0.75.
   */
  function createReader(route: Route): Handler {
    const players = new Map<string, Player>()
    const assumed: Ask = { ...base, stream: false }
    const playerFor = (given: Partial<Ask>, picked: Partial<Ask>): Player => {
      // Most requests offer tools and get text: their names must not make a deck each.
      const { toolName = base.toolName, content = assumed.content } = given
      const meant = { ...given, toolName: content === 'tools' ? toolName : base.toolName }
      const key = keyOf(meant, picked)
      let player = given.inputs === undefined || given.inputs === 1 ? players.get(key) : undefined
      if (player === undefined) {
        const ask: Ask = { ...assumed, ...picked, ...meant }
        if (config.strictModels && !config.model.includes(ask.model))
          return () => play(route, providers[route.provider].modelNotFound(ask.model))
        player = createDeckPlayer(route, ask)
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
            return playerFor(route.read!(body, request), picked)(request, arrivedMs)
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

  function createDeckPlayer(route: Route, ask: Ask): Player {
    const prepare = (): Reply[] =>
      prepareDeck((count) => route.answer(ask, count), schedules, preparationOf(config, route.provider))
    let deck = ask === base ? shared.get(route.answer) : undefined
    deck ??= prepare()
    if (ask === base) shared.set(route.answer, deck) // the same answer stands at several paths
    const players = deck.map((reply) =>
      createPlayer(reply, stage, stage.tally.counter(nameOf(route), reply.status)),
    )
    const deal = createDealer(players, Math.floor((index * players.length) / workers))
    return (request, arrivedMs) => deal()(request, arrivedMs)
  }
}

/** What goes for every reply of a provider. */
export function preparationOf(config: Config, provider: ProviderName): Preparation {
  const { stamp, uniqueIds, providerHeaders } = config
  return { stamp, uniqueIds, headers: providerHeaders ? providers[provider].headers(config) : {} }
}

function nameOf({ method, path }: Route): string {
  return `${method} ${path}`
}

/** Every field that a body or URL may decide but `inputs`; what is left open is the same in every ask of a route. */
function keyOf(given: Partial<Ask>, picked: Partial<Ask>): string {
  const { model, stream, includeUsage, choices, content, toolName, dimensions, form } = given
  return `${stream}|${includeUsage}|${choices}|${content}|${toolName}|${dimensions}|${form}|${picked.stream}|${picked.form}|${model}`
}
