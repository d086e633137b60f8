// What Cohere's chat tells of its text besides the text: which documents it is from, and how likely it was.
// https://docs.cohere.com/docs/rag-citations https://docs.cohere.com/reference/chat#request.body.logprobs
import type { Cohere } from 'cohere-ai'
import type { Ask } from './ask.ts'
import type { Said } from './content.ts'
import { lengthOf, LOGPROB } from './logprobs.ts'
import { fillMarks } from './marks.ts'
import type { Wire } from './wire.ts'

export type Citation = Wire<Cohere.Citation>
export type Source = Wire<Cohere.Source.Document>
type LogprobItem = Wire<Cohere.LogprobItem>

/** As many as Cohere's tokenizers know, about. */
const VOCABULARY = 255_000

/** What is repeated of the documents that may be cited. */
export function echoSources(sources: readonly Source[]): string {
  return sources.length === 0 ? '' : JSON.stringify({ sources })
}

/** Each document is cited once, by a chunk of the text that is sent: the first by the first one. Of calls nothing is cited. */
export function citationsOf({ echo }: Ask, { sections, calls, pieces, upTo }: Said): Citation[] {
  const section = sections.findIndex(({ kind }) => kind === 'text')
  if (echo === '' || section < 0 || calls.length > 0) return []
  const { sources } = JSON.parse(echo) as { readonly sources: readonly Source[] }
  const { start, end } = sections[section]!
  const cited = pieces.slice(start, Math.min(end, upTo, start + sources.length))
  let at = 0
  return cited.flatMap((piece, i): Citation[] => {
    const { text } = fillMarks(piece.text)
    const word = text.trim()
    const from = at + lengthOf(text) - lengthOf(text.trimStart())
    at += lengthOf(text)
    if (word === '') return []
    const place = { start: from, end: from + lengthOf(word), text: word }
    return [{ ...place, sources: [sources[i]!], content_index: section, type: 'TEXT_CONTENT' }]
  })
}

/** Of one chunk, which is one token. */
export function cohereLogprob(chunk: string): LogprobItem {
  const { text } = fillMarks(chunk)
  const id = Array.from(text).reduce((sum, one) => (sum * 31 + one.codePointAt(0)!) % VOCABULARY, 0)
  return { text, token_ids: [id], logprobs: [LOGPROB] }
}
