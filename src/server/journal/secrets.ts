// What must not be shown of a request: keys, tokens and cookies are told by a prefix of their hash, so that two can be told apart.
import { decode } from '../../apis/body.ts'
import { KEY_HEADERS, KEY_PARAMETER } from '../keys.ts'

const KEY_NAMES: readonly string[] = [...KEY_HEADERS, KEY_PARAMETER]
/** The last word of a name by which a secret is called; some stand behind another word without a gap. */
const SECRET_WORD =
  /^(?:key|auth|oauth|bearer|pass|sig|.*(?:apikey|accesskey|secretkey|privatekey|token|secret|password|passwd|pwd|passphrase|jwt|cookies?|credentials?|signature|authorization|authentication))$/
/** `Bearer sk-…`: the scheme is no secret. */
const SCHEME = /^(Bearer|Basic|Digest|DPoP|Token|Key|ApiKey) +(\S+)$/i

/** `sha256:` and the first eight digits of the hash of a key: `printf %s KEY | sha256sum` shows them too. */
export function hashSecret(secret: string): string {
  return `sha256:${Bun.SHA256.hash(secret, 'hex').slice(0, 8)}`
}

function isSecret(name: string): boolean {
  return KEY_NAMES.includes(name) || SECRET_WORD.test(lastWord(name))
}

/** In lower case, without a number behind it: of `x-api-key`, `apiKey`, `key[0]` and `KEY2` it is `key`. */
function lastWord(name: string): string {
  const words = name
    .replace(/([a-z\d])(?=[A-Z])/g, '$1-')
    .toLowerCase()
    .match(/[a-z][a-z\d]*/g)
  return words?.at(-1)?.replace(/\d+$/, '') ?? ''
}

export function hideHeaders(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => {
      if (isSecret(name)) return [name, hideValue(value)]
      return [name, name === 'sec-websocket-protocol' ? hideProtocols(value) : hideInUrls(value)]
    }),
  )
}

function hideValue(value: string): string {
  const [, scheme, secret] = SCHEME.exec(value) ?? []
  return secret === undefined ? hashSecret(value) : `${scheme} ${hashSecret(secret)}`
}

/** Browsers have no other place for a key: `realtime, openai-insecure-api-key.sk-…`. */
function hideProtocols(value: string): string {
  return value
    .split(/, */)
    .map((protocol) => {
      const names = protocol.split('.')
      const at = names.findIndex(isSecret)
      if (at < 0 || at === names.length - 1) return protocol
      return `${names.slice(0, at + 1).join('.')}.${hashSecret(names.slice(at + 1).join('.'))}`
    })
    .join(', ')
}

/** Where the value of a header is a URL, as in `referer` or `x-original-uri`, or has one in it. */
function hideInUrls(value: string): string {
  return value
    .replace(/([?#])([^?#\s]+)/g, (_, mark: string, query: string) => mark + hideQuery(query))
    .replace(/(?<=:\/\/)[^/?#\s@]+(?=@)/g, hashSecret)
}

/** A query as it was sent, but for keys. */
export function hideQuery(query: string): string {
  return query
    .split('&')
    .map((part) => {
      const at = part.indexOf('=')
      if (at < 0 || !isSecretParameter(decode(part.slice(0, at)))) return part
      return `${part.slice(0, at)}=${hashSecret(decode(part.slice(at + 1)))}`
    })
    .join('&')
}

/** Logins hand on a `code` that is as good as a key. */
function isSecretParameter(name: string): boolean {
  return lastWord(name) === 'code' || isSecret(name)
}
