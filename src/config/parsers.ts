// From text to values. Every parser either returns a value or throws an error that says what it would have accepted.
import { nearNames, orList } from './nearest.ts'
import type { Parser } from './table.ts'

/** The longest time that an option takes. */
export const DAY_MS = 86_400_000

export interface Address {
  readonly host: string
  readonly port: number
}

/** Thrown by parsers; `message` is what is accepted, in words. The caller adds the option and the bad value. */
export class Unacceptable extends Error {}

/** A parser of whole numbers from `min` to `max`. Only plain decimal digits: no sign, exponent or separator. */
export function wholeNumber(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = Number(text)
    if (!/^\d+$/.test(text) || value < min || value > max)
      throw new Unacceptable(`a whole number from ${min} to ${max}`)
    return value
  }
}

/** What a time may be given in, in ms. */
const units: Readonly<Record<string, number>> = { us: 0.001, ms: 1, s: 1000, m: 60_000, h: 3_600_000 }

/** A parser of milliseconds from 0 to `max`, decimals allowed, or of a time with its unit: `20s`, `1.5ms`. */
export function milliseconds(max: number): (text: string) => number {
  return (text) => {
    const [, number, unit = 'ms'] = /^(\d+(?:\.\d*)?|\.\d+)(us|ms|s|m|h)?$/.exec(text) ?? []
    // To the nanosecond: 1.1s is 1100 ms, and not a little more.
    const value = Math.round(Number(number) * units[unit]! * 1e6) / 1e6
    if (number === undefined || value > max)
      throw new Unacceptable(`milliseconds from 0 to ${max}, decimals allowed, or a time as in 20s`)
    return value
  }
}

/** A share of a hundred, with or without its sign. */
export function percentage(text: string): number {
  const value = Number(text.replace(/%$/, ''))
  if (!/^\d+(\.\d*)?%?$/.test(text) || value > 100) throw new Unacceptable('a percentage from 0 to 100')
  return value
}

/** A parser of one of a few names. What is misspelt or has other capitals is told the nearest. */
export function oneOf<const Name extends string>(...names: readonly Name[]): Parser<Name> {
  return among(names, (text) => {
    const found = names.find((name) => name === text)
    if (found !== undefined) return found
    const near = nearNames(text, names)
    const hint = near.length === 0 ? '' : `; did you mean ${orList(near)}?`
    throw new Unacceptable(`${names.join(', ')}${hint}`)
  })
}

/** The same parser, with what it takes, or the most common of it, by name. */
export function among<T>(choices: readonly string[], parse: (text: string) => T): Parser<T> {
  return Object.assign((text: string) => parse(text), { choices })
}

/** A parser that takes an empty text for null. */
export function optional<T>(parse: Parser<T>): Parser<T | null> {
  return among(parse.choices ?? [], (text) => (text === '' ? null : parse(text)))
}

/** A parser that takes `none` for null. */
export function orNone<T>(parse: Parser<T>): Parser<T | null> {
  return among(['none'], (text) => {
    if (text === 'none') return null
    try {
      return parse(text)
    } catch (thrown) {
      if (!(thrown instanceof Unacceptable)) throw thrown
      throw new Unacceptable(`none, or ${thrown.message}`)
    }
  })
}

/** Model names, separated by commas: at least one, none twice, none empty or beginning with a colon. */
export function parseModels(text: string): readonly [string, ...string[]] {
  const [first, ...others] = text.split(',').map((name) => name.trim())
  const all = [first!, ...others]
  if (all.some((name) => !/^[^\s"\\:][^\s"\\]*$/.test(name)) || new Set(all).size < all.length)
    throw new Unacceptable('model names separated by commas, none twice or beginning with a colon')
  return [first!, ...others]
}

/** `100/s`: so many per second; 0 for `none`. */
export function parseRate(text: string): number {
  const [, digits] = /^(\d+)\/s$/.exec(text) ?? []
  const rate = Number(digits)
  if (text === 'none') return 0
  if (digits === undefined || rate < 1 || rate > 1_000_000)
    throw new Unacceptable('none, or a whole number per second from 1/s to 1000000/s')
  return rate
}

/** The name of a tool, as the providers allow it. */
export function parseToolName(text: string): string {
  if (!/^[a-zA-Z0-9_-]{1,64}$/.test(text)) throw new Unacceptable('up to 64 letters, digits, _ and -')
  return text
}

/** Any text will do. */
export function anyText(text: string): string {
  return text
}

/** The permission bits of a file, as `chmod` takes them. */
export function parseMode(text: string): string {
  if (!/^0?[0-7]{3}$/.test(text)) throw new Unacceptable('three octal digits, as in 660')
  return text
}

/** What is told of a key. */
export const HIDDEN = '(set)'

/** A key that fits into a header. */
export function parseKey(text: string): string {
  if (text === HIDDEN)
    throw new Unacceptable(`a key, and ${HIDDEN} is what is told in place of one: put the key itself there`)
  if (!/^[!-~]*$/.test(text)) throw new Unacceptable('printable ASCII without spaces')
  return text
}

/** True or false in the usual spellings; a flag given without a value counts as `true`. */
export function yesOrNo(text: string): boolean {
  if (/^(true|1|yes|on)$/i.test(text)) return true
  if (/^(false|0|no|off)$/i.test(text)) return false
  throw new Unacceptable('true, 1, yes, on, or false, 0, no, off')
}

/**
 * `host:port`, `:port` (all IPv4 interfaces), `port` (127.0.0.1) or `[v6]:port`; null for `none`. Port 0 means any free port.
 * The host is not resolved here.
 */
export function parseListen(text: string): Address | null {
  return text === 'none' ? null : parseAddress(text)
}

function parseAddress(text: string): Address {
  const [, v6, host, port] = /^(?:\[([0-9a-fA-F:.]+(?:%\w+)?)\]:|([\w.-]*):)?(\d{1,5})$/.exec(text) ?? []
  if (port === undefined || Number(port) > 65535)
    throw new Unacceptable('host:port, :port, port or [v6]:port, with a port from 0 to 65535, or none')
  const given = v6 ?? (host === undefined ? '127.0.0.1' : host || '0.0.0.0')
  return { host: usualHost(given), port: Number(port) }
}

/** One host is always written the same, so that it can be compared: names in small letters, IPs as URLs have them. */
export function usualHost(host: string): string {
  const [ip, zone] = host.split('%')
  const url = `http://${host.includes(':') ? `[${ip}]` : host}`
  if (!URL.canParse(url)) return host.toLowerCase()
  const usual = new URL(url).hostname.replace(/^\[|\]$/g, '')
  // What is written as IPv6 and is IPv4.
  const [, high, low] = /^::ffff:([\da-f]+):([\da-f]+)$/.exec(usual) ?? []
  if (high !== undefined && low !== undefined)
    return usualHost(String(Number.parseInt(high, 16) * 0x1_0000 + Number.parseInt(low, 16)))
  return zone === undefined ? usual : `${usual}%${zone}`
}

/** A name that fits into a header, a label and a line of a table. */
export function parseName(text: string): string {
  if (!/^[\w.-]{1,64}$/.test(text)) throw new Unacceptable('up to 64 letters, digits, _, . and -')
  return text
}

/** Where the program's own numbers are: no upstream can be there. */
const OWN_PATHS = /^\/(stats|metrics|requests|verdict|control|health|healthz|readyz)(\/|$)/

/** Whole segments of a path, as in `/slow` or `/eu/slow`. */
export function parsePrefix(text: string): string {
  if (!/^(\/[\w.~-]+)+$/.test(text) || text.length > 256)
    throw new Unacceptable(
      'a path as in /slow: segments of letters, digits, _, ., ~ and -, without a slash at the end',
    )
  if (/\/\.\.?(\/|$)/.test(text)) throw new Unacceptable('a path without . and .., which clients resolve')
  if (OWN_PATHS.test(text)) throw new Unacceptable(`a path that is not the program's own, as ${text} is`)
  return text
}
