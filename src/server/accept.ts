// What a client would rather have: a page or JSON, and how a body may be compressed for it.
// https://www.rfc-editor.org/rfc/rfc9110#section-12.5
import type { Coding } from '../config/connectionkinds.ts'

/** Nobody names more; what is longer is not looked at. */
const MOST_CHARACTERS = 1000

/** Whether an Accept header, null when there is none, prefers HTML to JSON: what is as good is JSON, and so is what makes no sense. */
export function prefersHtml(accept: string | null): boolean {
  if (accept === null || accept.length > MOST_CHARACTERS) return false
  const ranges = accept.toLowerCase().split(',').flatMap(readRange)
  const html = weightOf(ranges, 'text', 'html')
  const json = weightOf(ranges, 'application', 'json')
  if (html !== json) return html > json
  // `text/html, */*`: the star is said by whoever takes anything, the name by a browser.
  return html > 0 && isNamed(ranges, 'text/html') && !isNamed(ranges, 'application/json')
}

/** Those of `codings` that an Accept-Encoding header accepts. Without one none is, and so it is where it makes no sense. */
export function acceptedCodings(accept: string | null, codings: readonly Coding[]): readonly Coding[] {
  if (accept === null || accept.length > MOST_CHARACTERS) return []
  const ranges = accept.toLowerCase().split(',').flatMap(readRange)
  return codings.filter((coding) => {
    const named = ranges.find(({ type }) => type === coding || type === `x-${coding}`)
    const range = named ?? ranges.find(({ type }) => type === '*')
    return range !== undefined && range.weight > 0
  })
}

interface Range {
  /** With its subtype, or a coding. */
  readonly type: string
  readonly weight: number
}

function readRange(text: string): Range[] {
  const [type, ...parameters] = text.split(';').map((part) => part.trim())
  const given = parameters.find((one) => one.startsWith('q='))
  const [, weight] = /^q=(0(?:\.\d{0,3})?|1(?:\.0{0,3})?)$/.exec(given ?? 'q=1') ?? []
  return weight === undefined ? [] : [{ type: type!, weight: Number(weight) }]
}

/** What is named counts before what a star covers. */
function weightOf(ranges: readonly Range[], type: string, subtype: string): number {
  for (const name of [`${type}/${subtype}`, `${type}/*`, '*/*']) {
    const found = ranges.find((range) => range.type === name)
    if (found !== undefined) return found.weight
  }
  return 0
}

function isNamed(ranges: readonly Range[], name: string): boolean {
  return ranges.some(({ type }) => type === name)
}
