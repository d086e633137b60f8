// What must not be shown of a request: keys, tokens and cookies are told by a prefix of their hash, so that two can be told apart.
import { decode } from '../../apis/body.ts'

const SECRET_HEADER =
  /^(?:.*[-_])?(?:authorization|auth|api-?key|key|token|secret|password|cookie|credentials?|signature)$/
const SECRET_PARAMETER = /(?:^|[-_.])(?:api-?key|key|token|secret|password|sig|signature|credential|code)$/i
/** `Bearer sk-…`: the scheme is no secret. */
const SCHEME = /^([A-Za-z][\w-]*) +(\S+)$/

/** `sha256:` and the first eight digits of the hash of a key: `printf %s KEY | sha256sum` shows them too. */
export function hashSecret(secret: string): string {
  return `sha256:${Bun.SHA256.hash(secret, 'hex').slice(0, 8)}`
}

export function hideHeaders(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [
      name,
      SECRET_HEADER.test(name) ? hideValue(value) : value,
    ]),
  )
}

function hideValue(value: string): string {
  const [, scheme, secret] = SCHEME.exec(value) ?? []
  return secret === undefined ? hashSecret(value) : `${scheme} ${hashSecret(secret)}`
}

/** A query as it was sent, but for keys. */
export function hideQuery(query: string): string {
  return query
    .split('&')
    .map((part) => {
      const at = part.indexOf('=')
      if (at < 0 || !SECRET_PARAMETER.test(decode(part.slice(0, at)))) return part
      return `${part.slice(0, at)}=${hashSecret(decode(part.slice(at + 1)))}`
    })
    .join('&')
}
