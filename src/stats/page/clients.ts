// Lines to copy: where clients find the mock, and how six SDKs are told. The page fills in {{origin}} (with the prefix, where there is one), {{key}} and {{model}}.
import { baseUrls } from '../../config/baseurls.ts'
import type { UpstreamSettings } from '../../config/config.ts'

export interface Copied {
  readonly name: string
  readonly text: string
  /** How what is filled in is quoted: as between single quotes of a shell or of a program, or not at all. */
  readonly language: 'shell' | 'code' | 'none'
}

/** What clients of each provider call base URL, host or endpoint. */
export const baseLines: readonly Copied[] = baseUrls.map(({ name, path }) => ({
  name,
  text: `{{origin}}${path}`,
  language: 'none',
}))

/** A command goes on in the next line. */
const NEXT = ' \\\n  '

/** For a terminal. */
export function shellLines({ reply, apiKey }: Pick<UpstreamSettings, 'reply' | 'apiKey'>): Copied[] {
  const curl = [
    `curl -N -X POST '{{origin}}/v1/chat/completions'`,
    ...(reply === 'auto' ? [`-d '{"stream":true}'`] : []),
    ...(apiKey === '' ? [] : [`-H 'Authorization: Bearer {{key}}'`]),
  ]
  const variables = [`export OPENAI_BASE_URL='{{origin}}/v1'`, `OPENAI_API_KEY='{{key}}'`]
  return [
    { name: 'curl', text: curl.join(NEXT), language: 'shell' },
    { name: 'Variables of a terminal', text: variables.join(NEXT), language: 'shell' },
  ]
}

interface Client {
  readonly name: string
  readonly start: string
  /** Where replies stream, and where they are whole (`--reply json`). */
  readonly streamed: string
  readonly whole: string
}

const CHAT = `{
  model: '{{model}}',
  messages: [{ role: 'user', content: 'Hi' }],`

const clients: readonly Client[] = [
  {
    name: 'OpenAI, JavaScript',
    start: `import OpenAI from 'openai'

const client = new OpenAI({
  baseURL: '{{origin}}/v1',
  apiKey: '{{key}}',
})`,
    streamed: `const stream = await client.chat.completions.create(${CHAT}
  stream: true,
})
for await (const { choices } of stream)
  process.stdout.write(choices[0]?.delta.content ?? '')`,
    whole: `const { choices } = await client.chat.completions.create(${CHAT}
})
console.log(choices[0].message.content)`,
  },
  {
    name: 'OpenAI, Python',
    start: `from openai import OpenAI

client = OpenAI(
    base_url='{{origin}}/v1',
    api_key='{{key}}',
)`,
    streamed: `stream = client.chat.completions.create(
    model='{{model}}',
    messages=[{'role': 'user', 'content': 'Hi'}],
    stream=True,
)
for chunk in stream:
    print(chunk.choices[0].delta.content or '', end='')`,
    whole: `completion = client.chat.completions.create(
    model='{{model}}',
    messages=[{'role': 'user', 'content': 'Hi'}],
)
print(completion.choices[0].message.content)`,
  },
  {
    name: 'Anthropic, JavaScript',
    start: `import Anthropic from '@anthropic-ai/sdk'

const client = new Anthropic({
  baseURL: '{{origin}}',
  apiKey: '{{key}}',
})`,
    streamed: `const stream = client.messages.stream(${CHAT}
  max_tokens: 99,
})
stream.on('text', (text) => process.stdout.write(text))
await stream.done()`,
    whole: `const { content } = await client.messages.create(${CHAT}
  max_tokens: 99,
})
console.log(content[0].text)`,
  },
  {
    name: 'Google GenAI, JavaScript',
    start: `import { GoogleGenAI } from '@google/genai'

const client = new GoogleGenAI({
  apiKey: '{{key}}',
  httpOptions: { baseUrl: '{{origin}}' },
})`,
    streamed: `const stream = await client.models.generateContentStream({
  model: '{{model}}',
  contents: 'Hi',
})
for await (const { text } of stream) process.stdout.write(text ?? '')`,
    whole: `const { text } = await client.models.generateContent({
  model: '{{model}}',
  contents: 'Hi',
})
console.log(text)`,
  },
  {
    name: 'Ollama, JavaScript',
    start: `import { Ollama } from 'ollama'

const client = new Ollama({
  host: '{{origin}}',
  headers: { Authorization: 'Bearer {{key}}' },
})`,
    streamed: `const stream = await client.chat(${CHAT}
  stream: true,
})
for await (const { message } of stream)
  process.stdout.write(message.content)`,
    whole: `const { message } = await client.chat(${CHAT}
})
console.log(message.content)`,
  },
  {
    name: 'Vercel AI SDK, JavaScript',
    start: `import { createOpenAICompatible } from '@ai-sdk/openai-compatible'
import { streamText } from 'ai'

const mock = createOpenAICompatible({
  name: 'mock',
  baseURL: '{{origin}}/v1',
  apiKey: '{{key}}',
})`,
    streamed: `const { textStream } = streamText({
  model: mock('{{model}}'),
  prompt: 'Hi',
})
for await (const text of textStream) process.stdout.write(text)`,
    whole: `const { text } = await generateText({
  model: mock('{{model}}'),
  prompt: 'Hi',
})
console.log(text)`,
  },
]

/** A program for each of six SDKs, which prints what the mock says. */
export function clientPrograms({ reply }: Pick<UpstreamSettings, 'reply'>): Copied[] {
  return clients.map(({ name, start, streamed, whole }) => ({
    name,
    text:
      reply === 'json' ? `${start.replace('streamText', 'generateText')}\n${whole}` : `${start}\n${streamed}`,
    language: 'code',
  }))
}
