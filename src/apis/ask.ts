// What a request asks for, and what tells two asks apart.
import type { UpstreamSettings } from '../config/config.ts'
import type { Coding } from '../config/connectionkinds.ts'
import type { Shape } from '../config/shapes.ts'
import { type TextKind, wordsOf } from '../config/texts.ts'
import { hasMarks, withoutMarks } from './marks.ts'
import { rememberWeakly } from './remember.ts'

/** Whose API it is. */
export type ProviderName =
  'openai' | 'azure' | 'anthropic' | 'gemini' | 'ollama' | 'bedrock' | 'cohere' | 'mistral' | 'groq'

/** The forms of Cohere's embeddings: numbers, whole numbers, and bits. */
export type EmbeddingForm = 'float' | 'int8' | 'uint8' | 'binary' | 'ubinary' | 'base64'

/** Documents that are to be ranked. */
export interface Ranking {
  readonly query: string
  readonly documents: readonly Readonly<Record<string, unknown>>[]
  /** So many are told, the best ones. */
  readonly most: number
  /** What they say is told too. */
  readonly isReturned: boolean
}

/** What an embedding is made of: a text, or the ids of its tokens. */
export type Input = string | readonly number[]

/** A text of its own: it is said as it is, in these pieces, whatever the number of chunks. */
export interface Own {
  readonly text: string
  readonly pieces: readonly string[]
}

/** One call of a tool. */
export interface CallAsk {
  readonly name: string
  /** `custom` takes any text; `legacy` is what OpenAI's functions were before there were tools. */
  readonly kind: 'function' | 'custom' | 'legacy'
  /** What it is called with; null: words, as many as there are chunks for it. */
  readonly input: Own | null
}

/** What a request asks for, as far as an answer depends on it. */
export interface Ask {
  readonly stream: boolean
  /** OpenAI's `stream_options.include_usage`. */
  readonly includeUsage: boolean
  readonly model: string
  /** OpenAI's `n`. */
  readonly choices: number
  readonly content: UpstreamSettings['content']
  /** The tools that are called, in turn. */
  readonly calls: readonly [CallAsk, ...CallAsk[]]
  /** Which words are said. */
  readonly text: TextKind
  /** What is said instead of words. */
  readonly own: Own | null
  /** Texts before which the text ends. */
  readonly stop: readonly string[]
  /** How many alternatives of each token are told with its probability; null: nothing is told. */
  readonly logprobs: number | null
  /** The most content chunks; 0: as many as there are. */
  readonly limit: number
  /** So many are said, not at most. */
  readonly isExact: boolean
  /** Why the reply ends when it is not cut: all is said, or the limit of tokens is said to be reached, or a filter to have ended it. */
  readonly finish: 'stop' | 'length' | 'filter'
  /** How its chunks differ from the usual ones. */
  readonly shape: Shape
  readonly promptTokens: number
  /** What the answer repeats of the request: the text of a JSON object, or nothing. */
  readonly echo: string
  /** What each choice says again before it goes on: the prompts of completions with `echo`. */
  readonly prompts: readonly string[]
  /** Google's `alt`: a streamed answer as server-sent events, or as one JSON array in pieces. */
  readonly alt: 'sse' | 'json'
  /** Ollama's requests without a prompt, by which a model is loaded or unloaded. */
  readonly load: 'load' | 'unload' | null
  /** What a path names that is no model: the id of a response. */
  readonly resource: string
  /** Google's `:countTokens`: the answer is the number of tokens alone. */
  readonly countOnly: boolean
  /** How embeddings are written. */
  readonly encoding: 'float' | 'base64'
  /** What is to be embedded, and into how many dimensions; none when nobody has looked. */
  readonly inputs: readonly Input[]
  readonly dimensions: number
  /** In which forms, where an answer can have several. */
  readonly forms: readonly EmbeddingForm[]
  /** What is to be ranked; nothing when nobody has looked. */
  readonly ranking: Ranking | null
  /** In whose form models are listed where several providers share a path. */
  readonly dialect: ProviderName
  /** Reasoning comes with what looks like its encrypted form, for clients that hand it back. */
  readonly encrypted: boolean
  /** How the body may be compressed, as far as anybody has looked. */
  readonly codings: readonly Coding[]
}

interface FieldRow<Value> {
  /** Nothing where the value is the usual one, which most are: short keys are compared soonest. */
  readonly write: (value: Value, ask: Ask) => string
  /** The content of a stream does not depend on it, only what stands before and behind it. */
  readonly isEdge?: true
}

/** A text of any content, with its length before it. */
const text = (value: string): string => `${value.length}:${value}`
/** The same text may be cut in several ways. Written once for each object: most come again. */
const ownKey = rememberWeakly(
  ({ text: whole, pieces }: Own) => `${pieces.map(({ length }) => length).join('.')}:${text(whole)}`,
)
const rankingText = rememberWeakly((ranking: Ranking) => JSON.stringify(ranking))
const own = (value: Own | null): string => (value === null ? '' : ownKey(value))

/** A field that mostly has this value. */
function mostly<Value extends string | number | boolean | null>(usual: Value): (value: Value) => string {
  return (value) => (value === usual ? '' : `${value}`)
}

/** Chunks as they are. */
const USUAL_SHAPE: Shape = {}

/** Every field of an ask, so that no two asks share a key. */
const fields: { readonly [Field in keyof Ask]: FieldRow<Ask[Field]> } = {
  model: { write: text },
  stream: { write: mostly<boolean>(true) },
  includeUsage: { write: mostly<boolean>(false) },
  choices: { write: mostly<number>(1) },
  content: {
    write: ({ reasoning, text, calls }) =>
      calls === 0 && text && !reasoning ? '' : `${Number(reasoning)}${Number(text)}${calls}`,
  },
  // What is not called makes no difference.
  calls: {
    write: (calls, { content }) =>
      content.calls === 0
        ? ''
        : calls.map(({ name, kind, input }) => `${text(name)}${kind}${own(input)}`).join(),
  },
  text: { write: mostly<Ask['text']>('words') },
  own: { write: own },
  stop: { write: (stops) => (stops.length === 0 ? '' : stops.map(text).join('')) },
  logprobs: { write: mostly<number | null>(null) },
  limit: { write: mostly<number>(0), isEdge: true },
  isExact: { write: mostly<boolean>(false), isEdge: true },
  finish: { write: mostly<Ask['finish']>('stop'), isEdge: true },
  // Where each chunk tells the usage, the content depends on the prompt.
  shape: {
    write: (shape, { promptTokens }) =>
      shape === USUAL_SHAPE ? '' : `${JSON.stringify(shape)}${shape.usage === 'every' ? promptTokens : ''}`,
  },
  promptTokens: { write: String, isEdge: true },
  echo: { write: (echo) => (echo === '' ? '' : text(echo)), isEdge: true },
  prompts: { write: (prompts) => (prompts.length === 0 ? '' : prompts.map(text).join('')) },
  alt: { write: mostly<Ask['alt']>('json') },
  load: { write: mostly<Ask['load']>(null) },
  resource: { write: (id) => (id === '' ? '' : text(id)) },
  countOnly: { write: mostly<boolean>(false) },
  encoding: { write: mostly<Ask['encoding']>('base64') },
  inputs: { write: (inputs) => (inputs.length === 0 ? '' : text(JSON.stringify(inputs))) },
  dimensions: { write: String },
  forms: { write: (forms) => forms.join() },
  ranking: { write: (ranking) => (ranking === null ? '' : text(rankingText(ranking))) },
  dialect: { write: mostly<ProviderName>('openai') },
  encrypted: { write: mostly<boolean>(false) },
  codings: { write: (codings) => codings.join(), isEdge: true },
}

/** Each begins with a sign of its own, which what is before it cannot hold at its end. */
const rows = (Object.entries(fields) as [keyof Ask, FieldRow<unknown>][]).map(([field, row], i) => {
  return { field, sign: `|${i.toString(36)}=`, ...row }
})
const contentRows = rows.filter(({ isEdge }) => !isEdge)

/** Equal for asks that are answered alike, and for no others. */
export function keyOf(ask: Ask): string {
  return writeRows(rows, ask)
}

/** Equal for asks whose streams have the same content for the same number of chunks. */
export function contentKeyOf(ask: Ask): string {
  return writeRows(contentRows, ask)
}

function writeRows(chosen: typeof rows, ask: Ask): string {
  let key = ''
  for (const { field, sign, write } of chosen) {
    const written = write(ask[field], ask)
    if (written !== '') key += sign + written
  }
  return key
}

/** Longer texts are not worth a key that holds them. */
const MOST_KEPT_TEXT = 4096
/** Nor are vectors of longer inputs, which take longer to write than to embed. */
const MOST_KEPT_INPUT = 1000

/** Whether an ask is too large to be kept, and seldom the same again. */
export function isLarge(ask: Ask): boolean {
  return ask.echo.length > MOST_KEPT_TEXT || hasLargeContent(ask)
}

/** Whether that is so of what it makes a reply say, not only of what stands around it. */
export function hasLargeContent({ inputs, own, prompts, calls, stop, ranking }: Ask): boolean {
  return (
    inputs.length > 1 ||
    (ranking !== null && rankingText(ranking).length > MOST_KEPT_TEXT) ||
    [...prompts, ...stop].reduce((sum, { length }) => sum + length, 0) > MOST_KEPT_TEXT ||
    (inputs[0]?.length ?? 0) > MOST_KEPT_INPUT ||
    (own?.text.length ?? 0) > MOST_KEPT_TEXT ||
    calls.some(({ input }) => (input?.text.length ?? 0) > MOST_KEPT_TEXT)
  )
}

/** The same ask, with no text in it that could be taken for a mark of ours. */
export function cleanAsk(ask: Ask): Ask {
  const cleanOwn = (own: Own | null): Own | null =>
    own && { ...own, text: withoutMarks(own.text), pieces: own.pieces.map(withoutMarks) }
  return {
    ...ask,
    model: withoutMarks(ask.model),
    own: cleanOwn(ask.own),
    calls: ask.calls.map(({ name, kind, input }) => ({
      name: withoutMarks(name),
      kind,
      input: cleanOwn(input),
    })) as unknown as Ask['calls'],
    echo: withoutMarks(ask.echo),
    prompts: ask.prompts.map(withoutMarks),
    ranking: ask.ranking && cleanRanking(ask.ranking),
  }
}

function cleanRanking(ranking: Ranking): Ranking {
  const text = rankingText(ranking)
  return hasMarks(text) ? (JSON.parse(withoutMarks(text)) as Ranking) : ranking
}

/** The tokens of every prompt that is not looked into. */
export const PROMPT_TOKENS = 10

/** What is asked for when nothing is looked into. */
export function defaultAsk({
  reply,
  model,
  content,
  toolName,
  text,
  embeddingDimensions,
}: UpstreamSettings): Ask {
  return {
    stream: reply !== 'json',
    includeUsage: false,
    model: model[0],
    choices: 1,
    content,
    calls: [{ name: toolName, kind: 'function', input: null }],
    text: wordsOf(text),
    own: null,
    stop: [],
    logprobs: null,
    limit: 0,
    isExact: false,
    finish: 'stop',
    shape: USUAL_SHAPE,
    promptTokens: PROMPT_TOKENS,
    echo: '',
    prompts: [],
    alt: 'json',
    load: null,
    resource: '',
    countOnly: false,
    encoding: 'base64',
    inputs: [],
    dimensions: embeddingDimensions,
    forms: ['float'],
    ranking: null,
    dialect: 'openai',
    encrypted: false,
    codings: [],
  }
}
