// Every format: how it is asked for, and how a strict client reads it, streamed and whole. Answers are taken as the server prepares
// them, so that nothing here knows how they are made.
import { createParser } from 'eventsource-parser'
import { readCohereStream, readCohereWhole, readMistralStream, readMistralWhole } from './_cohere.ts'
import { body, GEMINI, makeDeck } from '../replies/_replies.ts'
import { eventsIn, readConverseStream, readConverseWhole, readInvocationStream } from './_bedrock.ts'
import { readChatStream, readChatWhole, readCompletionStream, readCompletionWhole } from './_openai.ts'
import {
  readGeminiStream,
  readGeminiWhole,
  readMessageStream,
  readMessageWhole,
  readOllamaStream,
  readOllamaWhole,
} from './_others.ts'
import { readResponseStream, readResponseWhole } from './_responses.ts'
import { demand, type Event, type Said } from './_said.ts'
import type { Ask, ProviderName } from '../../src/apis/ask.ts'
import type { GivenFlags } from '../../src/config/config.ts'
import type { Reply } from '../../src/replies/reply.ts'

export type FramingName = 'sse' | 'ndjson' | 'json-array' | 'eventstream'

export interface Format {
  readonly name: string
  readonly provider: ProviderName
  /** In the catalogue. */
  readonly path: string
  /** Only its provider's own clients get it there, and where bodies are looked into. */
  readonly isForOwn?: true
  /** Where a client would send it. */
  readonly target: string
  readonly ask: Partial<Ask>
  readonly framing: FramingName
  /** How a tool call comes in a stream: in pieces or in one; null: never. */
  readonly calls: 'pieces' | 'one' | null
  readonly hasReasoning: boolean
  /** Of the answer's id, without unique ids; null where it has none. */
  readonly id: string | null
  /** It can have several choices, and tells the usage of a stream only to whoever asks. */
  readonly isOpenAi: boolean
  /** It does not tell which model answers, or how much of its output is reasoning. */
  readonly hides?: readonly ('model' | 'reasoning')[]
  /** Why it ends: all is said, a tool is called, or there is no room for more. */
  readonly reasons: Readonly<Record<'text' | 'tools' | 'length', string>>
  readonly stream: (events: readonly Event[]) => Said
  readonly whole: (body: unknown) => Said
}

const CHAT = {
  provider: 'openai',
  path: '/v1/chat/completions',
  target: '/v1/chat/completions',
  ask: {},
  framing: 'sse',
  calls: 'pieces',
  hasReasoning: true,
  id: 'chatcmpl-mock',
  isOpenAi: true,
  reasons: { text: 'stop', tools: 'tool_calls', length: 'length' },
  stream: readChatStream,
  whole: readChatWhole,
} as const
const STREAMED_BY_GEMINI = {
  provider: 'gemini',
  path: GEMINI,
  target: '/v1beta/models/any:streamGenerateContent?alt=sse',
  ask: { alt: 'sse' },
  framing: 'sse',
  calls: 'one',
  hasReasoning: true,
  id: 'mock',
  isOpenAi: false,
  reasons: { text: 'STOP', tools: 'STOP', length: 'MAX_TOKENS' },
  stream: readGeminiStream,
  whole: readGeminiWhole,
} as const
const OLLAMA_CHAT = {
  provider: 'ollama',
  path: '/api/chat',
  target: '/api/chat',
  ask: {},
  framing: 'ndjson',
  calls: 'one',
  hasReasoning: true,
  id: null,
  isOpenAi: false,
  reasons: { text: 'stop', tools: 'stop', length: 'length' },
  stream: readOllamaStream,
  whole: readOllamaWhole,
} as const

const BEDROCK = {
  provider: 'bedrock',
  ask: {},
  framing: 'eventstream',
  calls: 'pieces',
  hasReasoning: true,
  isOpenAi: false,
  reasons: { text: 'end_turn', tools: 'tool_use', length: 'max_tokens' },
} as const

const MISTRAL = {
  ...CHAT,
  calls: 'one',
  provider: 'mistral',
  id: 'cmpl-mock',
  isOpenAi: false,
  stream: readMistralStream,
  whole: readMistralWhole,
} as const

export const formats: readonly Format[] = [
  { ...CHAT, name: 'OpenAI chat' },
  {
    ...CHAT,
    name: 'Azure chat',
    provider: 'azure',
    path: '/openai/deployments/{deployment}/chat/completions',
    target: '/openai/deployments/any/chat/completions',
  },
  { ...CHAT, name: 'Groq chat', provider: 'groq', isForOwn: true },
  {
    ...CHAT,
    name: 'OpenAI completions',
    path: '/v1/completions',
    target: '/v1/completions',
    calls: null,
    hasReasoning: false,
    id: 'cmpl-mock',
    stream: readCompletionStream,
    whole: readCompletionWhole,
  },
  {
    ...CHAT,
    name: 'OpenAI Responses',
    path: '/v1/responses',
    target: '/v1/responses',
    id: 'resp_mock',
    isOpenAi: false,
    reasons: { text: 'completed', tools: 'completed', length: 'incomplete' },
    stream: readResponseStream,
    whole: readResponseWhole,
  },
  {
    ...CHAT,
    name: 'Anthropic messages',
    provider: 'anthropic',
    path: '/v1/messages',
    target: '/v1/messages',
    id: 'msg_mock',
    isOpenAi: false,
    reasons: { text: 'end_turn', tools: 'tool_use', length: 'max_tokens' },
    stream: readMessageStream,
    whole: readMessageWhole,
  },
  { ...STREAMED_BY_GEMINI, name: 'Gemini events' },
  {
    ...STREAMED_BY_GEMINI,
    name: 'Gemini array',
    target: '/v1beta/models/any:streamGenerateContent',
    ask: { alt: 'json' },
    framing: 'json-array',
  },
  { ...OLLAMA_CHAT, name: 'Ollama chat' },
  { ...OLLAMA_CHAT, name: 'Ollama generate', path: '/api/generate', target: '/api/generate', calls: null },
  {
    ...BEDROCK,
    name: 'Bedrock Converse',
    path: '/model/{model}/converse-stream',
    target: '/model/any/converse-stream',
    id: null,
    hides: ['model', 'reasoning'],
    stream: readConverseStream,
    whole: readConverseWhole,
  },
  {
    ...BEDROCK,
    name: 'Bedrock invocation',
    path: '/model/{model}/invoke-with-response-stream',
    target: '/model/any/invoke-with-response-stream',
    id: 'msg_mock',
    stream: readInvocationStream,
    whole: readMessageWhole,
  },
  {
    ...CHAT,
    name: 'Cohere chat',
    provider: 'cohere',
    path: '/v2/chat',
    target: '/v2/chat',
    id: 'mock',
    isOpenAi: false,
    reasons: { text: 'COMPLETE', tools: 'TOOL_CALL', length: 'MAX_TOKENS' },
    stream: readCohereStream,
    whole: readCohereWhole,
  },
  { ...MISTRAL, name: 'Mistral chat', isForOwn: true },
  {
    ...MISTRAL,
    name: 'Mistral fill-in-the-middle',
    path: '/v1/fim/completions',
    target: '/v1/fim/completions',
    calls: null,
    hasReasoning: false,
  },
]

/** The answer of a format, as it would be played. */
export function prepare(
  { path, provider, ask: usual }: Format,
  { flags, ask, pattern }: { flags?: GivenFlags; ask?: Partial<Ask>; pattern?: string } = {},
): Reply {
  const given = {
    path,
    provider,
    ask: { ...usual, ...ask },
    ...(flags && { flags }),
    ...(pattern && { pattern }),
  }
  return makeDeck(given).at(0)
}

/** The events in a stream that has ended, or has been cut between two of them. Comments are passed over. */
const framings: Readonly<Record<Exclude<FramingName, 'eventstream'>, (text: string) => Event[]>> = {
  sse: (text) => {
    const events: Event[] = []
    const parser = createParser({
      onEvent: ({ event, data }) => events.push({ event, data }),
      onError: (error) => demand(false, error.message),
    })
    demand(/(^|\n\n|\r\r|\r\n\r\n)$/.test(text), 'the last event is ended by a blank line')
    parser.feed(text)
    parser.reset({ consume: true }) // a CR at the end could have been the first half of CR LF
    return events
  },
  ndjson: (text) => {
    const lines = text.split('\n')
    demand(lines.pop() === '', 'the last line is ended')
    return lines.filter((line) => line.trim() !== '').map((data) => ({ event: undefined, data }))
  },
  'json-array': (text) =>
    (JSON.parse(text) as unknown[]).map((one) => ({ event: undefined, data: JSON.stringify(one) })),
}

/** What a client reads in the body of a stream. */
export function readStream({ framing, stream }: Pick<Format, 'framing' | 'stream'>, text: string): Said {
  if (framing === 'eventstream') throw new Error('it is no text')
  return stream(framings[framing](text))
}

/** What a client reads in a reply, streamed or whole. */
export function read(format: Format, reply: Reply): Said {
  if (reply.whole) return format.whole(JSON.parse(body(reply)))
  if (format.framing === 'eventstream') return format.stream(eventsIn(Buffer.concat([...reply.frames])))
  return readStream(format, body(reply))
}
