// Reading single fields of a request body, each either of the right type, absent, or refused.
import { BadRequest, type JsonObject } from './api.ts'
import type { Ask } from './ask.ts'

/** @throws BadRequest when the field is there and not a boolean; null counts as absent, as the providers have it */
export function booleanField(body: JsonObject, name: string): boolean | undefined {
  const value = body[name] ?? undefined
  if (value !== undefined && typeof value !== 'boolean') throw wrongType(name, 'a boolean', value)
  return value
}

/** Names longer than this are nobody's: they would be copied into every event. */
export const MAX_NAME = 256

/** @throws BadRequest when the field is there and not a text of 1 to 256 characters */
export function nameField(body: JsonObject, name: string): string | undefined {
  const value = body[name] ?? undefined
  if (value === undefined) return undefined
  if (typeof value !== 'string') throw wrongType(name, 'a string', value)
  if (value === '' || value.length > MAX_NAME) throw wrongValue(name, `1 to ${MAX_NAME} characters`)
  return value
}

/** @throws BadRequest when the field is there and not a whole number from `min` to `max` */
export function countField(body: JsonObject, name: string, min: number, max: number): number | undefined {
  const value = body[name] ?? undefined
  if (value === undefined) return undefined
  if (typeof value !== 'number' || !Number.isInteger(value)) throw wrongType(name, 'an integer', value)
  return withinLimits(name, 'integer', value, min, max)
}

/** @throws BadRequest when the field is there and not an object */
export function objectField(body: JsonObject, name: string): JsonObject | undefined {
  const value = body[name] ?? undefined
  if (value !== undefined && !isObject(value)) throw wrongType(name, 'an object', value)
  return value
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** A number, or the error of one that is too small or too large, in OpenAI's words. */
export function withinLimits(
  name: string,
  kind: 'integer' | 'decimal',
  value: number,
  min: number,
  max: number,
): number {
  if (value >= min && value <= max) return value
  const [side, limit, code] =
    value > max ? ['above maximum', `<= ${max}`, 'above_max'] : ['below minimum', `>= ${min}`, 'below_min']
  throw new BadRequest(
    `Invalid '${name}': ${kind} ${side} value. Expected a value ${limit}, but got ${value} instead.`,
    name,
    { code: `${kind}_${code}_value` },
  )
}

/** The error of a field that is not what it should be. `got`: what it is. */
export function wrongType(name: string, expected: string, got?: unknown): BadRequest {
  const but = got === undefined ? '' : `, but got ${typeName(got)} instead`
  return new BadRequest(`Invalid type for '${name}': expected ${expected}${but}.`, name, {
    code: 'invalid_type',
  })
}

/** What OpenAI calls it. */
function typeName(value: unknown): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'an array'
  if (typeof value === 'number') return Number.isInteger(value) ? 'an integer' : 'a decimal number'
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`
}

/** The error of a field that is of the right type, but not what is accepted. */
export function wrongValue(name: string, expected: string): BadRequest {
  return new BadRequest(`Invalid value for '${name}': expected ${expected}.`, name, { code: 'invalid_value' })
}

/** The error of a field that must be there, and is of the field `param`. */
export function missing(name: string, param = name): BadRequest {
  return new BadRequest(`Missing required parameter: '${name}'.`, param, {
    code: 'missing_required_parameter',
  })
}

/** Percent-encoding undone; text that is not valid percent-encoding stays as it was sent. */
export function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

/** The model a body names, if it names one. */
export function readModel(body: JsonObject): Partial<Ask> {
  const model = nameField(body, 'model')
  return model === undefined ? {} : { model }
}

/**
 * The messages of a body, if it has any.
 * @throws BadRequest when they are no array of objects
 */
export function messagesField(body: JsonObject, name: string): readonly JsonObject[] {
  const value = body[name] ?? []
  if (!Array.isArray(value)) throw wrongType(name, 'an array of objects', value)
  const wrong = value.findIndex((one) => !isObject(one))
  if (wrong >= 0) throw wrongType(`${name}[${wrong}]`, 'an object', value[wrong])
  return value as readonly JsonObject[]
}

/** More texts to stop at than any provider takes. */
export const MOST_STOPS = 64

/** @throws BadRequest when the field is there and neither a text nor an array of texts; empty ones are left out */
export function stopField(body: JsonObject, name: string): readonly string[] {
  const value = body[name] ?? []
  const stops: unknown[] = Array.isArray(value) ? value : [value]
  if (stops.length > MOST_STOPS || stops.some((stop) => typeof stop !== 'string'))
    throw wrongType(name, `a string or an array of at most ${MOST_STOPS} strings`)
  return (stops as string[]).filter((stop) => stop !== '')
}

/** As many chunks as a request can make a reply have that would have fewer: what is longer takes too much memory. */
export const MOST_EXACT = 131_072

/**
 * The most chunks a body lets the reply have, from the first of `names` that is there; with vLLM's `ignore_eos` or `min_tokens`, which load
 * generators send, exactly so many.
 * @throws BadRequest when a limit is no whole number from 1 on, or more than `MOST_EXACT` are meant exactly
 */
export function readLimit(body: JsonObject, names: readonly string[]): Pick<Ask, 'limit' | 'isExact'> {
  const name = names.find((one) => (body[one] ?? undefined) !== undefined)
  const most = name === undefined ? 0 : countField(body, name, 1, Number.MAX_SAFE_INTEGER)!
  const least = countField(body, 'min_tokens', 0, Number.MAX_SAFE_INTEGER) ?? 0
  const isExact = booleanField(body, 'ignore_eos') === true || least > 0
  const limit = most || least
  if (isExact && limit > MOST_EXACT)
    throw wrongValue(
      most > 0 ? name! : 'min_tokens',
      `at most ${MOST_EXACT} when so many are to be sent exactly`,
    )
  return { limit, isExact }
}

/** @throws BadRequest when a choice names no tool, where it must */
export function requiredName(choice: JsonObject): string {
  const name = nameField(choice, 'name')
  if (name === undefined) throw missing('tool_choice.name', 'tool_choice')
  return name
}
