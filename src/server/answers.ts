// Answers of one's own, route by route: the rules of `--replies`, and `--text echo`.
import type { JsonObject, RequestHead, Route } from '../apis/api.ts'
import type { Ask } from '../apis/ask.ts'
import { readConversation } from '../apis/reading/conversation.ts'
import { ownText } from '../apis/reading/structure.ts'
import type { Config } from '../config/config.ts'
import { parsePattern } from '../config/patterns.ts'
import type { Asked, Rule } from '../config/rules.ts'
import type { Card, Dealer } from './card.ts'
import type { Decks } from './decks.ts'
import { applyRule, askedOf, Rulebook, withSettings } from './rulebook.ts'

/** What is answered to a body: a card for what it asks for, which `deal` deals, or for what a rule makes of that. */
export type Answer = (ask: Ask, body: JsonObject, head: RequestHead, deal: Dealer) => Card

/** What a route does with a rule. */
export interface RouteDesk {
  /** Dealers count against the limits of the route. */
  limit(deal: Dealer): Dealer
  refuse(status: number, message: string): Card
}

export interface Answers {
  /** Undefined where a request is answered what it asks for, and nothing else. */
  of(route: Route, desk: RouteDesk): Answer | undefined
  /** Plans of faults begin anew. */
  restart(): void
  /** From now on these rules count. */
  reload(rules: readonly Rule[]): void
}

/** State: the rules that count. `decksOf` makes the decks of a configuration, which is the usual one with what a rule sets. */
export function createAnswers(
  config: Config,
  rules: readonly Rule[],
  decksOf: (config: Config, variant: string) => Decks,
): Answers {
  let book = new Rulebook(rules)
  const variants = new Map<string, { readonly config: Config; readonly decks: Decks }>()
  const isUsed = config.replies !== '' || config.text === 'echo'

  const variantOf = ({ then: { settings } }: Rule): { readonly config: Config; readonly decks: Decks } => {
    const name = JSON.stringify(settings)
    let variant = variants.get(name)
    if (variant === undefined) {
      const settled = withSettings(config, settings)
      variants.set(name, (variant = { config: settled, decks: decksOf(settled, name) }))
    }
    return variant
  }

  const echo = (ask: Ask, { text }: Asked): Ask =>
    config.text === 'echo' && ask.own === null && text !== '' ? { ...ask, own: ownText(config, text) } : ask

  return {
    restart: () => {
      for (const { decks } of variants.values()) decks.restart()
    },
    reload: (next) => (book = new Rulebook(next)),
    of: (route, { limit, refuse }) => {
      if (!isUsed || route.role !== 'model') return undefined
      const dealers = new WeakMap<Rule, Dealer>()
      const dealerOf = (rule: Rule): Dealer => {
        let deal = dealers.get(rule)
        if (deal === undefined) {
          const { decks } = variantOf(rule)
          const { fault } = rule.then
          deal = limit(fault === undefined ? decks.planned(route) : decks.picked(route, parsePattern(fault)))
          dealers.set(rule, deal)
        }
        return deal
      }
      return (ask, body, head, deal) => {
        const conversation = readConversation(body)
        const asked = askedOf(ask, conversation, head)
        const rule = book.find(asked)
        if (rule === undefined)
          return config.repliesStrict ? refuse(404, book.explain(asked)) : deal(echo(ask, asked))
        const { fault, settings } = rule.then
        const isUsual = fault === undefined && Object.keys(settings).length === 0
        if (isUsual) return deal(applyRule(ask, rule, config, conversation))
        return dealerOf(rule)(applyRule(ask, rule, variantOf(rule).config, conversation))
      }
    },
  }
}
