// What of a request's head outlives the request, for whoever keeps it.

/** Headers to be read later. */
export interface KeptHeaders {
  /** About how many bytes they take. */
  readonly bytes: number
  /** By name in lower case; several of the same name are joined with a comma. */
  read(): Readonly<Record<string, string>>
}

/** What a header takes besides its name and value. */
const HEADER_BYTES = 60
/** Of longer heads a part is kept. */
const MOST_BYTES = 16_384
const MOST_HEADERS = 30
const MOST_NAME = 64
const MOST_VALUE = 256

/** Headers that are at hand as they are read. */
export function keptHeaders(headers: Readonly<Record<string, string>>): KeptHeaders {
  let bytes = 0
  for (const name in headers) bytes += HEADER_BYTES + name.length + headers[name]!.length
  return bytes > MOST_BYTES ? keptHeaders(shorten(headers)) : { bytes, read: () => headers }
}

function shorten(headers: Readonly<Record<string, string>>): Record<string, string> {
  const first = Object.entries(headers).slice(0, MOST_HEADERS)
  return Object.fromEntries(
    first.map(([name, value]) => [keepText(name, MOST_NAME), keepText(value, MOST_VALUE)]),
  )
}

const encoder = new TextEncoder()
const decoder = new TextDecoder()

/** The first `most` characters of a text, and a mark where there were more. It does not keep the whole text in memory, as `slice` does. */
export function keepText(text: string, most: number): string {
  return text.length <= most ? text : `${decoder.decode(encoder.encode(text.slice(0, most)))}…`
}
