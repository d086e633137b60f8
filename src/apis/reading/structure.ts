// Texts that a request gives the structure of: instances of JSON Schemas, in pieces.
import type { UpstreamSettings } from '../../config/config.ts'
import { BadRequest, type JsonObject } from '../api.ts'
import type { Ask, Own } from '../ask.ts'
import { cutBytes, cutWords } from '../cutting.ts'
import { Lately } from '../lately.ts'
import { cutJson } from '../schema/cut.ts'
import { instanceOf, Unsatisfiable } from '../schema/instance.ts'

/** So many instances are kept, of schemas of so many characters at most: a load generator sends the same ones again and again. */
const MOST_KEPT = 256
const MOST_CHARACTERS = 16_384

/** By the text of their schemas. */
const kept = new Lately<Own>(MOST_KEPT)

/**
 * A minimal instance of a schema as a text, in the pieces in which it is said.
 * @throws BadRequest that names `param`, which the schema comes from, and the place in the schema that cannot be satisfied
 */
export function ownJson(schema: unknown, param: string): Own {
  const key = JSON.stringify(schema)
  let own = kept.get(key)
  if (own === undefined) {
    own = makeOwn(schema, param)
    if (key.length + own.text.length <= MOST_CHARACTERS) kept.set(key, own)
  }
  return own
}

function makeOwn(schema: unknown, param: string): Own {
  try {
    const text = JSON.stringify(instanceOf(schema))
    return jsonText(text)
  } catch (thrown) {
    if (!(thrown instanceof Unsatisfiable)) throw thrown
    throw new BadRequest(`Invalid schema for '${param}': ${thrown.message}`, param, { cause: thrown })
  }
}

/** JSON as it is said. */
export function jsonText(text: string): Own {
  return { text, pieces: cutJson(text) }
}

/** A text of its own, cut into chunks: at its words, or of so many bytes each as `--chunk-bytes` says. */
export function ownText({ chunkBytes }: Pick<UpstreamSettings, 'chunkBytes'>, text: string): Own {
  return chunkBytes > 0 ? { text, pieces: cutBytes(text, chunkBytes) } : { text, pieces: cutWords(text) }
}

/**
 * What is said instead of words: an instance of the schema that a format asks for (`json_object`, `json_schema` and its kin).
 * @throws BadRequest
 */
export function ownOf(format: JsonObject | undefined, param: string): Partial<Pick<Ask, 'own'>> {
  switch (format?.['type']) {
    case 'json_object':
      return { own: jsonText('{}') }
    case 'json_schema': {
      const named = format['json_schema']
      const schema = (named as JsonObject | undefined)?.['schema'] ?? format['schema']
      return schema === undefined ? { own: jsonText('{}') } : { own: ownJson(schema, param) }
    }
    default:
      return {}
  }
}
