// What a body of legacy completions decides.
import type { JsonObject, Setup } from '../api.ts'
import type { Ask } from '../ask.ts'
import {
  booleanField,
  countField,
  objectField,
  readLimit,
  readModel,
  stopField,
  wrongType,
  wrongValue,
} from '../body.ts'
import { countPromptTokens } from './conversation.ts'
import { MOST_CHOICES } from './openai.ts'
import { refuseLarge } from './size.ts'

type Prompt = string | readonly number[]

/** As many alternatives as OpenAI tells of. */
const MOST_LOGPROBS = 5

/** Nothing is said, and no more was wanted. */
const NOTHING = { own: { text: '', pieces: [] }, finish: 'length', limit: 0, isExact: false } as const

/** What a body of legacy completions decides: a prompt each has `n` choices. */
export function readCompletion({ config }: Setup, body: JsonObject): Partial<Ask> {
  const options = objectField(body, 'stream_options')
  const prompts = readPrompts(body['prompt'] ?? '')
  const n = countField(body, 'n', 1, MOST_CHOICES) ?? 1
  if (n * prompts.length > MOST_CHOICES)
    throw wrongValue('prompt', `at most ${MOST_CHOICES} choices, prompts times n`)
  const read = {
    ...readModel(body),
    stream: booleanField(body, 'stream') ?? false,
    includeUsage: (options && booleanField(options, 'include_usage')) ?? false,
    choices: n * prompts.length,
    stop: stopField(body, 'stop'),
    logprobs: countField(body, 'logprobs', 0, MOST_LOGPROBS) ?? null,
    prompts: booleanField(body, 'echo') === true ? prompts.flatMap((prompt) => repeat(prompt, n)) : [],
    promptTokens: countTokens(prompts),
    ...(body['max_tokens'] === 0 ? NOTHING : readLimit(body, ['max_tokens'])),
  }
  refuseLarge(config, read)
  return read
}

/** @throws BadRequest when a prompt is neither a text nor the ids of tokens, nor a list of such */
function readPrompts(prompt: unknown): readonly Prompt[] {
  const prompts = Array.isArray(prompt) && prompt.some((one) => typeof one !== 'number') ? prompt : [prompt]
  if (!prompts.every(isPrompt))
    throw wrongType('prompt', 'a string, an array of tokens, or an array of either')
  return prompts
}

function isPrompt(value: unknown): value is Prompt {
  if (typeof value === 'string') return true
  return Array.isArray(value) && value.every((token) => Number.isInteger(token) && (token as number) >= 0)
}

/** What is said again of a prompt: nothing where only the ids of its tokens are known. */
function repeat(prompt: Prompt, times: number): string[] {
  return new Array<string>(times).fill(typeof prompt === 'string' ? prompt : '')
}

function countTokens(prompts: readonly Prompt[]): number {
  const texts = prompts.filter((prompt) => typeof prompt === 'string')
  const ids = prompts.reduce((sum, prompt) => sum + (typeof prompt === 'string' ? 0 : prompt.length), 0)
  return Math.max(1, ids + (texts.length === 0 ? 0 : countPromptTokens(texts)))
}
