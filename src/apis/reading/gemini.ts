// What Google's bodies decide. https://ai.google.dev/api/generate-content
import type { FunctionCallingConfigMode } from '@google/genai'
import { GENERATION } from '../gemini.ts'
import type { Conversation, JsonObject, RequestHead, Setup } from '../api.ts'
import type { Ask } from '../ask.ts'
import {
  booleanField,
  countField,
  nameField,
  objectField,
  readModel,
  stopField,
  wrongType,
  wrongValue,
} from '../body.ts'
import { objectSchema } from './arguments.ts'
import { countPromptTokens, turnsOf } from './conversation.ts'
import { camel, fromGoogle, listField } from './google.ts'
import { ownJson, ownOf, ownText } from './structure.ts'
import { decideCalls, type Offered, readOffered, type ToolChoice } from './tools.ts'

/** As many as Google takes. */
const MOST_CANDIDATES = 8
const MOST_LOGPROBS = 20
/** More probabilities in one answer than this take seconds to write, and gigabytes. */
const MOST_TOLD = 131_072

/** What path and body decide. */
export function readGeneration({ config }: Setup, given: JsonObject, { path }: RequestHead): Partial<Ask> {
  const model = GENERATION.exec(path)?.[1]
  const body = bodyOf(given)
  const contents = readContents(body)
  const settings = camel(objectField(body, 'generationConfig') ?? {})
  const toolConfig = camel(objectField(body, 'toolConfig') ?? {})
  const calling = camel(objectField(toolConfig, 'functionCallingConfig') ?? {})
  const choices = countField(settings, 'candidateCount', 1, MOST_CANDIDATES) ?? 1
  const format = readFormat(config, settings)
  const { content, ...decided } = decideCalls(
    config,
    { offered: readTools(body), ...readMode(calling), isParallel: true },
    turnsOf(contents),
  )
  const isThinking = readThinking(settings)
  return {
    ...(model !== undefined && readModel({ model })),
    limit: countField(settings, 'maxOutputTokens', 1, Number.MAX_SAFE_INTEGER) ?? 0,
    stop: stopField(settings, 'stopSequences'),
    choices,
    logprobs: readLogprobs(settings, (format.own?.pieces.length ?? 0) * choices),
    promptTokens: countPromptTokens(
      contents.map(({ parts }) => parts),
      readInstruction(body),
    ),
    ...format,
    ...decided,
    content: { ...content, reasoning: content.reasoning && isThinking },
  }
}

/** What was said before. */
export function generationTurns(given: JsonObject): Conversation {
  return turnsOf(readContents(bodyOf(given)))
}

/** A body of token counting may have all of it in a field of its own. */
function bodyOf(given: JsonObject): JsonObject {
  const outer = camel(given)
  return camel(objectField(outer, 'generateContentRequest') ?? outer)
}

function readContents(body: JsonObject): Content[] {
  return listField(body, 'contents').map((content, i) => readContent(content, `contents[${i}]`))
}

/** @throws BadRequest when more than `MOST_TOLD` would have to be told of the tokens of a text of its own */
function readLogprobs(settings: JsonObject, ownTokens: number): Ask['logprobs'] {
  const isTold = booleanField(settings, 'responseLogprobs') ?? false
  const alternatives = countField(settings, 'logprobs', 0, MOST_LOGPROBS) ?? 0
  if (isTold && ownTokens * (1 + alternatives) > MOST_TOLD)
    throw wrongValue('logprobs', `at most ${MOST_TOLD} probabilities in one answer`)
  return isTold ? alternatives : null
}

interface Content extends JsonObject {
  readonly role: unknown
  readonly parts: readonly JsonObject[]
}

/** `function` is what had results of tools before they came from the user. */
const ROLES: readonly unknown[] = ['user', 'model', 'function', undefined, null]

function readContent(content: JsonObject, path: string): Content {
  const { role } = content
  if (!ROLES.includes(role)) throw wrongValue(`${path}.role`, 'user or model')
  const parts = listField(content, 'parts', `${path}.parts`).map((given, i) => {
    const part = camel(given)
    const text = part['text'] ?? ''
    if (typeof text !== 'string') throw wrongType(`${path}.parts[${i}].text`, 'a string')
    for (const name of ['functionCall', 'functionResponse', 'inlineData', 'fileData']) objectField(part, name)
    return part
  })
  return { role, parts }
}

/** A content; its text alone will do. */
function readInstruction(body: JsonObject): unknown {
  const name = 'systemInstruction'
  const instruction = body[name]
  if (typeof instruction === 'string') return instruction
  const content = objectField(body, name)
  return content && readContent({ ...content, role: null }, name).parts
}

/** There are thoughts, as far as the configuration has some, unless the body wants none. */
function readThinking(settings: JsonObject): boolean {
  const thinking = camel(objectField(settings, 'thinkingConfig') ?? {})
  nameField(thinking, 'thinkingLevel')
  const budget = countField(thinking, 'thinkingBudget', -1, Number.MAX_SAFE_INTEGER)
  return booleanField(thinking, 'includeThoughts') !== false && budget !== 0
}

const JSON_TYPE = 'application/json'
/** The text is one of the values, without quotes. */
const ENUM_TYPE = 'text/x.enum'
const TYPES = ['text/plain', JSON_TYPE, 'application/xml', 'application/yaml', ENUM_TYPE]
const SCHEMAS = ['responseJsonSchema', '_responseJsonSchema', 'responseSchema'] as const

/** An instance of the schema, whatever the type that comes with it; without a schema a JSON object where JSON is asked for. */
function readFormat(config: Setup['config'], settings: JsonObject): Partial<Pick<Ask, 'own'>> {
  const type = nameField(settings, 'responseMimeType')
  if (type !== undefined && !TYPES.includes(type))
    throw wrongValue('generationConfig.responseMimeType', TYPES.join(', '))
  const name = SCHEMAS.find((one) => (settings[one] ?? undefined) !== undefined)
  const param = `generationConfig.${name ?? 'responseSchema'}`
  const schema = name === 'responseSchema' ? fromGoogle(objectField(settings, name)) : settings[name ?? '']
  if (type === ENUM_TYPE) {
    if (name === undefined) throw wrongValue(param, `a schema with an enum, for ${ENUM_TYPE}`)
    const own = ownJson(schema, param)
    const value: unknown = JSON.parse(own.text)
    return { own: typeof value === 'string' ? ownText(config, value) : own }
  }
  const asked = type === JSON_TYPE ? { type: 'json_object' } : undefined
  const format = name === undefined ? asked : { type: 'json_schema', schema }
  return ownOf(format, param)
}

/** The functions that are declared; what Google runs itself has no declarations. */
function readTools(body: JsonObject): Offered[] {
  return listField(body, 'tools').flatMap((tool, i) => {
    const name = 'functionDeclarations'
    return readOffered(listField(camel(tool), name, `tools[${i}].${name}`), (given) => {
      const declared = camel(given)
      const schema = declared['parametersJsonSchema'] ?? fromGoogle(declared['parameters'])
      return { name: nameField(declared, 'name')!, kind: 'function', schema: objectSchema(schema) }
    })
  })
}

function readMode(calling: JsonObject): Pick<ToolChoice, 'mode' | 'names' | 'param'> {
  const param = 'toolConfig.functionCallingConfig'
  const mode = nameField(calling, 'mode') as keyof typeof FunctionCallingConfigMode | undefined
  const given: unknown = calling['allowedFunctionNames'] ?? []
  if (!Array.isArray(given) || given.some((name) => typeof name !== 'string'))
    throw wrongType('allowedFunctionNames', 'an array of strings')
  const names = given.length > 0 ? { names: given as string[] } : {}
  switch (mode) {
    case undefined:
    case 'MODE_UNSPECIFIED':
    case 'AUTO':
      return { mode: 'auto', param }
    case 'NONE':
      return { mode: 'none', param }
    case 'ANY':
      return { mode: 'required', ...names, param }
    case 'VALIDATED': // a call or text, and the call is of one of these
      return { mode: 'auto', ...names, param }
    default:
      throw wrongValue(`${param}.mode`, 'AUTO, ANY, NONE or VALIDATED')
  }
}
