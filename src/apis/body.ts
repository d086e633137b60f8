// Reading single fields of a request body, each either of the right type, absent, or refused.
import { type Ask, BadRequest, type JsonObject } from './api.ts'

/** @throws BadRequest when the field is there and not a boolean; null counts as absent, as the providers have it */
export function booleanField(body: JsonObject, name: string): boolean | undefined {
  const value = body[name] ?? undefined
  if (value !== undefined && typeof value !== 'boolean') throw wrongType(name, 'a boolean')
  return value
}

/** Names longer than this are nobody's: they would be copied into every event. */
const MAX_NAME = 256

/** @throws BadRequest when the field is there and not a text of 1 to 256 characters */
export function nameField(body: JsonObject, name: string): string | undefined {
  const value = body[name] ?? undefined
  if (value === undefined) return undefined
  if (typeof value !== 'string') throw wrongType(name, 'a string')
  if (value === '' || value.length > MAX_NAME) throw wrongValue(name, `1 to ${MAX_NAME} characters`)
  return value
}

/** @throws BadRequest when the field is there and not a whole number from `min` to `max` */
export function countField(body: JsonObject, name: string, min: number, max: number): number | undefined {
  const value = body[name] ?? undefined
  if (value === undefined) return undefined
  if (typeof value !== 'number' || !Number.isInteger(value)) throw wrongType(name, 'an integer')
  if (value < min || value > max) throw wrongValue(name, `an integer from ${min} to ${max}`)
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

/** The error of a field that is of the right type, but not what is accepted. */
export function wrongValue(name: string, expected: string): BadRequest {
  return new BadRequest(`Invalid value for '${name}': expected ${expected}.`, name)
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

/** Of the tools a body offers, the name of the first, where `nameOf` finds one. */
export function firstTool(tools: unknown, nameOf: (tool: JsonObject) => unknown): Partial<Ask> {
  if (!Array.isArray(tools)) return {}
  for (const tool of tools as readonly unknown[]) {
    const toolName = isObject(tool) ? nameOf(tool) : undefined
    if (typeof toolName === 'string' && toolName !== '' && toolName.length <= MAX_NAME) return { toolName }
  }
  return {}
}

/** A tool must be called: the one of that name, or the first that is offered. */
export function mustCall(toolName?: string): Partial<Ask> {
  return { content: 'tools', ...(toolName !== undefined && { toolName }) }
}

/** No tool may be called. */
export const noCall: Partial<Ask> = { content: 'text' }

/** @throws BadRequest when a choice names no tool, where it must */
export function requiredName(choice: JsonObject): string {
  const name = nameField(choice, 'name')
  if (name === undefined)
    throw new BadRequest("Missing required parameter: 'tool_choice.name'.", 'tool_choice')
  return name
}
