// What Azure adds to OpenAI's chat: what its content filter has found, which is nothing.
// https://learn.microsoft.com/azure/ai-foundry/openai/concepts/content-streaming
import { PREAMBLE, type StreamEvent } from './api.ts'

const SAFE = { filtered: false, severity: 'safe' } as const

/** Of a text. */
export const FILTERED = { hate: SAFE, self_harm: SAFE, sexual: SAFE, violence: SAFE } as const

/** Of all that was asked. */
export const PROMPT_FILTERED = {
  prompt_filter_results: [
    {
      prompt_index: 0,
      content_filter_results: { ...FILTERED, jailbreak: { filtered: false, detected: false } },
    },
  ],
} as const

/** What a stream begins with, before anything is known of the answer. */
export const PROMPT_EVENT: StreamEvent = {
  data: JSON.stringify({ choices: [], created: 0, id: '', model: '', object: '', ...PROMPT_FILTERED }),
  step: PREAMBLE,
}
