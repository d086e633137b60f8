// What browsers need so that pages of any origin may use the mock. https://fetch.spec.whatwg.org/#http-cors-protocol
import type { Card, Picker } from './card.ts'

/** With these a browser lets a page of any origin read the answer and all its headers. */
export const CORS_HEADERS: Readonly<Record<string, string>> = {
  'Access-Control-Allow-Origin': '*',
  'Access-Control-Expose-Headers': '*',
}

const PREFLIGHT_HEADERS: Readonly<Record<string, string>> = {
  'Access-Control-Allow-Methods': 'GET, HEAD, POST, PATCH, DELETE',
  'Access-Control-Max-Age': '86400',
}

/** Answers what a browser asks before it sends a request with a body or a key, with `empty`, a 204. */
export function preflight(empty: Card): Picker {
  return (head) => ({
    ...empty,
    extra: {
      ...PREFLIGHT_HEADERS,
      'Access-Control-Allow-Headers': head.header('access-control-request-headers') ?? '*', // the star does not cover Authorization
    },
  })
}
