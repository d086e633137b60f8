// What a client must know of the API formats: where to ask, what, with which key, and how a whole stream ends.
import { type FormatName, formatNames, type Header } from '../../config/requests.ts'

/** A row of the table. */
interface ClientFormat {
  /** Behind the address of a server; the first segment is the version that base URLs end with. */
  readonly path: (model: string, isWhole: boolean) => string
  /** Which paths are of this format. */
  readonly isPath: RegExp
  readonly body: (model: string, isWhole: boolean) => object
  /** Where the key comes from, and how it is sent. */
  readonly key: { readonly variable: string; readonly header: (key: string) => Header } | null
  readonly headers: readonly Header[]
  /** Is in the last event of a stream, and in no other. */
  readonly last: RegExp
  /** What the last event says, in words. */
  readonly lastSays: string
}

const PROMPT = 'Hi'
const messages = [{ role: 'user', content: PROMPT }]
const bearer = {
  variable: 'OPENAI_API_KEY',
  header: (key: string): Header => ['Authorization', `Bearer ${key}`],
}

const formats = {
  chat: {
    path: () => '/v1/chat/completions',
    isPath: /\/completions$/,
    body: (model, isWhole) => ({ model, stream: !isWhole, messages }),
    key: bearer,
    headers: [],
    last: /^data: ?\[DONE\]/m,
    lastSays: '[DONE]',
  },
  responses: {
    path: () => '/v1/responses',
    isPath: /\/responses$/,
    body: (model, isWhole) => ({ model, stream: !isWhole, input: PROMPT }),
    key: bearer,
    headers: [],
    last: /"type": ?"response\.(?:completed|incomplete|failed)"/,
    lastSays: 'response.completed',
  },
  messages: {
    path: () => '/v1/messages',
    isPath: /\/messages$/,
    body: (model, isWhole) => ({ model, stream: !isWhole, max_tokens: 4096, messages }),
    key: { variable: 'ANTHROPIC_API_KEY', header: (key) => ['x-api-key', key] },
    headers: [['anthropic-version', '2023-06-01']],
    last: /"type": ?"message_stop"/,
    lastSays: 'message_stop',
  },
  gemini: {
    path: (model, isWhole) =>
      `/v1beta/models/${model}:${isWhole ? 'generateContent' : 'streamGenerateContent?alt=sse'}`,
    isPath: /:(?:streamG|g)enerateContent$/,
    body: () => ({ contents: [{ role: 'user', parts: [{ text: PROMPT }] }] }),
    key: { variable: 'GEMINI_API_KEY', header: (key) => ['x-goog-api-key', key] },
    headers: [],
    last: /"finishReason": ?"/,
    lastSays: 'finishReason',
  },
  ollama: {
    path: () => '/api/chat',
    isPath: /\/api\/(?:chat|generate)$/,
    body: (model, isWhole) => ({ model, stream: !isWhole, messages }),
    key: null,
    headers: [],
    last: /"done": ?true/,
    lastSays: '"done":true',
  },
} as const satisfies Record<FormatName, ClientFormat>

export function formatOf(name: FormatName): ClientFormat {
  return formats[name]
}

/** The format whose path this is; undefined where it is none that is known. */
export function findFormat(path: string): FormatName | undefined {
  return formatNames.find((name) => formats[name].isPath.test(path))
}
