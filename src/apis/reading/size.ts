// How large an answer may be that a request makes larger than the configuration has it.
import type { UpstreamSettings } from '../../config/config.ts'
import { textSizes, wordsOf } from '../../config/texts.ts'
import { BadRequest } from '../api.ts'
import type { Ask } from '../ask.ts'

/** About. Escapes can double it, and a string can have 2 GiB. */
const MOST_BYTES = 1 << 29
/** A chunk besides its text, so that there are at most a million. */
const CHUNK_BYTES = 512
const WORD_BYTES = 8
/** What is told of a token, or of one of its alternatives, besides the texts. */
const LIKELY_BYTES = 80
/** The bytes of a text as a list of numbers, and the text itself. */
const BYTES_AS_NUMBERS = 5

/** A text that is repeated is there so often while the answer is made. */
const ECHO_COPIES = 8

/** What can make an answer large. */
type Large = Pick<Ask, 'choices' | 'logprobs' | 'limit' | 'isExact'> &
  Partial<Pick<Ask, 'own' | 'content' | 'calls' | 'prompts'>>

/** @throws BadRequest when a request wants more choices, probabilities, or chunks exactly than there is room for */
export function refuseLarge(
  config: Pick<UpstreamSettings, 'text' | 'chunkBytes' | 'chunkCount'>,
  ask: Large,
): void {
  const { choices, logprobs, limit, isExact, prompts = [] } = ask
  if (choices === 1 && logprobs === null && !isExact) return
  const textBytes = textSizes[wordsOf(config.text)] || config.chunkBytes || WORD_BYTES
  const told = logprobs === null ? 0 : 1 + logprobs
  const words = isExact && limit > 0 ? limit : config.chunkCount
  const calls = Array.from(
    { length: ask.content?.calls ?? 0 },
    (_, i) => ask.calls?.[i % ask.calls.length]?.input?.pieces.length ?? 0,
  )
  const chunks = (ask.own?.pieces.length ?? words) + calls.reduce((sum, count) => sum + count, 0)
  const likelyBytes = told * LIKELY_BYTES + (told > 0 ? 2 * BYTES_AS_NUMBERS * textBytes : 0)
  const asked = prompts.reduce((sum, { length }) => sum + length * (ECHO_COPIES + told * LIKELY_BYTES), 0)
  if (choices * chunks * (CHUNK_BYTES + textBytes + likelyBytes) + asked <= MOST_BYTES) return
  throw new BadRequest(
    `This answer would be too large: ${choices} choices of ${chunks} tokens each${logprobs === null ? '' : ', with their probabilities'}.`,
    choices > 1 ? 'n' : logprobs === null ? 'max_tokens' : 'logprobs',
  )
}
