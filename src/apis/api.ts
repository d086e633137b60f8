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
  /** A variant of the format, known to the format alone; empty for the usual one. */
  readonly form: string
  /** How many inputs there are to embed, and into how many dimensions. */
  readonly inputs: number
  readonly dimensions: number
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

/** How the events of a stream are put into bytes. */
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
  /** It leaves when its stream would have ended; otherwise at once. */
  readonly paced?: boolean
}

export type Answer = StreamAnswer | WholeAnswer

/** A JSON body, sent at once. */
export function jsonAnswer(status: number, value: unknown, headers?: Record<string, string>): WholeAnswer {
  return { kind: 'whole', status, body: JSON.stringify(value), ...(headers && { headers }) }
}

/** A JSON body that takes the time its stream would take. */
export function pacedAnswer(value: unknown): WholeAnswer {
  return { ...jsonAnswer(200, value), paced: true }
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

/** The part of a request that may decide about its answer besides the body. */
export type RequestHead = Pick<Request, 'url' | 'headers'>

export type JsonObject = Readonly<Record<string, unknown>>

/** One row of the catalogue. */
export interface Route {
  readonly method: 'GET' | 'POST'
  /** A path, with `:name` for a segment that may be anything. */
  readonly path: string
  readonly provider: ProviderName
  /** What a reply of that many content chunks consists of. Answers that have no chunks are the same for every count. */
  readonly answer: (ask: Ask, chunkCount: number) => Answer
  /**
   * What URL and headers decide, one of a few constants; undefined when there is no such thing there. Absent where they
   * decide nothing.
   */
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
    form: '',
    inputs: 1,
    dimensions: embeddingDimensions,
  }
}
