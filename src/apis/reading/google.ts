// What is particular to Google's JSON: two spellings of every name, lists of one, and schemas of its own.
import type { JsonObject } from '../api.ts'
import { isObject, messagesField } from '../body.ts'

const UNDERSCORE = /(?<=.)_([a-z])/g

function camelCase(name: string): string {
  return name.includes('_') ? name.replace(UNDERSCORE, (_, letter: string) => letter.toUpperCase()) : name
}

/** The same with names in camel case: Google takes them in snake case as well. */
export function camel(body: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(body).map(([name, value]) => [camelCase(name), value]))
}

/**
 * The objects of a list, called `path` in the refusal. One alone stands for a list of it, as Google's parser has it.
 * @throws BadRequest when they are none
 */
export function listField(body: JsonObject, name: string, path = name): readonly JsonObject[] {
  const value = body[name]
  return messagesField({ [path]: isObject(value) ? [value] : value }, path)
}

/** A schema of Google's as JSON Schema has it: names in camel case, properties in the order that is asked for. */
export function fromGoogle(given: unknown): unknown {
  if (!isObject(given)) return given
  const schema = camel(given)
  const { properties, items, additionalProperties, anyOf, propertyOrdering } = schema
  return {
    ...schema,
    ...(isObject(properties) && { properties: ordered(properties, propertyOrdering) }),
    ...(isObject(items) && { items: fromGoogle(items) }),
    ...(isObject(additionalProperties) && { additionalProperties: fromGoogle(additionalProperties) }),
    ...(Array.isArray(anyOf) && { anyOf: anyOf.map(fromGoogle) }),
  }
}

function ordered(properties: JsonObject, ordering: unknown): JsonObject {
  const first: unknown[] = Array.isArray(ordering) ? ordering : []
  const known = first.filter((name) => typeof name === 'string' && Object.hasOwn(properties, name))
  const names = new Set([...(known as string[]), ...Object.keys(properties)])
  return Object.fromEntries([...names].map((name) => [name, fromGoogle(properties[name])]))
}
