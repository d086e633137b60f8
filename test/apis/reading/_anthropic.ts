// What a body of Anthropic's decides under some flags, and bodies to ask with.
import { createdAt } from '../../_helpers.ts'
import { BadRequest, type JsonObject } from '../../../src/apis/api.ts'
import type { Ask } from '../../../src/apis/ask.ts'
import { readMessage } from '../../../src/apis/reading/anthropic.ts'
import { remember } from '../../../src/apis/remember.ts'
import { type GivenFlags, readSettings } from '../../../src/config/config.ts'

export type Refusal = [param: string | undefined, message: string]

/** What is asked for, or the field and the message of the refusal. */
export function outcome(read: () => Partial<Ask>): Partial<Ask> | Refusal {
  try {
    return read()
  } catch (thrown) {
    if (!(thrown instanceof BadRequest)) throw thrown
    return [thrown.param, thrown.message]
  }
}

const configOf = remember((flags: string) => readSettings(JSON.parse(flags) as GivenFlags, {}))

export function read(body: JsonObject, flags: GivenFlags = {}): Partial<Ask> | Refusal {
  return outcome(() => readMessage({ config: configOf(JSON.stringify(flags)), createdAt }, body))
}

export const TEXT = { reasoning: false, text: true, calls: 0 }
export const user = { role: 'user', content: 'x' }
/** A tool of Anthropic's own. */
export const search = { type: 'web_search_20250305', name: 'web_search', max_uses: 3 }
export const tool = (name: string): JsonObject => ({ name, input_schema: { type: 'object' } })
export const format = (schema: unknown): JsonObject => ({ type: 'json_schema', schema })
