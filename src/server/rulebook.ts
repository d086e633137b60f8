// Answers of one's own: which rule a request meets, and what it then asks for.
import type { Conversation, RequestHead } from '../apis/api.ts'
import type { Ask, CallAsk } from '../apis/ask.ts'
import { countTurns, lastUserText } from '../apis/reading/conversation.ts'
import { jsonText, ownText } from '../apis/reading/structure.ts'
import { isDone } from '../apis/reading/tools.ts'
import type { Settings } from '../config/config.ts'
import { options } from '../config/options.ts'
import { type ProfileName, profileSettings } from '../config/profiles.ts'
import { type Asked, createMatcher, nearestRule, type Rule, type Then } from '../config/rules.ts'

/** What rules look at in a request whose body has been read. */
export function askedOf(
  { model }: Ask,
  conversation: Conversation,
  head: RequestHead,
  config: Pick<Settings, 'toolRounds'>,
): Asked {
  return {
    model,
    path: head.path,
    text: lastUserText(conversation),
    turn: countTurns(conversation),
    isDone: isDone(config, conversation),
    header: (name) => head.header(name),
  }
}

/** State: none but the rules, made ready. */
export class Rulebook {
  readonly #rules: readonly Rule[]
  /** The first rule that is for a request. */
  readonly find: (asked: Asked) => Rule | undefined

  constructor(rules: readonly Rule[]) {
    this.#rules = rules
    this.find = createMatcher(rules)
  }

  /** Why no rule is for a request. */
  explain(asked: Asked): string {
    const nearest = nearestRule(this.#rules, asked)
    const why =
      nearest === undefined ? '' : `; the nearest is ${nearest.rule.name}: ${nearest.misses.join(', ')}`
    return `No rule of --replies is for this request${why}.`
  }
}

/** What a request asks for that meets a rule. */
export function applyRule(ask: Ask, { then }: Rule, config: Settings): Ask {
  const { text, json, tools } = then
  const said: Ask = {
    ...ask,
    ...(text !== undefined && { own: ownText(config, text) }),
    ...(json !== undefined && { own: jsonText(json) }),
  }
  if (text !== undefined || json !== undefined)
    return { ...said, content: { reasoning: said.content.reasoning, text: true, calls: 0 } }
  if (tools === undefined) return said
  const calls = tools.map(({ name, arguments: input }): CallAsk => {
    return { name, kind: 'function', input: jsonText(input) }
  })
  return {
    ...said,
    content: { reasoning: false, text: false, calls: calls.length },
    calls: calls as unknown as Ask['calls'],
  }
}

/** The configuration with what a rule sets, which has been found good. */
export function withSettings(config: Settings, settings: Then['settings']): Settings {
  const named = settings.profile as ProfileName | undefined
  const texts = { ...(named && profileSettings(named)), ...settings }
  const parsed = Object.entries(texts).map(([name, text]) => [
    name,
    options[name as keyof typeof options].parse(text),
  ])
  return { ...config, ...(Object.fromEntries(parsed) as Partial<Settings>) }
}
