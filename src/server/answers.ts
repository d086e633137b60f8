// Answers of one's own, route by route: the rules of `--replies`, and `--text echo`.
import type { JsonObject, RequestHead, Route } from '../apis/api.ts'
import type { Ask, Own } from '../apis/ask.ts'
import { ownText } from '../apis/reading/structure.ts'
import type { Config } from '../config/config.ts'
import { parsePattern } from '../config/patterns.ts'
import type { Asked, Rule } from '../config/rules.ts'
import type { Card, Dealer, Later } from './card.ts'
import type { Decks } from './decks.ts'
import { applyRule, askedOf, Rulebook, withSettings } from './rulebook.ts'

/** What is answered to a body: a card for what it asks for, which `deal` deals, or for what a rule makes of that. */
export type Answer = (ask: Ask, body: JsonObject, head: RequestHead, deal: Dealer) => Card | Later

/** What a route does with a rule. */
export interface RouteDesk {
  /** Dealers count against the limits of the route. */
  limit(deal: Dealer): Dealer
  refuse(status: number, message: string): Card
  /** A header of the request has picked how it is dealt. */
  readonly isPicked: boolean
}

export interface Answers {
  /** Undefined where a request is answered what it asks for, and nothing else. */
  of(route: Route, desk: RouteDesk): Answer | undefined
  /** Plans of faults begin anew. */
  restart(): void
  /** From now on these rules count. */
  reload(rules: readonly Rule[]): void
}

/** What there is for a configuration that is the usual one with what rules set. */
export interface Variant {
  readonly config: Config
  /** What `--text @FILE` says. */
  readonly own: Own | null
  readonly decks: Decks
  /** The same route, with answers of this configuration. */
  routeOf(route: Route): Route
}

/** State: the rules that count, and the variants of the configuration that they name; equal ones share their place in the plan. */
export function createAnswers(
  usual: Pick<Variant, 'config' | 'own'>,
  rules: readonly Rule[],
  makeVariant: (config: Config, name: string) => Variant,
): Answers {
  const { config } = usual
  let book = new Rulebook(rules)
  const variants = new Map<string, Variant>()
  /** By route, variant and fault. */
  const dealers = new Map<string, Dealer>()
  const isUsed = config.replies !== '' || config.text === 'echo'

  const variantOf = ({ then: { settings } }: Rule): Variant => {
    const name = JSON.stringify(settings)
    let variant = variants.get(name)
    if (variant === undefined)
      variants.set(name, (variant = makeVariant(withSettings(config, settings), name)))
    return variant
  }

  /** With what is said where neither the body nor a rule says it. */
  const withWords = (ask: Ask, { text }: Asked, by: Pick<Variant, 'config' | 'own'>): Ask => {
    if (config.text === 'echo' && ask.own === null && text !== '')
      return { ...ask, own: ownText(by.config, text) }
    return by.own !== usual.own && ask.own === usual.own ? { ...ask, own: by.own } : ask
  }

  return {
    restart: () => {
      for (const { decks } of variants.values()) decks.restart()
    },
    reload: (next) => {
      book = new Rulebook(next)
      variants.clear()
      dealers.clear()
    },
    of: (route, { limit, refuse, isPicked }) => {
      if (!isUsed || route.role !== 'model') return undefined
      const dealerOf = (rule: Rule): Dealer => {
        const { fault, settings } = rule.then
        const name = `${route.provider} ${route.method} ${route.paths[0]} ${fault} ${JSON.stringify(settings)}`
        let deal = dealers.get(name)
        if (deal === undefined) {
          const { decks, routeOf } = variantOf(rule)
          const own = routeOf(route)
          deal = limit(
            fault === undefined ? decks.planned(own) : decks.picked(own, parsePattern(fault), false),
          )
          dealers.set(name, deal)
        }
        return deal
      }
      return (ask, body, head, deal) => {
        const asked = askedOf(ask, route.turns!(body), head, config)
        const rule = book.find(asked)
        if (rule === undefined)
          return config.repliesStrict ? refuse(404, book.explain(asked)) : deal(withWords(ask, asked, usual))
        const { fault, settings } = rule.then
        // What a header picks comes before what a rule says of faults and times.
        const hasSettings = Object.keys(settings).length > 0
        const by = hasSettings ? variantOf(rule) : usual
        // What a reply consists of depends on what the body says of tools.
        const read =
          settings.content === undefined
            ? ask
            : { ...ask, ...variantOf(rule).routeOf(route).read!(body, head) }
        const said = applyRule(withWords(read, asked, by), rule, by.config)
        return (isPicked || (fault === undefined && !hasSettings) ? deal : dealerOf(rule))(said)
      }
    },
  }
}
