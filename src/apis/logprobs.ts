// How likely tokens are. Here a chunk is a token, all are equally likely, and so are their alternatives.
import type OpenAI from 'openai'
import { fillMarks } from './marks.ts'

/** Three of four times it would be said again. */
export const LOGPROB = -0.25

/** What might have been said instead, ever less likely: together with what was said one time of ten, and no more than 100 %. */
const others = Array.from('abcdefghijklmnopqrstu', (letter, i) => ({
  token: ` ${letter}`,
  logprob: -3.5 - i / 2,
}))

interface Likely {
  readonly token: string
  readonly logprob: number
}

/** The likeliest tokens, first what was said. */
function likeliest(token: string, count: number): Likely[] {
  return [{ token, logprob: LOGPROB }, ...others.filter((other) => other.token !== token)].slice(0, count)
}

const encoder = new TextEncoder()

const withBytes = ({ token, logprob }: Likely) => ({ token, logprob, bytes: [...encoder.encode(token)] })

/** What a chat tells of tokens, each with so many of the likeliest. What stands in a text for a stamp is told as it was prepared. */
export function chatLogprobs(
  texts: readonly string[],
  most: number,
): OpenAI.ChatCompletionChunk.Choice.Logprobs {
  const content = texts.map((text) => {
    const { text: token } = fillMarks(text)
    return {
      ...withBytes({ token, logprob: LOGPROB }),
      top_logprobs: likeliest(token, most).map(withBytes),
    }
  })
  return { content, refusal: null }
}

/**
 * What a legacy completion tells of tokens, the first of which begins after `from` characters. Of `most` alternatives, or 0, what was said is
 * always one. The first token of a prompt has nothing before it that would make it likely: null, which the SDK's type does not know.
 */
export function completionLogprobs(
  texts: readonly string[],
  most: number,
  from: number,
  isPrompt = false,
): OpenAI.CompletionChoice.Logprobs {
  const tokens = texts.map((text) => fillMarks(text).text)
  const known = <Value>(value: Value, i: number): Value => (isPrompt && i === 0 ? (null as Value) : value)
  let at = from
  return {
    text_offset: tokens.map((token) => {
      const offset = at
      at += lengthOf(token)
      return offset
    }),
    token_logprobs: tokens.map((_, i) => known(LOGPROB, i)),
    tokens,
    top_logprobs: tokens.map((token, i) => {
      const likely = likeliest(token, Math.max(1, most))
      return known(Object.fromEntries(likely.map((one) => [one.token, one.logprob])), i)
    }),
  }
}

/** In characters as Python counts them, in which offsets are told. */
export function lengthOf(text: string): number {
  let pairs = 0
  for (let i = 0; i < text.length; i++) if (text.codePointAt(i)! > 0xffff) pairs++
  return text.length - pairs
}
