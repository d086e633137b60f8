// Texts: plain words where nothing is asked, else samples of a format or texts made after a pattern, of the length asked.
import { formatOf, sampleOf } from './formats.ts'
import { madeAfter, matches, MOST_MATCHED } from './match.ts'
import { countIn, type Place, pathOf, textIn, Unsatisfiable } from './place.ts'
import { type Accept, MOST_ROOM, NONE, type Search, strictest } from './search.ts'

const WORDS = ['text', 'word', 'name', 'item', 'note', 'line', 'part', 'page']

/** The k-th plain text of `min` to `max` characters, or NONE. */
function plain(k: number, min: number, max: number): unknown {
  const round = Math.floor(k / WORDS.length)
  let text = WORDS[k % WORDS.length]! + (round === 0 ? '' : ` ${round + 1}`)
  if (text.length > max) text = letters(k)
  if (text.length > max) return max === 0 && k === 0 ? '' : NONE
  if (text.length >= min) return text
  const filled = `${text} `.repeat(Math.ceil(min / (text.length + 1))).slice(0, min)
  return filled.endsWith(' ') ? `${filled.slice(0, -1)}.` : filled
}

/** a, b, …, z, ba, bb, … */
function letters(k: number): string {
  let text = ''
  for (let rest = k; text === '' || rest > 0; rest = Math.floor(rest / 26))
    text = String.fromCharCode(97 + (rest % 26)) + text
  return text
}

/** Characters as JSON Schema counts them: code points. */
export function lengthOf(text: string): number {
  let length = text.length
  for (let at = 0; at < text.length - 1; at++) if (text.codePointAt(at)! > 0xffff) (length--, at++)
  return length
}

/** Whether a text keeps to the keywords about texts. */
export function fitsString(search: Search, place: Place, text: string): boolean {
  const min = countIn(place, 'minLength')
  const max = countIn(place, 'maxLength')
  if (min !== undefined || max !== undefined) {
    search.spend(text.length >> 10, place)
    const length = lengthOf(text)
    if (length < (min ?? 0) || length > (max ?? Infinity)) return false
  }
  const format = textIn(place, 'format')
  if (format !== undefined && formatOf(format)?.is(text) === false) return false
  const pattern = textIn(place, 'pattern')
  return pattern === undefined || fitsPattern(search, place, 'pattern', pattern, text)
}

/** @throws Unsatisfiable when the pattern is not understood, or the text too long to test */
export function fitsPattern(
  search: Search,
  place: Place,
  keyword: string,
  pattern: string,
  text: string,
): boolean {
  const part = search.pattern(pattern)
  if (part === undefined) throw new Unsatisfiable(pathOf(place, keyword), NOT_UNDERSTOOD)
  if (text.length > MOST_MATCHED)
    throw new Unsatisfiable(
      pathOf(place, keyword),
      `texts of more than ${MOST_MATCHED} characters are not tested`,
    )
  return matches(part, text, (work) => search.spend(work, place))
}

const NOT_UNDERSTOOD = 'a pattern that no text can be made after here'

/** A text that keeps to all schemas. */
export function stringFor(search: Search, places: readonly Place[], accept: Accept, from: number): unknown {
  const min = strictest(places, (place) => countIn(place, 'minLength'), true)
  const max = strictest(places, (place) => countIn(place, 'maxLength'), false)
  if (min.value > max.value) return search.fail(min.place!, 'minLength', 'more than maxLength allows')
  if (min.value > MOST_ROOM) return search.fail(min.place!, 'minLength', `more than ${MOST_ROOM} characters`)
  const sources: ((k: number) => unknown)[] = []
  let asks: { readonly place: Place; readonly keyword: string } | undefined
  for (const place of places) {
    const format = formatOf(textIn(place, 'format') ?? '')
    if (format !== undefined) {
      asks ??= { place, keyword: 'format' }
      sources.push((k) => sampleOf(format, k, min.value, max.value) ?? NONE)
    }
    const pattern = textIn(place, 'pattern')
    if (pattern === undefined) continue
    const part = search.pattern(pattern)
    asks ??= { place, keyword: 'pattern' }
    if (part === undefined) return search.fail(place, 'pattern', NOT_UNDERSTOOD)
    if (min.value > MOST_MATCHED)
      return search.fail(place, 'pattern', `texts of more than ${MOST_MATCHED} characters are not made`)
    sources.push((k) => filled(madeAfter(part, k, min.value), min.value))
    sources.push((k) => filled(`${madeAfter(part, 0, 0) ?? ''}${letters(k)}`, min.value)) // where the pattern has no end
    sources.push((k) => strong(k, min.value))
  }
  if (asks === undefined) {
    const found = search.first(Infinity, from, (k) => plain(k, min.value, max.value), accept)
    if (found !== NONE) search.take((found as string).length + 2, places[0]!)
    return found
  }
  const words = (k: number): unknown => plain(k, min.value, max.value)
  if (asks.keyword === 'pattern') sources.unshift(words)
  else if (sources.length > 1) sources.push(words) // beside a format a pattern may allow what neither makes
  const fits: Accept = (text) =>
    places.every((place) => fitsString(search, place, text as string)) && accept(text)
  const found = search.first(
    Infinity,
    from * sources.length,
    (k) => sources[k % sources.length]!(Math.floor(k / sources.length)),
    fits,
  )
  if (found === NONE)
    return search.fail(asks.place, asks.keyword, 'no text was found that the schema lets through')
  search.take((found as string).length + 2, asks.place)
  return found
}

/** Letters behind a text that is too short: a pattern without `$` does not mind. */
function filled(text: string | undefined, min: number): unknown {
  return text === undefined ? NONE : text.padEnd(min, 'x')
}

/** What patterns for passwords want: some of each kind. */
function strong(k: number, min: number): string {
  return `Aa1!${letters(k)}`.padEnd(Math.max(min, 8), 'Aa1!')
}
