// From a route, an ask and a pattern of faults to cards. What is said is prepared when it is first dealt, and kept while there is
// room; where in the circle of replies a request stands belongs to its route and pattern, whatever it asks for.
import type { Answer, Route, Setup } from '../apis/api.ts'
import {
  type Ask,
  cleanAsk,
  contentKeyOf,
  hasLargeContent,
  isLarge,
  keyOf,
  type ProviderName,
} from '../apis/ask.ts'
import { providers, refusal } from '../apis/providers.ts'
import { remember } from '../apis/remember.ts'
import type { Waiting } from '../apis/retrying.ts'
import { codingsOf, type FaultPlan, OK, parsePattern, type Pattern } from '../config/patterns.ts'
import { Contents } from '../replies/contents.ts'
import { createPlanDealer } from '../replies/deck.ts'
import type { Draft } from '../replies/draft.ts'
import { createFault } from '../replies/faults.ts'
import { type Headers, type Reply, wholeDraft } from '../replies/reply.ts'
import { ReplyDeck } from '../replies/replydeck.ts'
import { Timetable } from '../replies/timetable.ts'
import { isSame } from '../replies/same.ts'
import { countSchedules, drawSchedules } from '../replies/timing.ts'
import type { Work } from '../replies/work.ts'
import { Tally } from '../stats/tally.ts'
import type { Card, Dealer } from './card.ts'
import { CardDeck } from './carddeck.ts'
import { createCoders } from './coders.ts'
import { CORS_HEADERS } from './cors.ts'
import { Kept } from './kept.ts'
import { Preparing } from './preparing.ts'
import type { WorkerPlace } from './place.ts'

export interface Decks {
  /** Every request gets what the plan of the configuration deals. */
  planned(route: Route): Dealer
  /** Every request gets this pattern, and where it `isTold` hears so in a header. */
  picked(route: Route, pattern: Pattern, isTold: boolean): Dealer
  /** Requests get these patterns in turn, from the first one on, and hear so in a header. */
  played(route: Route, script: FaultPlan): Dealer
  /** Plans begin anew. */
  restart(): void
}

const USUAL = parsePattern(OK)

/** Chunks enough to see whether another ask is answered otherwise. */
const FEW = 2

/** Where decks are made. */
export interface DeckRoom {
  readonly tally: Tally
  readonly place: WorkerPlace
  /** What requests make up, of all decks of a worker together. */
  readonly kept: Kept
  /** Where it is prepared. */
  readonly preparing: Preparing
  /** Which replies of the configuration are prepared before anybody asks: those of all routes, of some, or none. */
  readonly prepares: 'all' | 'eager' | 'nothing'
  /** What tells these decks from others with the same room. */
  readonly variant: string
}

/** What asks of clients may take of a worker's memory once it is prepared. */
export const MOST_KEPT_BYTES = 64 << 20

/**
 * All workers have the same decks; each begins to deal at a place of its own, so that the rare long replies of a deck do not
 * come from all of them at once. What `base` asks for is kept for good.
 */
export function createDecks(
  setup: Setup,
  base: Ask,
  { tally, place: { index, workers }, kept, preparing, prepares, variant }: DeckRoom,
): Decks {
  const { config } = setup
  let drawn: Timetable | undefined
  /** Made when it is first needed: that of 1,000,000 chunks that vary takes 0.4 s and 64 MB. */
  const timetable = (): Timetable =>
    (drawn ??= new Timetable(drawSchedules(config), config.chunkDelayMs, config.preambleMs))
  const coders = createCoders(setup.createdAt)
  // A date is that of the request: a gate puts it in.
  const waiting: Waiting = { ...config, waitMs: config.retryAfterMs, nowUnixMs: 0 }
  const circle = countSchedules(config)
  const restarts: (() => void)[] = []

  /** The dealer of one route and pattern. */
  const deal = (route: Route, pattern: Pattern, isPicked: boolean, isTold = false): Dealer => {
    const headers = headersOf(setup, route.provider)
    const refuse = (status: number): Draft => wholeDraft(refusal(route.provider, status, waiting), headers)
    const isNegotiated = codingsOf([pattern]).length > 0
    const faultFor = remember((accepted: Ask['codings']) =>
      createFault(pattern, refuse, { coders, accepted }),
    )
    const hasAsk = Object.keys(pattern.ask).length > 0
    const makeDeck = (ask: Ask, contents: Contents, used = (): void => {}): CardDeck => {
      const asked = cleanAsk({ ...ask, ...pattern.ask })
      const answer = (drawn: number): Answer => route.answer(asked, drawn)
      const fault = faultFor(isNegotiated ? ask.codings : base.codings)
      const replies = new ReplyDeck({
        answer,
        timetable: timetable(),
        headers,
        contents,
        isShared: contents !== baseContents,
        fault,
      })
      const account = {
        isApplied: function* (): Work<boolean> {
          if (pattern.text === OK || (fault !== undefined && (yield* replies.isApplied()))) return true
          return hasAsk && !(yield* isSame(answer(FEW), route.answer(cleanAsk(ask), FEW)))
        },
        ledger: () => (pattern === USUAL ? null : tally.ledger(pattern.text)),
        extra: isTold ? { 'X-Test-Pattern-Applied': pattern.text } : null,
      }
      return new CardDeck(replies, account, nameOf(route), tally, preparing, used)
    }
    /** A deck whose content all asks share that have the same. */
    const makeSharing = (ask: Ask, key: string): CardDeck => {
      const contentsKey = `content${variant} ${keyNameOf(route)} ${contentKeyOf({ ...ask, ...pattern.ask })}`
      const contents = kept.get(contentsKey, () => new Contents())
      return makeDeck(ask, contents, () => {
        // First, so that its deck does not drop it, and last, so that it outlives the decks that share it.
        kept.use(contentsKey)
        kept.use(key)
        kept.use(contentsKey)
      })
    }
    const start = Math.floor((index * circle) / workers)
    let dealt = 0
    const next = (): number => {
      const place = (start + dealt) % circle
      dealt = dealt + 1 === circle ? 0 : dealt + 1
      return place
    }
    const id = `${variant} ${keyNameOf(route)} ${isPicked} ${isTold} ${pattern.text}`
    const baseContents = new Contents()
    let usual: CardDeck | undefined
    if (!isPicked && (prepares === 'all' || (prepares === 'eager' && route.eager))) {
      usual = makeDeck(base, baseContents)
      usual.prepareAll()
    }
    return (ask) => {
      // What the configuration asks for stays; what requests make up has to share the room there is.
      if (ask === base && !isPicked) return (usual ??= makeDeck(base, baseContents)).deal(next())
      if (hasLargeContent(ask)) return makeDeck(ask, new Contents()).deal(next())
      const key = isLarge(ask) ? '' : `${id} ${keyOf(ask)}`
      const deck = key === '' ? makeSharing(ask, key) : kept.get(key, () => makeSharing(ask, key))
      return deck.deal(next())
    }
  }

  return {
    planned: (route) => {
      const plan = config.fault
      if (plan.entries.length === 0 || route.role !== 'model') return deal(route, USUAL, false)
      const dealer = createPlanDealer(plan, config.seed, index / workers)
      restarts.push(dealer.restart)
      const dealers = [
        USUAL,
        ...plan.entries.map(({ pattern }) => (pattern.text === OK ? USUAL : pattern)),
      ].map((pattern) => deal(route, pattern, false))
      return (ask) => dealers[dealer.next()]!(ask)
    },
    picked: (route, pattern, isTold) => deal(route, pattern, true, isTold),
    played: (route, script) => {
      const dealer = createPlanDealer(script, config.seed, 0)
      const patterns = [USUAL, ...script.entries.map(({ pattern }) => pattern)]
      const dealers = patterns.map((pattern) => deal(route, pattern, true, true))
      return (ask) => dealers[dealer.next()]!(ask)
    },
    restart: () => {
      for (const restart of restarts) restart()
    },
  }
}

/** A single body that is sent at once, and counted as the route's. */
export function plainCard(reply: Reply, tally: Tally, name: string): Card {
  return { kind: 'card', reply, tally, counter: tally.counter(name, reply.status), ledger: null, extra: null }
}

/** What is sent with every reply of a provider besides what its format has. */
export function headersOf({ config, upstream }: Setup, provider: ProviderName): Headers {
  const { providerHeaders, cors } = config
  const name = upstream?.name ?? ''
  return {
    ...(name !== '' && { 'X-Mock-Upstream': name }),
    ...(cors && CORS_HEADERS),
    ...(providerHeaders && providers[provider].headers(config)),
  }
}

/** What no two routes have in common. */
function keyNameOf(route: Route): string {
  return `${route.provider} ${nameOf(route)}`
}

/** How a route is called in the numbers. */
export function nameOf({ method, paths }: Route): string {
  return `${method} ${paths[0]}`
}
