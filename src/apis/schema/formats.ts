// The formats of texts (JSON Schema 2020-12, section 7.3, and what OpenAPI adds): samples of each, and whether a text is of it.
// The expressions repeat nothing that repeats, so that each takes time in proportion to the text.

interface Format {
  /** The k-th sample. */
  readonly make: (k: number) => string
  readonly is: (text: string) => boolean
  /** Samples shorter than the first, where there are some. */
  readonly short?: readonly string[]
  /** Where letters may be added. */
  readonly grows?: 'front' | 'back'
  /** How many at once. */
  readonly by?: number
}

const two = (n: number): string => String(n).padStart(2, '0')
const dateOf = (k: number): string =>
  `${2025 + Math.floor(k / 336)}-${two(1 + (Math.floor(k / 28) % 12))}-${two(1 + (k % 28))}`
const timeOf = (k: number): string => `${two((12 + Math.floor(k / 60)) % 24)}:${two(k % 60)}:00Z`
/** Nothing, then 2, 3, … */
const numbered = (k: number): string => (k === 0 ? '' : String(k + 1))
const hex = (k: number, digits: number): string => k.toString(16).padStart(digits, '0').slice(-digits)

const DAYS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]

function isDate(text: string): boolean {
  const found = /^(\d{4})-(\d\d)-(\d\d)$/.exec(text)
  if (found === null) return false
  const [year, month, day] = found.slice(1).map(Number) as [number, number, number]
  const isLeap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0)
  return day >= 1 && day <= (month === 2 && isLeap ? 29 : (DAYS[month - 1] ?? 0))
}

function isTime(text: string): boolean {
  return /^([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d+)?(z|[+-]([01]\d|2[0-3]):[0-5]\d)$/i.test(text)
}

function isDateTime(text: string): boolean {
  return /^[Tt ]$/.test(text[10] ?? '') && isDate(text.slice(0, 10)) && isTime(text.slice(11))
}

function isDuration(text: string): boolean {
  return /^P(\d+Y)?(\d+M)?(\d+D)?(T(\d+H)?(\d+M)?(\d+S)?)?$|^P\d+W$/.test(text) && /\d[YMWDHS]$/.test(text)
}

function isHostname(text: string): boolean {
  const labels = text.split('.')
  return text.length <= 253 && labels.every((label) => /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/i.test(label))
}

function isEmail(text: string): boolean {
  const at = text.lastIndexOf('@')
  const [local, host] = [text.slice(0, at), text.slice(at + 1)]
  const atoms = local.split('.')
  return (
    at > 0 &&
    atoms.every((atom) => /^[\w!#$%&'*+/=?^`{|}~-]+$/.test(atom)) &&
    host.includes('.') &&
    isHostname(host)
  )
}

function isIpv4(text: string): boolean {
  const parts = text.split('.')
  return parts.length === 4 && parts.every((part) => /^(0|[1-9]\d{0,2})$/.test(part) && Number(part) < 256)
}

function isIpv6(text: string): boolean {
  const halves = text.split('::')
  if (halves.length > 2 || text.length > 45) return false
  const groups = halves.flatMap((half) => (half === '' ? [] : half.split(':')))
  const last = groups.at(-1) ?? ''
  const isMixed = last.includes('.') && !text.endsWith('::')
  if (isMixed && !isIpv4(groups.pop()!)) return false
  const count = groups.length + (isMixed ? 2 : 0)
  return (
    groups.every((group) => /^[\da-f]{1,4}$/i.test(group)) && (halves.length === 2 ? count < 8 : count === 8)
  )
}

const URI_CHARACTERS = /^([\w.~:/?#[\]@!$&'()*+,;=-]|%[\da-f]{2})*$/i

/** Without its scheme: no second fragment, and brackets only around an address. */
const isRelative = (text: string): boolean =>
  URI_CHARACTERS.test(text) && !/#.*#/.test(text) && !/[[\]]/.test(text.replace(/^\/\/\[[\da-f:.]*\]/i, ''))

function isUri(text: string): boolean {
  return /^[a-z][a-z0-9+.-]*:./i.test(text) && isRelative(text.slice(text.indexOf(':') + 1))
}

/** Of the web, or of a file server. */
const isUrl = (text: string): boolean => /^(https?|ftp):\/\/[^/?#]+\.[^/?#.]{2}/.test(text) && isUri(text)

const isUriReference = (text: string): boolean =>
  /^[a-z][a-z0-9+.-]*:/i.test(text) ? isUri(text) : isRelative(text)

const isPointer = (text: string): boolean => /^(\/([^/~]|~[01])*)*$/.test(text)

function isRegex(text: string): boolean {
  try {
    return new RegExp(text) !== undefined && !/[^\\]\\Z/.test(text)
  } catch {
    return false
  }
}

const email: Format = {
  make: (k) => `user${numbered(k)}@example.com`,
  is: isEmail,
  short: ['a@b.co'],
  grows: 'front',
}
const hostname: Format = {
  make: (k) => `host${numbered(k)}.example.com`,
  is: isHostname,
  short: ['a'],
  grows: 'front',
}
const uri: Format = {
  make: (k) => `https://example.com/${numbered(k)}`,
  is: isUri,
  short: ['a:b'],
  grows: 'back',
}
const reference: Format = {
  make: (k) => `/path${numbered(k)}`,
  is: isUriReference,
  short: [''],
  grows: 'back',
}
const uuid: Format = {
  make: (k) => `00000000-0000-4000-8000-${hex(k, 12)}`,
  is: (text) => /^[\da-f]{8}-([\da-f]{4}-){3}[\da-f]{12}$/i.test(text),
}

const formats: ReadonlyMap<string, Format> = new Map<string, Format>([
  ['date', { make: dateOf, is: isDate }],
  ['time', { make: timeOf, is: isTime }],
  ['date-time', { make: (k) => `${dateOf(k)}T12:00:00Z`, is: isDateTime }],
  ['duration', { make: (k) => `P${k + 1}D`, is: isDuration }],
  ['email', email],
  ['idn-email', email],
  ['hostname', hostname],
  ['idn-hostname', hostname],
  [
    'ipv4',
    {
      make: (k) => `192.0.${2 + (Math.floor(k / 255) % 250)}.${1 + (k % 255)}`,
      is: isIpv4,
      short: ['0.0.0.0'],
    },
  ],
  ['ipv6', { make: (k) => `2001:db8::${hex(k + 1, 4).replace(/^0+/, '')}`, is: isIpv6, short: ['::'] }],
  ['uri', uri],
  ['url', { ...uri, is: isUrl, short: ['http://a.bc'] }],
  ['iri', uri],
  ['uri-reference', reference],
  ['iri-reference', reference],
  [
    'uri-template',
    { ...reference, is: (text) => /^([^\s{}"'<>%\\^`|]|%[\da-f]{2}|\{[\w.,:*]+\})*$/i.test(text) },
  ],
  ['uuid', uuid],
  ['json-pointer', { make: (k) => `/path${numbered(k)}`, is: isPointer, short: [''], grows: 'back' }],
  [
    'relative-json-pointer',
    {
      make: (k) => String(k),
      is: (text) => /^(0|[1-9]\d*)(#$|(?=\/|$))/.test(text) && isPointer(text.replace(/^\d+#?/, '')),
    },
  ],
  ['regex', { make: (k) => `text${numbered(k)}`, is: isRegex, short: [''], grows: 'back' }],
  [
    'byte',
    {
      make: (k) => btoa(`text${numbered(k)}`),
      is: (text) => text.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(text),
      short: ['text', ''],
      grows: 'front',
      by: 4,
    },
  ],
])

/** Undefined for a format that says nothing about texts here, as `password`, `enum`, `int32`, or one's own. */
export const formatOf = (name: string): Format | undefined => formats.get(name)

/** The k-th sample of a format of `min` to `max` characters, or undefined when it has none. */
export function sampleOf(
  { make, short, grows, by = 1 }: Format,
  k: number,
  min: number,
  max: number,
): string | undefined {
  for (const text of k === 0 ? [make(k), ...(short ?? [])] : [make(k)]) {
    const missing = Math.ceil(Math.max(0, min - text.length) / by) * by
    if (text.length + missing > max || (missing > 0 && grows === undefined)) continue
    return grows === 'front' ? 'a'.repeat(missing) + text : text + 'a'.repeat(missing)
  }
  return undefined
}
