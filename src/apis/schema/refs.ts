// Where a reference leads: a JSON pointer (RFC 6901) as the fragment of a URI, into the schema itself.
import type { JsonObject } from '../api.ts'
import { isObject } from '../body.ts'
import { own, type Place, type Schema, wrong } from './place.ts'

/** @throws Unsatisfiable when it leads nowhere, to no schema, or out of the document */
export function resolve(root: Schema, ref: string, place: Place): { schema: Schema; path: string } {
  if (ref !== '#' && !ref.startsWith('#/'))
    throw wrong(place, '$ref', "a reference within the schema, as in '#/$defs/a'")
  let found: unknown = root
  for (const step of ref.split('/').slice(1)) {
    const name = unescape(step)
    if (Array.isArray(found)) found = /^\d+$/.test(name) ? (found as unknown[])[Number(name)] : undefined
    else found = isObject(found) ? own(found, name) : undefined
    if (found === undefined) throw wrong(place, '$ref', 'a reference to something that is there')
  }
  if (typeof found !== 'boolean' && !isObject(found)) throw wrong(place, '$ref', 'a reference to a schema')
  return { schema: found as JsonObject | boolean, path: ref }
}

/** Percent-encoding is undone first, since it belongs to the URI. */
function unescape(step: string): string {
  let text = step
  try {
    text = decodeURIComponent(step)
  } catch {} // not encoded, but written as it is
  return text.replaceAll('~1', '/').replaceAll('~0', '~')
}
