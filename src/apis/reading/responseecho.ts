// What a Responses answer repeats of its request. https://platform.openai.com/docs/api-reference/responses/object
import type { JsonObject } from '../api.ts'
import { booleanField, countField, messagesField, objectField, withinLimits, wrongType } from '../body.ts'

/** What is repeated of a field that is there and not null; whatever is wrong of it is refused. */
type Read = (body: JsonObject, name: string) => unknown

/** As many alternatives of a token are told as OpenAI has. */
export const MOST_ALTERNATIVES = 20

const COUNTED: Read = (body, name) => countField(body, name, 1, Number.MAX_SAFE_INTEGER)

/** Which those have that follow https://www.openresponses.org. */
const PENALTY: Read = (body, name) => numberField(body, name, -2, 2)

/** The fields of a response that are those of its request, in the order of a response. */
const fields: Readonly<Record<string, Read>> = {
  background: booleanField,
  conversation: (body, name) => {
    const value = body[name]
    return typeof value === 'string' ? { id: value } : objectField(body, name)
  },
  frequency_penalty: PENALTY,
  instructions: (body, name) => (typeof body[name] === 'string' ? body[name] : itemsField(body, name)),
  max_output_tokens: COUNTED,
  max_tool_calls: COUNTED,
  metadata: metadataField,
  parallel_tool_calls: booleanField,
  presence_penalty: PENALTY,
  previous_response_id: textField,
  prompt: objectField,
  prompt_cache_key: textField,
  prompt_cache_retention: textField,
  reasoning: (body, name) => withDefaults({ effort: null, summary: null }, objectField(body, name)),
  safety_identifier: textField,
  // `auto` is told as the tier that was taken.
  service_tier: (body, name) => (body[name] === 'auto' ? 'default' : textField(body, name)),
  store: booleanField,
  temperature: (body, name) => numberField(body, name, 0, 2),
  text: (body, name) =>
    withDefaults({ format: { type: 'text' }, verbosity: 'medium' }, objectField(body, name)),
  tool_choice: (body, name) => body[name],
  tools: (body, name) => messagesField(body, name).map(toolOf),
  top_logprobs: (body, name) => countField(body, name, 0, MOST_ALTERNATIVES),
  top_p: (body, name) => numberField(body, name, 0, 1),
  truncation: textField,
  user: textField,
}

/**
 * The text of an object with the fields that are repeated; empty when there are none. `tool_choice` is not checked here.
 * @throws BadRequest
 */
export function echoOf(body: JsonObject): string {
  const echo = Object.entries(fields).flatMap(([name, read]) => {
    const value = (body[name] ?? undefined) === undefined ? undefined : read(body, name)
    return value === undefined ? [] : [[name, value]]
  })
  return echo.length === 0 ? '' : JSON.stringify(Object.fromEntries(echo))
}

/** The service says of every function what it has decided: it is strict unless the request says otherwise. */
function toolOf(tool: JsonObject): JsonObject {
  return tool['type'] === 'function' ? withDefaults({ parameters: null, strict: true }, tool)! : tool
}

/** What is given, and where it is nothing, what is usual. */
function withDefaults(usual: JsonObject, given: JsonObject | undefined): JsonObject | undefined {
  if (given === undefined) return undefined
  const missing = Object.entries(usual).filter(([name]) => (given[name] ?? undefined) === undefined)
  return { ...given, ...Object.fromEntries(missing) }
}

function itemsField(body: JsonObject, name: string): readonly JsonObject[] {
  if (!Array.isArray(body[name])) throw wrongType(name, 'a string or an array of objects', body[name])
  return messagesField(body, name)
}

function textField(body: JsonObject, name: string): string {
  const value = body[name]
  if (typeof value !== 'string') throw wrongType(name, 'a string', value)
  return value
}

function numberField(body: JsonObject, name: string, min: number, max: number): number {
  const value = body[name]
  if (typeof value !== 'number') throw wrongType(name, 'a number', value)
  return withinLimits(name, 'decimal', value, min, max)
}

function metadataField(body: JsonObject, name: string): JsonObject {
  const metadata = objectField(body, name)!
  const wrong = Object.keys(metadata).find((key) => typeof metadata[key] !== 'string')
  if (wrong !== undefined) throw wrongType(`${name}.${wrong}`, 'a string')
  return metadata
}
