// From method and path to the picker that decides about a request, for every engine: routes, numbers, preflights, and what is
// neither. Everything that can be known before the first request is prepared here.
import type { RequestHead, Route, Setup, WholeAnswer } from '../apis/api.ts'
import { type Ask, defaultAsk, type ProviderName } from '../apis/ask.ts'
import { catalogue } from '../apis/catalogue.ts'
import { providers, refusal } from '../apis/providers.ts'
import { absentSegments } from '../apis/routes/paths.ts'
import { httpDate } from '../apis/retrying.ts'
import { ownText } from '../apis/reading/structure.ts'
import { type Coding, codings } from '../config/connectionkinds.ts'
import { orList } from '../config/nearest.ts'
import { codingsOf, patternsOf } from '../config/patterns.ts'
import type { Rule } from '../config/rules.ts'
import { textSizes, wordsOf } from '../config/texts.ts'
import { wholeReply } from '../replies/reply.ts'
import { createAdmission } from './admission.ts'
import { pickByAgent, pickByBody, pickByHead, type Refusals } from './asks.ts'
import { MOST_BODY_BYTES } from './budget.ts'
import { createAnswers } from './answers.ts'
import type { Card, Dealer, Picker } from './card.ts'
import { CORS_HEADERS, preflight } from './cors.ts'
import { createDecks, headersOf, nameOf, plainCard } from './decks.ts'
import { dated, guarded, honoring, identified, lazily, limited, negotiated, readied, sized } from './gates.ts'
import { acceptedEncodings } from './encodings.ts'
import { createKeeper } from './journal/gate.ts'
import { createKeyCheck } from './keys.ts'
import { pageOf, shown } from './page.ts'
import { patternPickers } from './picked.ts'
import { Router, type Served } from './match.ts'
import type { Site, Room } from './room.ts'
import { createUnrouted, type Unrouted } from './unrouted.ts'

/** What is served at a path: by a route, or by the mock itself. */
interface Shelf {
  readonly pick: Picker
  readonly route: Route | undefined
}

/** What engines ask. */
export interface Desk {
  /** Everything that is served. */
  readonly rows: readonly Served<{ readonly pick: Picker }>[]
  /** Who decides about a request; also about those that nothing is served for. */
  match(method: string, path: string): Picker
  /** The answer to a request that cannot be made out, in the form of the provider whose path it is. */
  refuse(status: number, message: string, path: string): Card
  /** The answer where something of ours has failed, which is told on stderr. */
  fail(thrown: unknown): Card
}

/** The desk of one upstream. */
export interface UpstreamDesk extends Desk {
  readonly rows: readonly Served<Shelf>[]
  /** Whether a request has its key; null where it asks for none. */
  hasKey(head: RequestHead): boolean | null
  readonly unrouted: Unrouted['answerFor']
  /** Null: browsers of other origins may not use it. */
  readonly preflight: Picker | null
}

/** The desk of settings that stay as they are. */
export interface SettledDesk extends UpstreamDesk {
  /** Plans of faults begin anew. */
  restart(): void
  /** From now on these rules say who is answered what. */
  reload(rules: readonly Rule[]): void
}

/**
 * What is larger than this is prepared when it is first dealt: with all formats together the start would take seconds. Chat, which
 * most ask for, is prepared in any case.
 */
const EAGER_BYTES = 1 << 20
/** About as long as a word is. */
const WORD_BYTES = 8
/** The largest body that is parsed, unless `--max-body-bytes` says otherwise: more than any prompt with its pictures has. */
export const MOST_PARSED_BYTES = 16 << 20
/** What is said when bodies that are being read take all the memory there is for them. */
const NO_ROOM = `The mock is reading ${MOST_BODY_BYTES >> 20} MB of request bodies already, which is as much as it keeps.`
/** What is said of a body that is encoded in a way that is not known. */
const UNKNOWN_ENCODING = `Unsupported Content-Encoding: it takes ${orList(acceptedEncodings)}.`

/** Prepares every route. */
export function createDesk(setup: Setup, site: Site, room: Room): SettledDesk {
  const { config } = setup
  const { tally, observed, prefixes } = site
  const { place, clock, complaints, kept, preparing, journal } = room
  const nameFor = room.names()
  const { text: fileText } = setup.files ?? {}
  const own = fileText === undefined ? null : ownText(config, fileText)
  const base: Ask = { ...defaultAsk(config), own }
  const chunkBytes = Math.max(textSizes[wordsOf(config.text)], config.chunkBytes, WORD_BYTES)
  const isLong = config.chunkCount * chunkBytes > EAGER_BYTES
  const prepares = isLong && site.prepares === 'all' ? 'eager' : site.prepares
  const shared = { tally, place, kept, preparing }
  const decks = createDecks(setup, base, { ...shared, prepares, variant: nameFor('') })
  const answers = createAnswers({ config, own }, setup.files?.rules ?? [], (settled, variant) => {
    const routes = catalogue({ ...setup, config: settled })
    return {
      config: settled,
      own: own === null || settled.chunkBytes === config.chunkBytes ? own : ownText(settled, own.text),
      decks: createDecks({ ...setup, config: settled }, base, {
        ...shared,
        prepares: 'nothing',
        variant: nameFor(variant),
      }),
      routeOf: (own) => routes.find((one) => one.provider === own.provider && nameOf(one) === nameOf(own))!,
    }
  })
  const restarts = [decks.restart, answers.restart]
  // Rules may come to name any.
  const plannedCodings = config.replies === '' ? codingsOf(patternsOf(config.fault)) : codings
  const admit = createAdmission(config, place, site.underWay, clock.now, site.window)
  const isKeyKnown = config.apiKey === '' ? undefined : createKeyCheck(config.apiKey)
  const routes = catalogue(setup)
  const endpoints = routes.filter(({ role, isForOwn }) => role !== 'health' && !isForOwn).map(nameOf)
  const page = pageOf(setup, endpoints, headersOf(setup, 'openai'), tally)
  const keep = createKeeper(journal, setup.upstream, Math.max(config.maxBodyBytes, MOST_PARSED_BYTES), tally)

  // Clocks may be set back.
  const isReady = (): boolean => {
    const sinceMs = site.sinceMs()
    return sinceMs > Number.NEGATIVE_INFINITY && (config.readyAfter === 0 || sinceMs >= config.readyAfter)
  }
  const rows: Served<Shelf>[] = [
    ...routes.flatMap((route) => {
      if (route.isForOwn) return []
      const pick = site.prepares === 'nothing' ? lazily(() => pickFor(route)) : pickFor(route)
      const last = route.role === 'health' && !route.waits ? undefined : route.paths.at(-1)
      return route.paths.map((path) => ({
        method: route.method,
        path,
        anywhere: path === last && prefixes.length === 0,
        value: { pick, route },
      }))
    }),
    ...observed.map(({ method, path, pick }) => ({ method, path, value: { pick, route: undefined } })),
  ]
  const router = new Router(rows, absentSegments)
  const isOpen = new Set(observed.filter(({ isGuarded }) => !isGuarded).map(({ path }) => path))
  const nowhere = createUnrouted({
    tally,
    prefixes,
    upstream: setup.upstream,
    clock,
    router,
    lets: (head) => isKeyKnown === undefined || isOpen.has(head.path) || isKeyKnown(head),
    plain,
  })
  const pickUnrouted = keep(nowhere.answer, 'unrouted')
  // It has no body, and so no type of one.
  const empty = wholeReply({ kind: 'whole', status: 204, body: '' }, {})
  const preflightHeaders = { ...headersOf(setup, 'openai'), ...CORS_HEADERS }
  const answerPreflight = config.cors
    ? preflight(plainCard({ ...empty, headers: preflightHeaders }, tally, 'preflight'))
    : null

  return {
    rows,
    match: (method, path) => {
      const found = router.find(method === 'HEAD' ? 'GET' : method, path)
      if (found !== undefined) return found.pick
      return (method === 'OPTIONS' ? answerPreflight : null) ?? pickUnrouted
    },
    refuse: nowhere.refuse,
    hasKey: (head) => isKeyKnown?.(head) ?? null,
    unrouted: nowhere.answerFor,
    preflight: answerPreflight,
    fail: (thrown) => {
      complaints.tell(thrown)
      return nowhere.refuse(500, 'The mock failed; its stderr says why', '/')
    },
    restart: () => {
      for (const restart of restarts) restart()
    },
    reload: answers.reload,
  }

  function pickFor(route: Route): Picker {
    const picked = config.reply === 'auto' ? pickByAgent(route, routes, pickerOf) : pickerOf(route)
    return route.role === 'health' ? picked : keep(picked, nameOf(route))
  }

  function plain(provider: ProviderName, answer: WholeAnswer, name: string, isNobodys = false): Card {
    const { upstream, ...nobodys } = setup
    return plainCard(wholeReply(answer, headersOf(isNobodys ? nobodys : setup, provider)), tally, name)
  }

  function pickerOf(route: Route): Picker {
    const turnAway = (status: number, waitMs = 0, message?: string): Card => {
      const waiting = { ...config, waitMs, nowUnixMs: clock.unixMs() }
      return plain(route.provider, refusal(route.provider, status, waiting, message), nameOf(route))
    }
    const fail = (status: number, message: string, param?: string, code?: string): Card =>
      plain(route.provider, providers[route.provider].error(status, message, { param, code }), nameOf(route))
    const refusals: Refusals = {
      encoding: () => {
        const headers = { 'accept-encoding': acceptedEncodings.join(', ') }
        const answer = providers[route.provider].error(415, UNKNOWN_ENCODING, { headers })
        return plain(route.provider, answer, nameOf(route))
      },
      unknown: (head) => nowhere.answer(head),
      unfit: (why) => (why === 'tooLarge' ? turnAway(413) : turnAway(503, 0, NO_ROOM)),
      counter: tally.counter(nameOf(route), 413),
      invalid: (message, param, code) => fail(400, message, param, code),
      noModel: (id) => plain(route.provider, providers[route.provider].modelNotFound(id), nameOf(route)),
    }
    const looks = route.read !== undefined && config.reply === 'auto'
    const looking = {
      models: config.strictModels ? config.model : undefined,
      mostBytes: config.maxBodyBytes || MOST_PARSED_BYTES,
    }
    const limit = (deal: Dealer): Dealer => limits(route, deal, turnAway)
    const fromAsk = (deal: Dealer, offered: readonly Coding[], isPicked: boolean): Picker => {
      const within = limit(deal)
      return negotiated(offered, (accepted) => {
        const asked = accepted.length === 0 ? base : { ...base, codings: accepted }
        return looks
          ? pickByBody(route, asked, within, refusals, {
              ...looking,
              answer: answers.of(route, { limit, refuse: fail, isPicked }),
            })
          : pickByHead(route, asked, within, refusals)
      })
    }
    let pick = fromAsk(decks.planned(route), route.role === 'model' ? plannedCodings : [], false)
    if (route.role === 'model') {
      if (config.honor === 'fault') {
        const picked = patternPickers(config, {
          make: (pattern) => fromAsk(decks.picked(route, pattern, true), codingsOf([pattern]), true),
          play: (script) => fromAsk(decks.played(route, script), codingsOf(patternsOf(script)), true),
          refuse: (why) => fail(400, why),
        })
        restarts.push(picked.restart)
        pick = honoring(pick, 'x-test-pattern', picked.of)
      }
      if (config.maxBodyBytes > 0) pick = sized(pick, config.maxBodyBytes, looks, refusals)
    }
    if (route.page) pick = shown(pick, page)
    if (route.waits) pick = readied(pick, isReady, () => turnAway(503, 0, 'Not ready yet.'))
    if (route.open || isKeyKnown === undefined) return pick
    const denied = (head: RequestHead): Card => {
      const provider = nowhere.providerOf(head)
      return plain(provider, refusal(provider, 401, null), nameOf(route))
    }
    return guarded(pick, isKeyKnown, denied)
  }

  function limits(
    route: Route,
    deal: Dealer,
    turnAway: (status: number, waitMs?: number, message?: string) => Card,
  ): Dealer {
    if (route.role !== 'model') return deal
    const { limitHeaders, idHeaders } = providers[route.provider]
    const comeBack = (): string => httpDate(clock.unixMs() + config.retryAfterMs)
    const isIdentified = config.providerHeaders && config.reply === 'auto' && idHeaders.length > 0
    const timely = config.retryAfter === 'date' ? dated(deal, comeBack) : deal
    const named = isIdentified ? identified(timely, idHeaders, clock.freshId) : timely
    if (admit === undefined) return named
    return limited(
      named,
      admit,
      (limit) => limitHeaders(limit, clock.unixMs()),
      (waitMs, reason) => turnAway(429, waitMs, reason),
    )
  }
}
