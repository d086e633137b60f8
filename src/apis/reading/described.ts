// Constraints in words. Anthropic does not take all keywords of JSON Schema in a format, so clients put those into the description that they
// must leave out, for the model to read, and check the answer against the schema as it was.
import type { JsonObject } from '../api.ts'
import { isObject } from '../body.ts'

/** What both clients below leave out. */
const KEYWORDS: ReadonlySet<string> = new Set([
  'minimum',
  'maximum',
  'exclusiveMinimum',
  'exclusiveMaximum',
  'multipleOf',
  'minLength',
  'maxLength',
  'pattern',
  'format',
  'minItems',
  'maxItems',
  'uniqueItems',
  'minProperties',
  'maxProperties',
  'not',
])

interface Form {
  /** Where the constraints stand, at the end of a description. */
  readonly place: RegExp
  /** The name of one, with what stands before and behind it. Its value goes on to the next. */
  readonly name: RegExp
}

const forms: readonly Form[] = [
  // Anthropic's SDK: {minimum: 3, pattern: "^a$"}
  { place: /(?:^|\n\n)\{([^]+)\}$/, name: /(?:^|, )(\w+): /g },
  // Vercel's AI SDK: minimum: 3; max length: 5.
  { place: /(?:^|\n)([^\n]+)\.$/, name: /(?:^|; )([a-z ]+): /g },
]

/** Of a description, from its end, so many are looked at. */
const MOST_CHARACTERS = 2048

/** Literals, in which a description is none. */
const LITERALS: ReadonlySet<string> = new Set(['const', 'enum', 'default', 'examples'])

/** A schema with the constraints that it has in words only; the same object where there are none. */
export function withDescribed<Schema>(schema: Schema): Schema {
  return complete(schema) as Schema
}

function complete(value: unknown): unknown {
  if (Array.isArray(value)) {
    const all: unknown[] = value.map(complete)
    return all.some((one, i) => one !== value[i]) ? all : value
  }
  if (!isObject(value)) return value
  const { description } = value
  const added = typeof description === 'string' ? constraintsIn(description) : {}
  let result: JsonObject = Object.keys(added).length > 0 ? { ...added, ...value } : value
  for (const [key, before] of Object.entries(value)) {
    const after = LITERALS.has(key) ? before : complete(before)
    if (after !== before) result = { ...result, [key]: after }
  }
  return result
}

function constraintsIn(description: string): JsonObject {
  const found: Record<string, unknown> = {}
  for (const { place, name } of forms) {
    const text = place.exec(description.slice(-MOST_CHARACTERS))?.[1]
    if (text === undefined) continue
    const names = [...text.matchAll(name)]
    for (const [i, match] of names.entries()) {
      const keyword = match[1]!.replace(/ ([a-z])/g, (_, letter: string) => letter.toUpperCase())
      if (!KEYWORDS.has(keyword)) continue
      const value = valueOf(keyword, text.slice(match.index + match[0].length, names[i + 1]?.index))
      if (value !== undefined) found[keyword] = value
    }
  }
  return found
}

/** As JSON; texts may stand without quotes. Undefined when it is neither. */
function valueOf(keyword: string, text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return (keyword === 'pattern' || keyword === 'format') && !text.startsWith('"') ? text : undefined
  }
}
