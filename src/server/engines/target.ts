// From the target of a request line to a path and a query, as browsers and Bun's own server have it: dots resolved, percent-encoding
// undone. https://url.spec.whatwg.org/#path-state
import type { RequestHead } from '../../apis/api.ts'
import { decode } from '../../apis/body.ts'
import type { KeptHeaders } from '../../apis/kept.ts'
import { HeadScanner } from './http1.ts'

export interface Target {
  /** Decoded, dots resolved. */
  readonly path: string
  /** As sent, without its question mark. */
  readonly query: string
}

/** So much of the headers is kept. */
const MOST_KEPT = 16_384

/** The last one: most clients ask for the same thing again and again. */
let lastText = '/'
let last: Target = { path: '/', query: '' }

export function splitTarget(text: string): Target {
  if (text !== lastText) {
    last = split(text)
    lastText = text
  }
  return last
}

function split(text: string): Target {
  const [before] = text.split('#', 1)
  const mark = before!.indexOf('?')
  const raw = readText(mark < 0 ? before! : before!.slice(0, mark))
  return { path: decode(resolveDots(raw)), query: mark < 0 ? '' : before!.slice(mark + 1) }
}

/** Bytes that should have been encoded, as curl sends them, are UTF-8; and a backslash is a slash. */
function readText(raw: string): string {
  const text = /[\x80-\xff]/.test(raw) ? Buffer.from(raw, 'latin1').toString() : raw
  return text.replaceAll('\\', '/')
}

const DOT = /^(?:\.|%2e)$/i
const DOTS = /^(?:\.|%2e){2}$/i

function resolveDots(path: string): string {
  if (!/(?:^|\/)(?:\.|%2e)/i.test(path)) return path
  const kept: string[] = []
  const segments = path.split('/').slice(1)
  for (const [i, segment] of segments.entries()) {
    const isLast = i === segments.length - 1
    if (DOTS.test(segment)) kept.pop()
    else if (!DOT.test(segment)) {
      kept.push(segment)
      continue
    }
    if (isLast) kept.push('')
  }
  return `/${kept.join('/')}`
}

/** The headers in lines that a scanner has found good. */
function readFields(lines: string): Record<string, string> {
  const fields: Record<string, string> = Object.create(null) // a client may send what every object has
  for (const line of lines.split('\r\n')) {
    const colon = line.indexOf(':')
    if (colon < 0) continue
    const name = line.slice(0, colon).toLowerCase()
    const value = line.slice(colon + 1).replace(/^[ \t]+|[ \t]+$/g, '')
    fields[name] = Object.hasOwn(fields, name) ? `${fields[name]}, ${value}` : value
  }
  return fields
}

/** What the scanner has seen, as the desk looks at it. */
export class SocketHead implements RequestHead {
  readonly #scanner: HeadScanner
  readonly method: string
  readonly path: string
  readonly query: string

  constructor(scanner: HeadScanner) {
    this.#scanner = scanner
    this.method = scanner.method
    const { path, query } = splitTarget(scanner.target)
    this.path = path
    this.query = query
  }

  header(name: string): string | null {
    return this.#scanner.header(name)
  }

  /** Of a head that is very long, its beginning. */
  headers(): KeptHeaders {
    const lines = this.#scanner.lines(MOST_KEPT)
    return { bytes: lines.length, read: () => readFields(lines) }
  }
}
