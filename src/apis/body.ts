// Reading single fields of a request body, each either of the right type, absent, or refused.
import { type Ask, BadRequest, type JsonObject } from './api.ts'

/** @throws BadRequest when the field is there and not a boolean; null counts as absent, as the providers have it */
export function booleanField(body: JsonObject, name: string): boolean | undefined {
  const value = body[name] ?? undefined
  if (value !== undefined && typeof value !== 'boolean') throw wrongType(name, 'a boolean')
  return value
}

/** @throws BadRequest when the field is there and not a text */
export function textField(body: JsonObject, name: string): string | undefined {
  const value = body[name] ?? undefined
  if (value !== undefined && (typeof value !== 'string' || value === '')) throw wrongType(name, 'a string')
  return value
}

/** @throws BadRequest when the field is there and not a whole number from `min` to `max` */
export function countField(body: JsonObject, name: string, min: number, max: number): number | undefined {
  const value = body[name] ?? undefined
  if (value === undefined) return undefined
  if (typeof value !== 'number' || !Number.isInteger(value) || value < min || value > max)
    throw wrongType(name, `an integer from ${min} to ${max}`)
  return value
}

/** @throws BadRequest when the field is there and not an object */
export function objectField(body: JsonObject, name: string): JsonObject | undefined {
  const value = body[name] ?? undefined
  if (value !== undefined && !isObject(value)) throw wrongType(name, 'an object')
  return value
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** The error of a field that is not what it should be. */
export function wrongType(name: string, expected: string): BadRequest {
  return new BadRequest(`Invalid type for '${name}': expected ${expected}.`, name)
}

/** The model a body names, if it names one. */
export function readModel(body: JsonObject): Partial<Ask> {
  const model = textField(body, 'model')
  return model === undefined ? {} : { model }
}

/** What a choice of tools comes to: a call that must be made, of a certain tool maybe, or none. */
export function toolCall(mode: 'call' | 'none' | undefined, toolName?: string): Partial<Ask> {
  if (mode === undefined) return {}
  if (mode === 'none') return { content: 'text' }
  return { content: 'tools', ...(toolName !== undefined && { toolName }) }
}
