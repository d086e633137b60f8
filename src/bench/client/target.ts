// Whom a client asks, and for what: from a URL and wishes to the bytes of a request. Pure.
import type { FormatName, Header } from '../../config/requests.ts'
import { findFormat, formatOf } from './formats.ts'

/** Plain data: it travels to client processes. */
export interface Target {
  readonly host: string
  readonly port: number
  /** Null: without TLS. */
  readonly tls: Tls | null
  readonly isHttp2: boolean
  readonly format: FormatName
  /** The answer is one body, and no stream. */
  readonly isWhole: boolean
  readonly request: RequestParts
}

export interface Tls {
  /** Whoever the certificate is of, and whoever has signed it. */
  readonly isInsecure: boolean
  /** PEM of the authorities that are trusted; null: the well-known ones. */
  readonly ca: string | null
  /** What the certificate must be of. */
  readonly serverName: string
}

export interface RequestParts {
  readonly authority: string
  /** With its query. */
  readonly path: string
  readonly headers: readonly Header[]
  readonly body: string
}

/** How requests should be. */
export interface Wishes {
  readonly format: FormatName
  readonly model: string
  /** Instead of the body of the format; null: that. */
  readonly body: string | null
  /** Besides those of the format, or in their place. */
  readonly headers: readonly Header[]
  readonly isWhole: boolean
  readonly isHttp2: boolean
  readonly isInsecure: boolean
  readonly ca: string | null
  /** By the name of the variable that it is in. */
  readonly keys: Readonly<Record<string, string | undefined>>
}

/** The request to this very URL. */
export function targetOf(url: URL, wishes: Wishes): Target {
  const { format, isWhole, isHttp2, isInsecure, ca } = wishes
  const { hostname, port, protocol } = url
  const isTls = protocol === 'https:'
  const host = hostname.replace(/^\[|\]$/g, '')
  return {
    host,
    port: Number(port || (isTls ? 443 : 80)),
    tls: isTls ? { isInsecure, ca, serverName: host } : null,
    isHttp2,
    format,
    isWhole,
    request: partsOf(url, wishes),
  }
}

function partsOf({ host, pathname, search }: URL, wishes: Wishes): RequestParts {
  const { format, model, isWhole, keys } = wishes
  const { body, headers, key } = formatOf(format)
  const secret = key === null ? undefined : keys[key.variable]
  const own = new Set(wishes.headers.map(([name]) => name.toLowerCase()))
  const usual: Header[] = [
    ['Content-Type', 'application/json'],
    ['Accept', isWhole ? 'application/json' : 'text/event-stream'],
    ...headers,
    ...(key !== null && secret ? [key.header(secret)] : []),
  ]
  return {
    authority: host,
    path: pathname + search,
    headers: [...usual.filter(([name]) => !own.has(name.toLowerCase())), ...wishes.headers],
    body: wishes.body ?? JSON.stringify(body(model, isWhole)),
  }
}

/** A base URL (`http://host`, `…/v1`) gets the path of the format; any other is left as it is. */
export function completeUrl(url: URL, { format, model, isWhole }: Wishes): URL {
  const path = formatOf(format).path(model, isWhole)
  const version = path.slice(0, path.indexOf('/', 1))
  const base = url.pathname.replace(/\/+$/, '')
  if (base !== '' && !base.endsWith(version)) return url
  const complete = new URL(`${url.origin}${base}${base === '' ? path : path.slice(version.length)}`)
  for (const [name, value] of url.searchParams) complete.searchParams.append(name, value)
  return complete
}

/** A URL as it is shown: there may be a key in its query. */
export function shownUrl({ origin, pathname, search }: URL): string {
  return origin + pathname + (search === '' || search === '?alt=sse' ? search : '?…')
}

/** The format that is asked for, or that of the path, or chat. */
export function chooseFormat(url: URL, asked: FormatName | null): FormatName {
  return asked ?? findFormat(url.pathname) ?? 'chat'
}

/** The request as HTTP/1.1 sends it. */
export function renderHttp1({ authority, path, headers, body }: RequestParts): Buffer {
  return Buffer.from(
    [
      `POST ${path} HTTP/1.1`,
      ...(headers.some(([name]) => /^host$/i.test(name)) ? [] : [`Host: ${authority}`]),
      ...headers.map(([name, value]) => `${name}: ${value}`),
      `Content-Length: ${Buffer.byteLength(body)}`,
      '',
      body,
    ].join('\r\n'),
  )
}
