// The options that say what is asked for: shared by the commands that measure a server.
import { UsageError } from './errors.ts'
import { anyText, oneOf, optional, parseModels, Unacceptable, yesOrNo } from './parsers.ts'
import type { Option, Settled } from './table.ts'

/** The API formats that can be asked for. */
export const formatNames = ['chat', 'responses', 'messages', 'gemini', 'ollama'] as const
export type FormatName = (typeof formatNames)[number]

/** The name and value of a header. */
export type Header = readonly [name: string, value: string]

export const requestOptions = {
  format: {
    value: 'NAME',
    default: '',
    help: `${formatNames.slice(0, -1).join(', ')} or ${formatNames.at(-1)}; else by the path`,
    parse: optional(oneOf(...formatNames)),
  },
  model: {
    value: 'NAME',
    default: 'mock-model',
    help: 'the model that requests name',
    // The variable of this name lists those that are served.
    parse: (text) => parseModels(text)[0],
  },
  body: {
    value: 'FILE',
    default: '',
    help: 'a body of your own for every request',
    parse: anyText,
  },
  header: {
    value: "'K: V'",
    default: '',
    many: true,
    secret: true,
    help: 'a header of every request; may be repeated',
    parse: each(parseHeader),
  },
  whole: {
    default: 'false',
    help: 'ask for whole answers instead of streams',
    parse: yesOrNo,
  },
  http2: {
    default: 'false',
    help: 'speak HTTP/2 (with https: by ALPN, else with prior knowledge)',
    parse: yesOrNo,
  },
  insecure: {
    default: 'false',
    help: 'with https: take any certificate',
    parse: yesOrNo,
  },
  cacert: {
    value: 'FILE',
    default: '',
    help: 'with https: trust the authorities in this PEM file too',
    parse: anyText,
  },
} as const satisfies Record<string, Option<unknown>>

export type RequestConfig = Settled<typeof requestOptions>

/** @throws UsageError where what is asked for contradicts itself or `urls` */
export function refuseRequests(
  { model, body, insecure, cacert }: RequestConfig,
  urls: readonly (URL | null)[],
): void {
  if (insecure && cacert !== '')
    throw new UsageError('--insecure contradicts --cacert: with it any certificate is taken')
  if (body !== '' && model !== requestOptions.model.default)
    throw new UsageError('--model contradicts --body, which names the model itself')
  if ((insecure || cacert !== '') && !urls.some((url) => url?.protocol === 'https:'))
    throw new UsageError(`${insecure ? '--insecure' : '--cacert'} needs a URL that begins with https:`)
}

/** A parser of the values of an option that is given several times, one a line. */
export function each<T>(parse: (text: string) => T): (text: string) => readonly T[] {
  return (text) => (text === '' ? [] : text.split('\n').map(parse))
}

function parseHeader(text: string): Header {
  const [, name, value] = /^([!#$%&'*+.^_`|~\w-]+):[ \t]*([\t\x20-\x7e]*)$/.exec(text) ?? []
  if (name === undefined || /^(?:content-length|transfer-encoding|connection)$/i.test(name))
    throw new Unacceptable("'Name: value', but for headers of the connection and of the body's length")
  return [name, value!.trim()]
}

/** An address to measure. Null for none. */
export function parseUrl(text: string): URL | null {
  return text === '' ? null : parseHttpUrl(text)
}

export function parseHttpUrl(text: string): URL {
  const url = URL.parse(text)
  if (url === null || !/^https?:$/.test(url.protocol) || url.hash !== '' || url.username !== '')
    throw new Unacceptable('an http:// or https:// URL, as in http://127.0.0.1:8080/v1/chat/completions')
  return url
}
