// Arguments of calls that are sent whole, as objects.
import { isObject } from '../body.ts'

/** The schema of arguments: they are an object, also where the schema that is given does not say so. */
export function objectSchema(schema: unknown): unknown {
  if (schema === true) return { type: 'object' }
  return isObject(schema) ? { ...schema, type: 'object' } : schema
}
