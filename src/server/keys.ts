// The API key, in any of the places where providers look for it.
import { decode } from '../apis/body.ts'
import { createHash, timingSafeEqual } from 'node:crypto'

/** A check whether a request carries `key`. It takes as long for a wrong key as for the right one. */
export function createKeyCheck(key: string): (request: Pick<Request, 'headers' | 'url'>) => boolean {
  const expected = digest(key)
  return ({ headers, url }) => {
    const given = [
      /^Bearer +(.*)$/i.exec(headers.get('authorization') ?? '')?.[1],
      headers.get('x-api-key'),
      headers.get('x-goog-api-key'),
      headers.get('api-key'),
      decode(/[?&]key=([^&]*)/.exec(url)?.[1] ?? ''),
    ]
    return given.map((text) => timingSafeEqual(digest(text ?? ''), expected)).includes(true)
  }
}

/** Of one length, whatever is given. */
function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
