// The API key, in any of the places where providers look for it.
import { createHash, timingSafeEqual } from 'node:crypto'
import type { RequestHead } from '../apis/api.ts'
import { decode } from '../apis/body.ts'

/** A check whether a request carries `key`. It takes as long for a wrong key as for the right one. */
export function createKeyCheck(key: string): (head: Pick<RequestHead, 'header' | 'query'>) => boolean {
  const expected = digest(key)
  return (head) => {
    const authorization = head.header('authorization') ?? ''
    const given = [
      /^Bearer +(.*)$/i.exec(authorization)?.[1],
      // AWS's signatures are not checked: the access key that one names is the key.
      /^AWS4-HMAC-SHA256 +Credential=([^/,]+)/.exec(authorization)?.[1],
      head.header('x-api-key'),
      head.header('x-goog-api-key'),
      head.header('api-key'),
      decode(/(?:^|&)key=([^&]*)/.exec(head.query)?.[1] ?? ''),
    ]
    return given.map((text) => timingSafeEqual(digest(text ?? ''), expected)).includes(true)
  }
}

/** Of one length, whatever is given. */
function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
