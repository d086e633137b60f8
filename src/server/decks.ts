// From a route, an ask and a pattern of faults to a player that deals from the prepared replies.
import type { Ask, ProviderName, Route, Setup } from '../apis/api.ts'
import { providers, refusal } from '../apis/providers.ts'
import type { Config } from '../config/config.ts'
import { OK, parsePattern, type Pattern } from '../config/patterns.ts'
import { createDealer, createPlanDealer } from '../replies/deck.ts'
import { createFault } from '../replies/faults.ts'
import { type Fault, type Preparation, prepareDeck, type Reply, wholeReply } from '../replies/reply.ts'
import type { Schedule } from '../replies/timing.ts'
import type { Stage } from './playback.ts'
import { createPlayer, type Player } from './player.ts'

/** Which of the workers this process is. */
export interface WorkerPlace {
  /** From 0. */
  readonly index: number
  readonly workers: number
}

/** The player of one route for each thing that can be asked of it. */
export type PlayerFor = (ask: Ask) => Player

export interface Decks {
  /** Every request gets what the plan of the configuration deals. */
  planned(route: Route): PlayerFor
  /** Every request gets this pattern, and is told so in a header. */
  picked(route: Route, pattern: Pattern): PlayerFor
  /** Plans begin anew. */
  restart(): void
}

interface Prepared {
  readonly cards: readonly Reply[]
  /** The pattern makes a difference: faults of events do not where there are none. */
  readonly isApplied: boolean
}

const USUAL = parsePattern(OK)

/** Only what a model would have answered fails: not the lists of models, and not the health check. */
function canFail({ method }: Route): boolean {
  return method === 'POST'
}

/**
 * All workers have the same decks; each begins to deal at a place of its own, so that the rare long replies of a deck do not
 * come from all of them at once.
 */
export function createDecks(
  { config }: Setup,
  schedules: readonly Schedule[],
  base: Ask,
  stage: Stage,
  { index, workers }: WorkerPlace,
): Decks {
  const restarts: (() => void)[] = []
  /** The same answer stands at several paths. */
  const shared = new Map<Route['answer'], Map<Pattern, Prepared>>()

  const prepare = (route: Route, ask: Ask, pattern: Pattern): Prepared => {
    const preparation = preparationOf(config, route.provider)
    const refuse = (status: number): Reply =>
      wholeReply(refusal(route.provider, status, config.retryAfterMs), preparation)
    const fault = createFault(pattern, refuse)
    let isApplied = fault === undefined
    const noted: Fault | undefined =
      fault &&
      ((reply, failure) => {
        const changed = fault(reply, failure)
        isApplied ||= changed !== reply
        return changed
      })
    const asked = { ...ask, ...pattern.ask }
    const cards = prepareDeck((count) => route.answer(asked, count), schedules, preparation, noted)
    return { cards, isApplied }
  }

  const deckPlayer = (route: Route, ask: Ask, pattern: Pattern, isPicked: boolean): Player => {
    const isShared = ask === base && !isPicked
    const known = shared.get(route.answer) ?? new Map<Pattern, Prepared>()
    const deck = (isShared ? known.get(pattern) : undefined) ?? prepare(route, ask, pattern)
    if (isShared) shared.set(route.answer, known.set(pattern, deck))
    const { cards, isApplied } = deck
    if (isPicked && isApplied)
      for (const { headers } of cards) headers.set('X-Test-Pattern-Applied', pattern.text)
    const ledger = pattern === USUAL || !isApplied ? null : stage.tally.ledger(pattern.text)
    const players = cards.map((reply) =>
      createPlayer(reply, { ...stage, ledger }, stage.tally.counter(nameOf(route), reply.status)),
    )
    const deal = createDealer(players, Math.floor((index * players.length) / workers))
    if (ledger === null) return (request, arrivedMs) => deal()(request, arrivedMs)
    return (request, arrivedMs) => {
      ledger.dealt++
      return deal()(request, arrivedMs)
    }
  }

  const { fault: plan } = config
  return {
    planned: (route) => {
      if (plan.entries.length === 0 || !canFail(route)) return (ask) => deckPlayer(route, ask, USUAL, false)
      const dealer = createPlanDealer(plan, config.seed, index / workers)
      restarts.push(dealer.restart)
      return (ask) => {
        const players = [
          USUAL,
          ...plan.entries.map(({ pattern }) => (pattern.text === OK ? USUAL : pattern)),
        ].map((pattern) => deckPlayer(route, ask, pattern, false))
        return (request, arrivedMs) => players[dealer.next()]!(request, arrivedMs)
      }
    },
    picked: (route, pattern) => (ask) => deckPlayer(route, ask, pattern, true),
    restart: () => {
      for (const restart of restarts) restart()
    },
  }
}

/** With these a browser lets a page of any origin read the answer and all its headers. */
export const CORS_HEADERS: Readonly<Record<string, string>> = {
  'Access-Control-Allow-Origin': '*',
  'Access-Control-Expose-Headers': '*',
}

/** What goes for every reply of a provider. */
export function preparationOf(config: Config, provider: ProviderName): Preparation {
  const { stamp, uniqueIds, providerHeaders, cors } = config
  return {
    stamp,
    uniqueIds,
    headers: {
      ...(cors && CORS_HEADERS),
      ...(providerHeaders && providers[provider].headers(config)),
    },
  }
}

/** How a route is called in the numbers. */
export function nameOf({ method, path }: Route): string {
  return `${method} ${path}`
}
