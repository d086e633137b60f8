// From routes to functions that answer them: decks are prepared and players chosen here, before the first request.
import type { Answer, Route, Setup } from '../apis/api.ts'
import { createDealer } from '../replies/deck.ts'
import { prepareDeck, type Reply } from '../replies/reply.ts'
import { drawSchedules } from '../replies/timing.ts'
import { createPlayer, type Player, type Stage } from './player.ts'

/** Path, then method. */
export type Handlers = Record<string, Record<string, Player>>

/** Which of the workers this process is. */
export interface WorkerPlace {
  /** From 0. */
  readonly index: number
  readonly workers: number
}

/**
 * Prepares every route. All workers have the same decks; each begins to deal at a place of its own, so that the rare long
 * replies of a deck do not come from all of them at once.
 */
export function prepareHandlers(
  setup: Setup,
  routes: readonly Route[],
  stage: Stage,
  { index, workers }: WorkerPlace,
): Handlers {
  const schedules = drawSchedules(setup.config)
  const decks = new Map<(chunkCount: number) => Answer, Reply[]>()
  const handlers: Handlers = {}
  for (const { method, path, answer } of routes) {
    const deck = decks.get(answer) ?? prepareDeck(answer, schedules)
    decks.set(answer, deck)
    const route = `${method} ${path}`
    const players = deck.map((reply) => createPlayer(reply, stage, stage.tally.counter(route, reply.status)))
    const deal = createDealer(players, Math.floor((index * players.length) / workers))
    ;(handlers[path] ??= {})[method] = (request) => deal()(request)
  }
  return handlers
}
