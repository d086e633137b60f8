// Strict clients of the formats that send calls of tools whole, Gemini and Ollama, for answers as a body asks for them: with several
// candidates, several calls, and cut anywhere.
import { keptHeaders } from '../../src/apis/kept.ts'
import { body as bodyOf, makeDeck } from '../replies/_replies.ts'
import { type FramingName, readStream } from './_readers.ts'
import { demand, demandEqual, type Event, nothingSaid, sameInAll } from './_said.ts'
import { catalogue } from '../../src/apis/catalogue.ts'
import { type GivenFlags, readSettings } from '../../src/config/config.ts'

export interface Heard {
  thoughts: string
  text: string
  readonly calls: { readonly id: string; readonly name: string; readonly args: unknown }[]
  finish: string | null
  /** The tokens of the text with their probabilities, and of each how many alternatives. */
  readonly tokens: string[]
  readonly alternatives: number[]
  average: number | null
}

export interface Answered {
  /** Of each candidate. */
  readonly heard: readonly Heard[]
  readonly usage: {
    readonly prompt: number
    readonly output: number
    /** Of the output. */
    readonly thoughts: number
    readonly cached: number
  }
  /** The texts of the events before the last one of a stream, calls left out. */
  readonly chunks: readonly string[]
}

export interface Way {
  readonly name: string
  readonly route: string
  readonly stream: string
  readonly whole: string
  readonly query: string
  readonly framing: FramingName
  readonly read: (events: readonly Event[]) => Answered
  /** A body that asks for it. */
  readonly body: (given: Given) => Record<string, unknown>
  readonly hasTools: boolean
  readonly reasons: { readonly stop: string; readonly length: string }
}

export interface Given {
  readonly limit?: number
  readonly stop?: readonly string[]
  readonly schema?: object
  readonly tools?: readonly { readonly name: string; readonly schema: object }[]
}

const GEMINI = {
  route: '/v1beta/models/{model}:{verb}',
  stream: '/v1beta/models/m:streamGenerateContent',
  whole: '/v1beta/models/m:generateContent',
  read: readGemini,
  hasTools: true,
  reasons: { stop: 'STOP', length: 'MAX_TOKENS' },
  body: ({ limit, stop, schema, tools }: Given) => ({
    contents: [{ role: 'user', parts: [{ text: 'Hi' }] }],
    generationConfig: {
      ...(limit && { maxOutputTokens: limit }),
      ...(stop && { stopSequences: stop }),
      ...(schema && { responseMimeType: 'application/json', responseJsonSchema: schema }),
    },
    tools: [
      { functionDeclarations: tools?.map(({ name, schema }) => ({ name, parametersJsonSchema: schema })) },
    ],
  }),
} as const

const OLLAMA = {
  query: '',
  framing: 'ndjson',
  read: readOllama,
  reasons: { stop: 'stop', length: 'length' },
  body: ({ limit, stop, schema, tools }: Given) => ({
    model: 'm',
    prompt: 'Hi',
    messages: [{ role: 'user', content: 'Hi' }],
    options: { ...(limit && { num_predict: limit }), ...(stop && { stop }) },
    ...(schema && { format: schema }),
    tools: tools?.map(({ name, schema }) => ({ type: 'function', function: { name, parameters: schema } })),
  }),
} as const

export const ways: readonly Way[] = [
  { ...GEMINI, name: 'Gemini events', query: 'alt=sse', framing: 'sse' },
  { ...GEMINI, name: 'Gemini array', query: '', framing: 'json-array' },
  {
    ...OLLAMA,
    name: 'Ollama chat',
    route: '/api/chat',
    stream: '/api/chat',
    whole: '/api/chat',
    hasTools: true,
  },
  {
    ...OLLAMA,
    name: 'Ollama generate',
    route: '/api/generate',
    stream: '/api/generate',
    whole: '/api/generate',
    hasTools: false,
  },
]

/** What a body gets, streamed and whole. */
export function answers(way: Way, body: object, flags: GivenFlags): { streamed: Answered; whole: Answered } {
  const [streamed, whole] = [true, false].map((stream) => {
    const text = prepare(way, { ...body, ...(way.framing === 'ndjson' && { stream }) }, flags, stream)
    if (!stream) return way.read([{ event: undefined, data: text }])
    let found: Answered | undefined
    const read = (events: readonly Event[]) => {
      found = way.read(events)
      return nothingSaid()
    }
    readStream({ framing: way.framing, stream: read }, text)
    return found!
  })
  return { streamed: streamed!, whole: whole! }
}

/** The answer to a body, as text. */
function prepare(way: Way, body: object, flags: GivenFlags, stream: boolean): string {
  const given = { reply: 'auto', ...flags }
  const config = readSettings(given, {})
  const route = catalogue({ config, createdAt: 0 }).find(({ paths }) => paths.includes(way.route))!
  const path = stream ? way.stream : way.whole
  const head = { method: 'POST', path, query: way.query, header: () => null, headers: () => keptHeaders({}) }
  const ask = { ...route.pick?.(head), ...route.read!(JSON.parse(JSON.stringify(body)), head) }
  return bodyOf(makeDeck({ path: way.route, flags: given, ask }).at(0))
}

function nothingHeard(): Heard {
  return { thoughts: '', text: '', calls: [], finish: null, tokens: [], alternatives: [], average: null }
}

const SIGNATURE = 'bW9jaw=='

function readGemini(events: readonly Event[]): Answered {
  const heard: Heard[] = []
  const chunks: string[] = []
  let usage: any
  const same = sameInAll('responseId, modelVersion and the number of candidates')
  for (const [at, { data }] of events.entries()) {
    const isLast = at === events.length - 1
    const { candidates, usageMetadata, modelVersion, responseId } = JSON.parse(data)
    same([modelVersion, responseId, candidates.length])
    demandEqual(usageMetadata !== undefined, isLast, 'the usage is in the last chunk')
    usage = usageMetadata
    for (const [index, candidate] of candidates.entries()) {
      demandEqual([candidate.index, candidate.content.role], [index, 'model'], 'a candidate')
      demandEqual(candidate.finishReason !== undefined, isLast, 'the reason is in the last chunk')
      hearCandidate((heard[index] ??= nothingHeard()), candidate)
    }
    const [part] = candidates[0].content.parts
    if (!isLast) chunks.push(part.text)
  }
  const thoughts = usage.thoughtsTokenCount ?? 0
  const output = usage.candidatesTokenCount + thoughts
  demandEqual(usage.totalTokenCount, usage.promptTokenCount + output, 'the total')
  return {
    heard,
    chunks,
    usage: { prompt: usage.promptTokenCount, output, thoughts, cached: usage.cachedContentTokenCount ?? 0 },
  }
}

function hearCandidate(heard: Heard, { content, finishReason, avgLogprobs, logprobsResult }: any): void {
  demand(content.parts.length > 0, 'there are parts')
  for (const { text, thought, functionCall, thoughtSignature } of content.parts) {
    if (functionCall === undefined) {
      demandEqual([typeof text, thoughtSignature], ['string', undefined], 'a text')
      demand(heard.calls.length === 0, 'calls come last')
      if (thought === true) heard.thoughts += text
      else heard.text += text
    } else {
      const isFirst = heard.calls.length === 0
      demandEqual(thoughtSignature, isFirst ? SIGNATURE : undefined, 'the first call is signed')
      heard.calls.push(functionCall)
    }
  }
  heard.finish = finishReason ?? null
  demand(logprobsResult?.chosenCandidates.length !== 0, 'there is a token')
  heard.average = avgLogprobs ?? null
  for (const { token } of logprobsResult?.chosenCandidates ?? []) heard.tokens.push(token)
  for (const { candidates } of logprobsResult?.topCandidates ?? []) heard.alternatives.push(candidates.length)
}

const TIME = /^1970-01-01T00:00:00\.0{6}Z$/

function readOllama(events: readonly Event[]): Answered {
  const heard = nothingHeard()
  const chunks: string[] = []
  let usage: Answered['usage'] | undefined
  for (const [at, { data }] of events.entries()) {
    const line = JSON.parse(data)
    const { message, done, model, created_at } = line
    demand(TIME.test(created_at), 'a time to be filled in')
    demandEqual([model, done], ['m', at === events.length - 1], 'a line')
    const text = message?.content ?? line.response
    const thinking = (message ?? line).thinking ?? ''
    heard.text += text
    heard.thoughts += thinking
    for (const { id, function: called } of message?.tool_calls ?? []) {
      demandEqual(called.index, heard.calls.length, 'the index of a call')
      heard.calls.push({ id, name: called.name, args: called.arguments })
    }
    if (done) {
      for (const name of Object.keys(line).filter((one) => one.endsWith('_duration')))
        demand(line[name] > 0, name)
      heard.finish = line.done_reason
      usage = { prompt: line.prompt_eval_count, output: line.eval_count, thoughts: 0, cached: 0 }
    } else if (message?.tool_calls === undefined) {
      demandEqual(line.done_reason, undefined, 'the reason is in the last line')
      chunks.push(thinking + text)
    }
  }
  return { heard: [heard], chunks, usage: usage! }
}
