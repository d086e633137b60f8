// OpenAI chat completions, streamed. https://platform.openai.com/docs/api-reference/chat-streaming
import type OpenAI from 'openai'
import type { Setup, StreamAnswer, StreamEvent } from './api.ts'
import { modelName } from './openai.ts'
import { chunkTexts } from './words.ts'

type Chunk = OpenAI.ChatCompletionChunk
type Choice = OpenAI.ChatCompletionChunk.Choice

/** The `[DONE]` that ends every OpenAI stream. */
const DONE = '[DONE]'

/**
 * The chat stream: `chunkCount` content chunks, the finish chunk, `[DONE]`.
 * The first chunk names the role: the official stream helper refuses a stream without it, so with no content
 * chunk at all the finish chunk names it.
 */
export function chatStream(setup: Setup, chunkCount: number): StreamAnswer {
  const texts = chunkTexts(setup.config)
  // Chunks with the same text are the same string: a million of them cost a million pointers, no more.
  const repeated = texts.map((content) => chunkJson(setup, { content }, null))
  const events: StreamEvent[] = []
  for (let step = 0; step < chunkCount; step++) events.push({ data: repeated[step % repeated.length]!, step })
  const first: Choice['delta'] = { role: 'assistant', content: texts[0]! }
  if (chunkCount > 0) events[0] = { data: chunkJson(setup, first, null), step: 0 }
  const last: Choice['delta'] = chunkCount > 0 ? {} : { role: 'assistant', content: '' }
  events.push({ data: chunkJson(setup, last, 'stop'), step: chunkCount }, { data: DONE, step: chunkCount })
  return { kind: 'stream', status: 200, events }
}

function chunkJson(
  { createdAt }: Setup,
  delta: Choice['delta'],
  finishReason: Choice['finish_reason'],
): string {
  const chunk: Chunk = {
    id: 'chatcmpl-mock',
    object: 'chat.completion.chunk',
    created: createdAt,
    model: modelName,
    choices: [{ index: 0, delta, logprobs: null, finish_reason: finishReason }],
  }
  return JSON.stringify(chunk)
}
