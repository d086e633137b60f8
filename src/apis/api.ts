// What an API format gives to the rest of the program: plain data, without a byte of framing, timing or a socket.
import type { Config } from '../config/config.ts'

/** What the answers of one run are made from. The same in every worker. */
export interface Setup {
  readonly config: Config
  /** Start of the run, Unix seconds: every `created` of the run. */
  readonly createdAt: number
}

/** Whose API it is. */
export type ProviderName = 'openai' | 'azure' | 'anthropic' | 'gemini' | 'ollama'

/** What a refusal may tell besides its message. */
export interface ErrorDetails {
  readonly param?: string | undefined
  readonly code?: string
  readonly headers?: Record<string, string>
}

/** How much of a rate limit is left. */
export interface RateLimit {
  readonly limit: number
  readonly remaining: number
  /** Until all of it is there again. */
  readonly resetMs: number
}

/** What an embedding is made of: a text, or the ids of its tokens. */
export type Input = string | readonly number[]

/** What a request asks for, as far as an answer depends on it. */
export interface Ask {
  readonly stream: boolean
  /** OpenAI's `stream_options.include_usage`. */
  readonly includeUsage: boolean
  readonly model: string
  /** OpenAI's `n`. */
  readonly choices: number
  readonly content: Config['content']
  readonly toolName: string
  readonly text: Config['text']
  /** Why the reply ends: all is said, or the limit of tokens is reached. */
  readonly finish: 'stop' | 'length'
  /** Google's `alt`: a streamed answer as server-sent events, or as one JSON array in pieces. */
  readonly alt: 'sse' | 'json'
  /** Google's `:countTokens`: the answer is the number of tokens alone. */
  readonly countOnly: boolean
  /** How embeddings are written. */
  readonly encoding: 'float' | 'base64'
  /** What is to be embedded, and into how many dimensions; none when nobody has looked. */
  readonly inputs: readonly Input[]
  readonly dimensions: number
  /** In whose form models are listed where several providers share a path. */
  readonly dialect: ProviderName
}

const text = (value: string): string => `${value.length}:${value}`
const plain = (value: string | number | boolean): string => `${value}|`

/** How each field goes into the key of an ask, so that no two asks share one: a text of any content with its length before it. */
const keyed: { readonly [Field in keyof Ask]: (value: Ask[Field]) => string } = {
  model: text,
  toolName: text,
  stream: plain,
  includeUsage: plain,
  choices: plain,
  content: plain,
  text: plain,
  finish: plain,
  alt: plain,
  countOnly: plain,
  encoding: plain,
  inputs: (inputs) => text(JSON.stringify(inputs)),
  dimensions: plain,
  dialect: plain,
}
const keyedFields = Object.entries(keyed) as [keyof Ask, (value: unknown) => string][]

/** Equal for equal asks, and for no others. */
export function keyOf(ask: Ask): string {
  let key = ''
  for (const [field, write] of keyedFields) key += write(ask[field])
  return key
}

/** Longer inputs are not worth a key that holds them. */
const MOST_KEPT_INPUT = 1000

/** Whether an ask is too large to be kept, and seldom the same again. */
export function isLarge({ inputs }: Ask): boolean {
  return inputs.length > 1 || (inputs[0]?.length ?? 0) > MOST_KEPT_INPUT
}

/** One piece of a streamed answer. */
export interface StreamEvent {
  /** The name of the event, where the format has names. */
  readonly event?: string
  readonly data: string
  /** The step of the schedule it leaves at: content chunk i at step i, the ending at the last one, step N. */
  readonly step: number
  /** What it is to a client; the events around content are nothing in particular. */
  readonly part?: Part
}

/**
 * `content` is a content chunk, `finish` tells why the reply ends, `done` is the mark that nothing follows, and `last` is both
 * in one.
 */
export type Part = 'content' | 'finish' | 'done' | 'last'

/** How the events of a stream are put into bytes, and what stands around and between them. */
export type Framing = 'sse' | 'sse-crlf' | 'ndjson' | 'json-array'

/** Events, paced. */
export interface StreamAnswer {
  readonly kind: 'stream'
  readonly status: number
  readonly framing: Framing
  readonly events: readonly StreamEvent[]
  /** The provider's error as it comes in the middle of a stream, after `sent` events. */
  readonly failure: (sent: number) => Pick<StreamEvent, 'event' | 'data'>
}

/** What providers say when a stream breaks off. */
export const MIDSTREAM_MESSAGE = 'The server had an error while processing your request.'

/** A single body. */
export interface WholeAnswer {
  readonly kind: 'whole'
  readonly status: number
  readonly body: string
  readonly headers?: Readonly<Record<string, string>>
  /** It leaves when its stream would have ended (`reply`) or begun (`ttft`); otherwise at once. */
  readonly paced?: 'reply' | 'ttft'
}

export type Answer = StreamAnswer | WholeAnswer

/** A JSON body, sent at once. */
export function jsonAnswer(status: number, value: unknown, headers?: Record<string, string>): WholeAnswer {
  return { kind: 'whole', status, body: JSON.stringify(value), ...(headers && { headers }) }
}

/** A JSON body that takes the time its stream would take. */
export function pacedAnswer(value: unknown): WholeAnswer {
  return { ...jsonAnswer(200, value), paced: 'reply' }
}

/** A body that the provider would refuse. `param` is the field that is wrong, where one is. */
export class BadRequest extends Error {
  override readonly name = 'BadRequest'
  readonly param: string | undefined

  constructor(message: string, param?: string) {
    super(message)
    this.param = param
  }
}

/** What a request says before its body, whichever engine has received it. Everything is looked up when it is asked for. */
export interface RequestHead {
  readonly method: string
  /** Decoded, without the query. */
  readonly path: string
  /** As sent, without its question mark; empty when there is none. */
  readonly query: string
  /** The value of a header, whose name is given in lower case; null when it is not there. */
  header(name: string): string | null
}

export type JsonObject = Readonly<Record<string, unknown>>

/** One row of the catalogue. */
export interface Route {
  readonly method: 'GET' | 'POST'
  /** Where it is served. `{name}` stands for any text, slashes included. The numbers name the first. */
  readonly paths: readonly [string, ...string[]]
  readonly provider: ProviderName
  /** Whether it answers like a model (and so can fail, be limited and refuse a body), lists models, or tells that it is well. */
  readonly role: 'model' | 'list' | 'health'
  /** Prepared before the first request, however much it is. */
  readonly eager?: true
  /** Nobody needs a key for it. */
  readonly open?: true
  /** What a reply of that many content chunks consists of. Answers that have no chunks are the same for every count. */
  readonly answer: (ask: Ask, chunkCount: number) => Answer
  /** What path, query and headers decide; undefined when there is no such thing there. Absent where they decide nothing. */
  readonly pick?: (head: RequestHead) => Partial<Ask> | undefined
  /**
   * What the body decides, with `--reply auto`. Absent where it decides nothing.
   * @throws BadRequest
   */
  readonly read?: (body: JsonObject, head: RequestHead) => Partial<Ask>
}

/** What is asked for when nothing is looked into. */
export function defaultAsk({ reply, model, content, toolName, text, embeddingDimensions }: Config): Ask {
  return {
    stream: reply !== 'json',
    includeUsage: false,
    model: model[0],
    choices: 1,
    content,
    toolName,
    text,
    finish: 'stop',
    alt: 'json',
    countOnly: false,
    encoding: 'base64',
    inputs: [],
    dimensions: embeddingDimensions,
    dialect: 'openai',
  }
}
