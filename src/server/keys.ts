// The API key, in any of the places where providers look for it.
import { createHash, timingSafeEqual } from 'node:crypto'
import type { RequestHead } from '../apis/api.ts'
import { decode } from '../apis/body.ts'

/** Headers that are a key and nothing else. */
export const KEY_HEADERS: readonly string[] = ['x-api-key', 'x-goog-api-key', 'api-key']
/** What a key is called in a query. */
export const KEY_PARAMETER = 'key'
const IN_QUERY = new RegExp(`(?:^|&)${KEY_PARAMETER}=([^&]*)`)

type Head = Pick<RequestHead, 'header' | 'query'>

/** A check whether a request carries `key`. It takes as long for a wrong key as for the right one. */
export function createKeyCheck(key: string): (head: Head) => boolean {
  const expected = digest(key)
  return (head) =>
    keysOf(head)
      .map((text) => timingSafeEqual(digest(text), expected))
      .includes(true)
}

/** What there is in each of the places; empty where there is nothing. */
function keysOf(head: Head): string[] {
  const authorization = head.header('authorization') ?? ''
  const query = IN_QUERY.exec(head.query)?.[1] ?? ''
  return [
    /^Bearer +(.*)$/i.exec(authorization)?.[1] ?? '',
    accessKeyOf(authorization) ?? '',
    ...KEY_HEADERS.map((name) => head.header(name) ?? ''),
    decode(query),
  ]
}

/** AWS's signatures are not checked: the access key that one names is the key. */
function accessKeyOf(authorization: string): string | undefined {
  return /^AWS4-HMAC-SHA256 +Credential=([^/,]+)/.exec(authorization)?.[1]
}

/** Who asks, as far as it shows: the same with every request of a client, also where it signs each anew. */
export function callerOf(head: Head): readonly string[] {
  const authorization = head.header('authorization') ?? ''
  return [...keysOf(head), accessKeyOf(authorization) === undefined ? authorization : '']
}

/** Of one length, whatever is given. */
function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
