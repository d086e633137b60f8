// What an API format gives to the rest of the program: plain data, without a byte of framing, timing or a socket.
import type { Settings } from '../config/config.ts'
import { ownOf } from '../config/own.ts'
import type { Rule } from '../config/rules.ts'
import { fileOf } from '../config/texts.ts'
import type { Upstream } from '../config/upstreams.ts'
import type { Ask, ProviderName } from './ask.ts'
import type { KeptHeaders } from './kept.ts'

/** What the answers of one run are made from. The same in every worker. */
export interface Setup {
  readonly config: Settings
  /** Whose answers they are, where upstreams have names. */
  readonly upstream?: {
    readonly name: string
    readonly prefix: string
    /** Of the program: where each is to be asked. */
    readonly all: readonly Pick<Upstream, 'name' | 'listen' | 'prefix'>[]
  }
  /** Start of the run, Unix seconds: every `created` of the run. */
  readonly createdAt: number
  /** What has been read from files that the configuration names. */
  readonly files?: Files
}

/** The same of a whole configuration, by path. */
export interface NamedFiles {
  readonly texts: Readonly<Record<string, string>>
  readonly rules: Readonly<Record<string, readonly Rule[]>>
}

/** Files that answers are made from, read and found good. */
export interface Files {
  /** The text of `--text @FILE`. */
  readonly text?: string
  /** The rules of `--replies FILE`. */
  readonly rules?: readonly Rule[]
}

/** Those of them that some settings name. */
export function filesOf({ text, replies }: Pick<Settings, 'text' | 'replies'>, all: NamedFiles): Files {
  const [words, rules] = [ownOf(all.texts, fileOf(text) ?? ''), ownOf(all.rules, replies)]
  return { ...(words !== undefined && { text: words }), ...(rules !== undefined && { rules }) }
}

/** What a refusal may tell besides its message. */
export interface ErrorDetails {
  readonly param?: string | undefined
  readonly code?: string | undefined
  readonly headers?: Record<string, string>
}

/** How much of a rate limit is left. */
export interface RateLimit {
  readonly limit: number
  readonly remaining: number
  /** Until all of it is there again. */
  readonly resetMs: number
}

/** What opens a reply leaves with the first chunk, or before it: then `--preamble-ms` says when. */
export const PREAMBLE = -1

/** One piece of a streamed answer. */
export interface StreamEvent {
  /** The name of the event, where the format has names. */
  readonly event?: string
  readonly data: string
  /** The step of the schedule it leaves at: content chunk i at step i, the ending at the last one, step N; or `PREAMBLE`. */
  readonly step: number
  /** What it is to a client; the events around content are nothing in particular. */
  readonly part?: Part
}

/**
 * `content` is a content chunk, `finish` tells why the reply ends, `done` is the mark that nothing follows, and `last` is both
 * in one.
 */
export type Part = 'content' | 'finish' | 'done' | 'last'

/** One message, or what a format has in its place. */
export interface Turn {
  /** `result`: of a tool that was called. */
  readonly by: 'user' | 'result' | 'other'
  /** A text, or parts of which some are texts. */
  readonly content: unknown
  /** Texts of the user that stand beside a result, in the same message. */
  readonly beside?: readonly unknown[]
}

/** Everything that was said. */
export type Conversation = readonly Turn[]

/** How the events of a stream are put into bytes, and what stands around and between them. */
export type Framing = 'sse' | 'sse-crlf' | 'ndjson' | 'json-array' | 'eventstream'

/** Events, paced. Only what stands before the content and behind it is made for each ask. */
export interface StreamAnswer {
  readonly kind: 'stream'
  readonly status: number
  readonly framing: Framing
  /** How many chunks were drawn for it: of asks with the same content key the content is the same for the same number. */
  readonly drawn: number
  /** How many chunks of the content are sent: all of them, or fewer where a limit cuts the reply or the ending says the last. */
  readonly upTo: number
  /** Before the content, at `PREAMBLE` or step 0. */
  readonly opening: readonly StreamEvent[]
  /** All of it, and what stands between its chunks: each made when it is asked for, so that a long content is not made in one go. */
  readonly content: () => Iterable<StreamEvent>
  /** Behind the last chunk that is sent, at step `upTo`. */
  readonly ending: readonly StreamEvent[]
  /** The provider's error as it comes in the middle of a stream, after `sent` events: of a status, or the one that is usual there. */
  readonly failure: (sent: number, status?: number) => Pick<StreamEvent, 'event' | 'data'>
  /** What the provider sends to show that it is still there, where it does. */
  readonly ping?: Pick<StreamEvent, 'event' | 'data'>
}

/** What providers say when a stream breaks off. */
export const MIDSTREAM_MESSAGE = 'The server had an error while processing your request.'

/** What is said with a status, where nobody has more to say. */
const messages: Readonly<Record<number, string>> = {
  400: 'The request is not valid.',
  401: 'Incorrect API key provided.',
  403: 'This key may not do that.',
  404: 'There is no such resource.',
  408: 'The request took too long.',
  409: 'The resource is in use.',
  413: 'The request is too large.',
  422: 'The request cannot be processed.',
  429: 'Rate limit reached.',
  500: MIDSTREAM_MESSAGE,
  502: 'Bad gateway.',
  503: 'The service is overloaded.',
  504: 'The service took too long.',
  529: 'Overloaded',
}

export function messageOf(status: number): string {
  return messages[status] ?? `Status ${status}.`
}

/** A single body. */
export interface WholeAnswer {
  readonly kind: 'whole'
  readonly status: number
  readonly body: string
  readonly headers?: Readonly<Record<string, string>>
  /**
   * The step of the schedule it leaves at; `first`: at the first one, and it is the same whatever was drawn. Absent: it leaves at once.
   */
  readonly step?: number | 'first'
}

/** A single body that takes long to make: its parts, one behind the other, each made when it is asked for. */
export interface LongAnswer extends Omit<WholeAnswer, 'kind' | 'body'> {
  readonly kind: 'long'
  readonly parts: () => Iterable<string>
}

export type Answer = StreamAnswer | WholeAnswer | LongAnswer

/** A JSON body, sent at once. */
export function jsonAnswer(status: number, value: unknown, headers?: Record<string, string>): WholeAnswer {
  return { kind: 'whole', status, body: JSON.stringify(value), ...(headers && { headers }) }
}

/** A JSON body that leaves at a step of the schedule: when a stream of so many chunks would end. */
export function pacedAnswer(value: unknown, step: number): WholeAnswer {
  return { ...jsonAnswer(200, value), step }
}

/** A body that the provider would refuse. `param` is the field that is wrong, where one is, `code` what OpenAI calls it. */
export class BadRequest extends Error {
  override readonly name = 'BadRequest'
  readonly param: string | undefined
  readonly code: string | undefined

  constructor(message: string, param?: string, { code, ...options }: ErrorOptions & { code?: string } = {}) {
    super(message, options)
    this.param = param
    this.code = code
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
  /** All of them, to be read later: for whoever keeps them. */
  headers(): KeptHeaders
}

export type JsonObject = Readonly<Record<string, unknown>>

/** One row of the catalogue. */
export interface Route {
  readonly method: 'GET' | 'POST' | 'DELETE'
  /**
   * Where it is served. `{model}` stands for any text, slashes included, every other `{name}` for one without slash and
   * colon, `{id}` for none that some path has in it. The numbers name the first. By the last one models and lists are served behind any
   * prefix.
   */
  readonly paths: readonly [string, ...string[]]
  readonly provider: ProviderName
  /** Several providers have this path: headers tell whose it is. */
  readonly isShared?: true
  /**
   * Another provider has this path, and only clients of this one come here, by their user agent and where bodies are looked into:
   * elsewhere a look at a header would cost too much.
   */
  readonly isForOwn?: true
  /** Whether it answers like a model (and so can fail, be limited and refuse a body), lists models, or tells that it is well. */
  readonly role: 'model' | 'list' | 'health'
  /** Prepared before the first request, however much it is. */
  readonly eager?: true
  /** Nobody needs a key for it. */
  readonly open?: true
  /** Browsers are shown a page in its place. */
  readonly page?: true
  /** Answers 503 until `--ready-after` is over. */
  readonly waits?: true
  /** What a reply consists of for which so many content chunks were drawn. Answers that have no chunks are the same for every number. */
  readonly answer: (ask: Ask, drawn: number) => Answer
  /** What path, query and headers decide; undefined when there is no such thing there. Absent where they decide nothing. */
  readonly pick?: (head: RequestHead) => Partial<Ask> | undefined
  /**
   * What the body decides, with `--reply auto`. Absent where it decides nothing.
   * @throws BadRequest
   */
  readonly read?: (body: JsonObject, head: RequestHead) => Partial<Ask>
  /** What was said before, of a body that has been read. There wherever `read` is. */
  readonly turns?: (body: JsonObject) => Conversation
}
