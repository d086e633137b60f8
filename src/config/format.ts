// From values to text.
import type { Address } from './parsers.ts'

/** The address as it stands in a URL or on the command line: IPv6 in brackets. */
export function formatAddress({ host, port }: Address): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}

/** 950 → `950 ms`, 1500 → `1.5 s`, 3,600,000 → `3600 s`: four significant digits. */
export function formatMs(ms: number): string {
  return ms < 1000 ? `${trim(ms)} ms` : `${trim(ms / 1000)} s`
}

function trim(value: number): string {
  return String(Number(value.toPrecision(4)))
}

/** `1 worker`, `2 workers`. */
export function plural(count: number, noun: string, nouns = `${noun}s`): string {
  return `${formatCount(count)} ${count === 1 ? noun : nouns}`
}

/** 1234567.8 → `1,234,568`. */
export function formatCount(count: number): string {
  return String(Math.round(count)).replace(/\B(?=(\d{3})+$)/g, ',')
}

/** 0.876 → `88 %`. */
export function formatPercent(share: number): string {
  return `${Math.round(share * 100)} %`
}

/** 41310000 → `41.31 MB`: four significant digits, powers of 1000. */
export function formatBytes(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB']
  const step = Math.min(units.length - 1, Math.floor(Math.log10(Math.max(bytes, 1)) / 3))
  return `${Number((bytes / 1000 ** step).toPrecision(4))} ${units[step]}`
}

const MOST_SHOWN = 60

/** A text on one line, cut when it is long. */
export function clipText(text: string, most = MOST_SHOWN): string {
  const short = text.length > most ? `${text.slice(0, most)}…` : text
  return short.toWellFormed().replace(/[\p{Cc}\u2028\u2029]+/gu, ' ')
}

/** The same between quotes. */
export function quoteText(text: string): string {
  return `'${clipText(text)}'`
}

/** Where a client on this host reaches a server that listens on `host`. */
export function clientHost(host: string): string {
  if (/^0(\.0)*$/.test(host)) return '127.0.0.1'
  return /^[0:]*:[0:]*$/.test(host) ? '::1' : host
}
