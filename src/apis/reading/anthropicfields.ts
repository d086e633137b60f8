// Single fields of Anthropic's bodies, each of the right type, absent, or refused in Anthropic's words: the path to the field, and what is wrong
// with it. https://docs.anthropic.com/en/api/errors
import { BadRequest, type JsonObject } from '../api.ts'
import { isObject, MAX_NAME } from '../body.ts'
import { Unsatisfiable } from '../schema/instance.ts'

/** The error of the field at a path, as in `messages.0.content: Input should be a valid list`. */
export function refused(path: string, why: string): BadRequest {
  return new BadRequest(`${path}: ${why}`, path)
}

/** @throws BadRequest when the value is there and not a boolean; null counts as absent in this and the others */
export function flagAt(value: unknown, path: string): boolean | undefined {
  if (isAbsent(value)) return undefined
  if (typeof value !== 'boolean') throw refused(path, 'Input should be a valid boolean')
  return value
}

/** @throws BadRequest when the value is there and not a whole number */
export function wholeAt(value: unknown, path: string): number | undefined {
  if (isAbsent(value)) return undefined
  if (typeof value !== 'number' || !Number.isInteger(value))
    throw refused(path, 'Input should be a valid integer')
  return value
}

/** @throws BadRequest when the value is there and not a text of 1 to 256 characters */
export function nameAt(value: unknown, path: string): string | undefined {
  if (isAbsent(value)) return undefined
  if (typeof value !== 'string') throw refused(path, 'Input should be a valid string')
  if (value === '') throw refused(path, 'String should have at least 1 character')
  if (value.length > MAX_NAME) throw refused(path, `String should have at most ${MAX_NAME} characters`)
  return value
}

/** @throws BadRequest when the value is there and not an object */
export function objectAt(value: unknown, path: string): JsonObject | undefined {
  return isAbsent(value) ? undefined : objectIn(value, path)
}

/** @throws BadRequest when the value, which stands in a list, is not an object */
export function objectIn(value: unknown, path: string): JsonObject {
  if (!isObject(value)) throw refused(path, 'Input should be an object')
  return value
}

/** @throws BadRequest when the value is there and not a list; none is an empty one */
export function listAt(value: unknown, path: string): readonly unknown[] {
  if (isAbsent(value)) return []
  if (!Array.isArray(value)) throw refused(path, 'Input should be a valid list')
  return value
}

/** @throws BadRequest when the `type` of an object is none of these */
export function typeIn<Tag extends string>(object: JsonObject, path: string, tags: readonly Tag[]): Tag {
  const { type } = object
  const tag = tags.find((one) => one === type)
  if (tag !== undefined) return tag
  if (typeof type !== 'string') throw refused(path, "Unable to extract tag using discriminator 'type'")
  const expected = tags.map((one) => `'${one}'`).join(', ')
  throw refused(
    path,
    `Input tag '${type.slice(0, MAX_NAME)}' found using 'type' does not match any of the expected tags: ${expected}`,
  )
}

/** What `read` reads. A schema that has no instance is refused in Anthropic's words. */
export function readSchemas<Read>(read: () => Read): Read {
  try {
    return read()
  } catch (thrown) {
    if (!(thrown instanceof BadRequest && thrown.cause instanceof Unsatisfiable)) throw thrown
    const { path, message } = thrown.cause
    throw refused(thrown.param!, `Invalid schema: ${path}: ${message}`)
  }
}

function isAbsent(value: unknown): value is undefined | null {
  return value === undefined || value === null
}
