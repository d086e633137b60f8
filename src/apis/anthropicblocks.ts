// The blocks of a message, and how they come piece by piece. https://docs.anthropic.com/en/api/messages-streaming
import type Anthropic from '@anthropic-ai/sdk'
import type { Setup } from './api.ts'
import { makeCallId, type Said, type Section } from './content.ts'
import type { Piece } from './pieces.ts'

export type Block = Omit<Anthropic.TextBlock, 'citations'> | Anthropic.ToolUseBlock | Anthropic.ThinkingBlock

/** The first piece of an input. */
export const NO_INPUT: Anthropic.InputJSONDelta = { type: 'input_json_delta', partial_json: '' }

/** Any: nobody can check it. */
export const SIGNATURE = 'bW9jaw=='

/** A block as it is when it starts. */
export function blockOf({ config }: Setup, { calls }: Said, { kind, call }: Section): Block {
  switch (kind) {
    case 'text':
      return { type: 'text', text: '' }
    case 'reasoning':
      return { type: 'thinking', thinking: '', signature: '' }
    case 'arguments': {
      const id = makeCallId(config, 'toolu_', call)
      return { type: 'tool_use', id, name: calls[call]!.name, input: {}, caller: { type: 'direct' } }
    }
  }
}

/** What a chunk adds to a block. */
export function deltaOf({ kind, text }: Piece): Anthropic.RawContentBlockDelta {
  if (kind === 'text') return { type: 'text_delta', text }
  if (kind === 'reasoning') return { type: 'thinking_delta', thinking: text }
  return { type: 'input_json_delta', partial_json: text }
}
