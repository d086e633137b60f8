// Rules: which answer a request gets, by what it says. The first rule whose conditions all hold counts. They travel to the workers as
// JSON, so that what is made of their texts is made there.
import { createTest } from './automaton.ts'
import { quoteText } from './format.ts'
import type { OptionName } from './options.ts'
import { compileRegex } from './regex.ts'

/** What a request says, as far as rules look at it. */
export interface Asked {
  readonly model: string
  readonly path: string
  /** The last message of the user. */
  readonly text: string
  /** How many messages of the user there are. */
  readonly turn: number
  /** Tools have answered as often as they are to be called. */
  readonly isDone: boolean
  /** The value of a header, whose name is given in lower case; null when it is not there. */
  header(name: string): string | null
}

/** Conditions; those that are absent hold. `*` in `model`, `path` and the values of `header` stands for any text, or none. */
export interface When {
  readonly model?: string
  readonly path?: string
  /** Texts that the last message of the user contains, all of them. */
  readonly contains?: readonly string[]
  /** A regular expression, as `compileRegex` takes it, with a match in the last message of the user. */
  readonly matches?: string
  /** By names in lower case. */
  readonly header?: Readonly<Record<string, string>>
  /** A null `to`: without end. */
  readonly turn?: { readonly from: number; readonly to: number | null }
}

/** What a rule answers with: at most one of `text`, `json` and `tools`; without them what the options say. */
export interface Then {
  readonly text?: string
  /** As compact JSON text. */
  readonly json?: string
  readonly tools?: readonly RuleTool[]
  /** A pattern, as `parsePattern` takes it. */
  readonly fault?: string
  /** Options as they would be typed; they have been found good. */
  readonly settings: Readonly<Partial<Record<OptionName, string>>>
}

export interface RuleTool {
  readonly name: string
  /** As compact JSON text. */
  readonly arguments: string
}

/** JSON-safe. */
export interface Rule {
  /** As given, or where it stands: `rule 3 (line 12)`. */
  readonly name: string
  readonly when: When
  readonly then: Then
}

/** One condition, made ready. */
interface Condition {
  readonly holds: (asked: Asked) => boolean
  /** Why it does not hold, in words. */
  readonly miss: (asked: Asked) => string
}

/** The text that an expression looks at has so many characters. */
const MOST_MATCHED = 1 << 16

/** A function from a request to the first rule that is for it. */
export function createMatcher(rules: readonly Rule[]): (asked: Asked) => Rule | undefined {
  const ready = rules.map((rule) => ({ rule, tests: conditionsOf(rule).map(({ holds }) => holds) }))
  return (asked) => {
    next: for (const { rule, tests } of ready) {
      for (const holds of tests) if (!holds(asked)) continue next
      return rule
    }
    return undefined
  }
}

/**
 * The rule of which the fewest conditions do not hold, the first of several, and why they do not, in words; undefined when there are no
 * rules. It takes as long as to make rules ready, so it is for what goes wrong.
 */
export function nearestRule(
  rules: readonly Rule[],
  asked: Asked,
): { readonly rule: Rule; readonly misses: readonly string[] } | undefined {
  let nearest: { rule: Rule; failed: readonly Condition[] } | undefined
  for (const rule of rules) {
    const failed = conditionsOf(rule).filter(({ holds }) => !holds(asked))
    if (nearest === undefined || failed.length < nearest.failed.length) nearest = { rule, failed }
  }
  return nearest && { rule: nearest.rule, misses: nearest.failed.map(({ miss }) => miss(asked)) }
}

/** The cheapest first, which also tell most rules apart. */
function conditionsOf({ when, then }: Rule): Condition[] {
  const { model, path, turn, header = {}, contains = [], matches } = when
  const conditions: Condition[] = []
  // Whoever calls tools until nothing is called comes to an end.
  if (then.tools !== undefined) {
    conditions.push({ holds: ({ isDone }) => !isDone, miss: () => 'its tools have answered' })
  }
  if (model !== undefined) {
    const fits = createWildcard(model)
    conditions.push({
      holds: (asked) => fits(asked.model),
      miss: (asked) => `the model is ${quoteText(asked.model)}, not ${quoteText(model)}`,
    })
  }
  if (path !== undefined) {
    const fits = createWildcard(path)
    conditions.push({
      holds: (asked) => fits(asked.path),
      miss: (asked) => `the path is ${quoteText(asked.path)}, not ${quoteText(path)}`,
    })
  }
  if (turn !== undefined) {
    const { from } = turn
    const to = turn.to ?? Number.POSITIVE_INFINITY
    conditions.push({
      holds: (asked) => asked.turn >= from && asked.turn <= to,
      miss: (asked) => `the turn is ${asked.turn}, not ${formatTurn(turn)}`,
    })
  }
  for (const [name, value] of Object.entries(header)) {
    const fits = createWildcard(value)
    conditions.push({
      holds: (asked) => {
        const given = asked.header(name)
        return given !== null && fits(given)
      },
      miss: (asked) =>
        asked.header(name) === null
          ? `the header ${name} is missing`
          : `the header ${name} is not ${SECRETS.test(name) ? 'the one asked for' : quoteText(value)}`,
    })
  }
  for (const part of contains) {
    conditions.push({
      holds: ({ text }) => text.includes(part),
      miss: () => `the last message of the user does not contain ${quoteText(part)}`,
    })
  }
  if (matches !== undefined) {
    const test = createTest(compileRegex(matches))
    conditions.push({
      holds: ({ text }) => test(text.length > MOST_MATCHED ? text.slice(0, MOST_MATCHED) : text),
      miss: () => `the last message of the user does not match ${quoteText(matches)}`,
    })
  }
  return conditions
}

/** Headers whose values are not repeated. */
const SECRETS = /auth|key|token|cookie|secret/

/**
 * A test whether a whole text is like a pattern, in which every `*` stands for any text, or none. Between stars the first place that
 * fits is as good as any, so nothing is ever tried twice.
 */
export function createWildcard(pattern: string): (text: string) => boolean {
  const [head, ...others] = pattern.split('*')
  const tail = others.pop()
  if (tail === undefined) return (text) => text === pattern
  const middle = others.filter((part) => part !== '')
  if (middle.length === 0)
    return (text) =>
      text.length >= head!.length + tail.length && text.startsWith(head!) && text.endsWith(tail)
  return (text) => {
    if (!text.startsWith(head!)) return false
    let at = head!.length
    for (const part of middle) {
      const found = text.indexOf(part, at)
      if (found < 0) return false
      at = found + part.length
    }
    return text.length - at >= tail.length && text.endsWith(tail)
  }
}

/** `2`, `2-4`, `2-`. */
function formatTurn({ from, to }: NonNullable<When['turn']>): string {
  return from === to ? `${from}` : `${from}-${to ?? ''}`
}
