// What the chunks of a chat say of one piece: text, reasoning, or a fragment of a call.
import type OpenAI from 'openai'
import type { Setup } from './api.ts'
import type { Ask } from './ask.ts'
import { makeCallId, type Said } from './content.ts'
import type { Piece } from './pieces.ts'

/** Of a call of a custom tool, which the SDK does not know streamed. */
interface CustomDelta {
  index: number
  id?: string
  type?: 'custom'
  custom: { name?: string; input: string }
}
/**
 * Reasoning, which OpenAI's chat does not tell: DeepSeek, Fireworks and xAI call it `reasoning_content`, Groq and OpenRouter
 * `reasoning`. Clients read one of them, or the first that is there.
 */
export interface Reasoning {
  reasoning_content?: string
  reasoning?: string
}

export type Delta = Omit<OpenAI.ChatCompletionChunk.Choice['delta'], 'tool_calls'> &
  Reasoning & {
    tool_calls?: (OpenAI.ChatCompletionChunk.Choice.Delta.ToolCall | CustomDelta)[]
  }

export function reasoningOf(text: string): Reasoning {
  return { reasoning_content: text, reasoning: text }
}

/** How pieces are told. */
export interface Fragments {
  /** A piece whose call has been named, if it is one of a call. */
  next(piece: Piece): Delta
  /** The first piece of a call, which names it: in one delta, or the name in two. */
  first(piece: Piece, choice: number): Delta[]
  /** The same in one in any case. */
  whole(piece: Piece, choice: number): Delta
}

/** Whether the piece at a place is the first one of its call. */
export function firstFragments(said: Said): (at: number) => boolean {
  if (said.calls.length === 0) return () => false
  const firsts = new Map<number, number>()
  let seen = 0
  return (at) => {
    for (; seen <= at; seen++) {
      const { kind, call } = said.pieces[seen]!
      if (kind === 'arguments' && !firsts.has(call)) firsts.set(call, seen)
    }
    return firsts.get(said.pieces[at]!.call) === at
  }
}

export function fragmentsOf({ config }: Setup, { shape }: Ask, { calls }: Said): Fragments {
  const { callIndex } = shape
  /** Where it stands among the calls. */
  const place = (call: number): { index: number } => {
    if (callIndex === 'missing') return {} as { index: number }
    if (callIndex === 'repeated') return { index: 0 }
    return { index: callIndex === 'reversed' ? calls.length - 1 - call : call }
  }
  const whole = ({ text, call }: Piece, choice: number, name = calls[call]!.name): Delta => {
    const id = makeCallId(config, 'call_', call, choice)
    switch (calls[call]!.kind) {
      case 'custom':
        return { tool_calls: [{ ...place(call), id, type: 'custom', custom: { name, input: text } }] }
      case 'legacy':
        return { function_call: { name, arguments: text } }
      case 'function':
        return {
          tool_calls: [{ ...place(call), id, type: 'function', function: { name, arguments: text } }],
        }
    }
  }
  /** Without an id: what it says is added to what has been said of the call. */
  const more = ({ text, call }: Piece, name?: string): Delta => {
    const named = name === undefined ? {} : { name }
    switch (calls[call]!.kind) {
      case 'custom':
        return { tool_calls: [{ ...place(call), custom: { ...named, input: text } }] }
      case 'legacy':
        return { function_call: { ...named, arguments: text } }
      case 'function':
        return { tool_calls: [{ ...place(call), function: { ...named, arguments: text } }] }
    }
  }
  return {
    next: (piece) => {
      if (piece.kind === 'text') return { content: piece.text }
      return piece.kind === 'reasoning' ? reasoningOf(piece.text) : more(piece)
    },
    first: (piece, choice) => {
      if (!shape.namePieces) return [whole(piece, choice)]
      const { name } = calls[piece.call]!
      const half = Math.ceil(name.length / 2)
      return [whole({ ...piece, text: '' }, choice, name.slice(0, half)), more(piece, name.slice(half))]
    },
    whole: (piece, choice) => whole(piece, choice),
  }
}
