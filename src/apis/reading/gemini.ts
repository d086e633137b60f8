// What Google's bodies decide.
import type { FunctionCallingConfigMode } from '@google/genai'
import { GENERATION } from '../gemini.ts'
import type { JsonObject, RequestHead, Setup } from '../api.ts'
import type { Ask } from '../ask.ts'
import {
  isObject,
  messagesField,
  nameField,
  objectField,
  readLimit,
  readModel,
  stopField,
  wrongType,
} from '../body.ts'
import { countPromptTokens, type Turn } from './conversation.ts'
import { ownOf } from './structure.ts'
import { decideCalls, type Offered, readOffered, type ToolChoice } from './tools.ts'

/** What path and body decide. */
export function readGeneration({ config }: Setup, given: JsonObject, { path }: RequestHead): Partial<Ask> {
  const model = GENERATION.exec(path)?.[1]
  const contents = messagesField(given, 'contents')
  const conversation = contents.map((content): Turn => ({ by: byParts(content), content: content['parts'] }))
  const settings = either(given, 'generationConfig', 'generation_config') ?? {}
  const toolConfig = either(given, 'toolConfig', 'tool_config') ?? {}
  const calling = either(toolConfig, 'functionCallingConfig', 'function_calling_config') ?? {}
  return {
    ...(model !== undefined && readModel({ model })),
    ...readLimit(settings, ['maxOutputTokens', 'max_output_tokens']),
    stop: stopField(settings, 'stopSequences'),
    promptTokens: countPromptTokens(contents, given['systemInstruction'] ?? given['system_instruction']),
    ...ownOf(config, formatOf(settings), 'generationConfig.responseSchema', conversation),
    ...decideCalls(
      config,
      { offered: readTools(given['tools']), ...readMode(calling), isParallel: true },
      conversation,
    ),
  }
}

/** A field in either of the two spellings that Google takes. */
function either(body: JsonObject, name: string, other: string): JsonObject | undefined {
  return objectField(body, name) ?? objectField(body, other)
}

function byParts({ role, parts }: JsonObject): Turn['by'] {
  const isResult =
    Array.isArray(parts) &&
    parts.some((part) => isObject(part) && ('functionResponse' in part || 'function_response' in part))
  if (isResult) return 'result'
  return role === 'model' ? 'other' : 'user'
}

/** The format that is asked for, as OpenAI has it. */
function formatOf(settings: JsonObject): JsonObject | undefined {
  const schema =
    settings['responseJsonSchema'] ??
    settings['response_json_schema'] ??
    settings['responseSchema'] ??
    settings['response_schema']
  if (schema !== undefined) return { type: 'json_schema', schema }
  const type = settings['responseMimeType'] ?? settings['response_mime_type']
  return type === 'application/json' ? { type: 'json_object' } : undefined
}

function readTools(tools: unknown): Offered[] {
  if (!Array.isArray(tools)) return []
  return tools.flatMap((tool: unknown) => {
    const declared = isObject(tool)
      ? (tool['functionDeclarations'] ?? tool['function_declarations'])
      : undefined
    return readOffered(declared, ({ name, parameters, parametersJsonSchema }) => ({
      name: name as string,
      kind: 'function',
      schema: parametersJsonSchema ?? parameters ?? undefined,
    }))
  })
}

function readMode(calling: JsonObject): Pick<ToolChoice, 'mode' | 'names' | 'param'> {
  const param = 'toolConfig.functionCallingConfig'
  const mode = nameField(calling, 'mode') as keyof typeof FunctionCallingConfigMode | undefined
  const names: unknown = calling['allowedFunctionNames'] ?? calling['allowed_function_names'] ?? []
  if (!Array.isArray(names) || names.some((name) => typeof name !== 'string'))
    throw wrongType('allowedFunctionNames', 'an array of strings')
  if (mode === 'NONE') return { mode: 'none', param }
  if (mode !== 'ANY') return { mode: 'auto', param }
  return { mode: 'required', ...(names.length > 0 && { names: names as string[] }), param }
}
