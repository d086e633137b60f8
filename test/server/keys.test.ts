// Where a key may stand, and what only looks like one.
import { expect, test } from 'bun:test'
import { createKeyCheck } from '../../src/server/keys.ts'

const isKnown = createKeyCheck('k+1')
const check = (headers: Readonly<Record<string, string>>, query = ''): boolean =>
  isKnown({ query, header: (name) => headers[name] ?? null })

const SIGNED = 'AWS4-HMAC-SHA256 Credential='

test.each<[headers: Record<string, string>, query: string]>([
  [{ authorization: 'Bearer k+1' }, ''],
  [{ authorization: 'bearer k+1' }, ''],
  [{ authorization: 'BEARER   k+1' }, ''],
  [{ 'x-api-key': 'k+1' }, ''],
  [{ 'x-goog-api-key': 'k+1' }, ''],
  [{ 'api-key': 'k+1' }, ''],
  [{}, 'key=k%2B1'],
  [{}, 'alt=sse&key=k%2B1'],
  [{}, 'key=k+1&alt=sse'],
  [{ authorization: 'Bearer other', 'api-key': 'k+1' }, ''],
  [{ authorization: `${SIGNED}k+1/20261122/us-east-1/bedrock/aws4_request, SignedHeaders=host` }, ''],
])('%j %s is known', (headers, query) => expect(check(headers, query)).toBe(true))

test.each<[headers: Record<string, string>, query: string]>([
  [{}, ''],
  [{ authorization: 'k+1' }, ''],
  [{ authorization: 'Basic k+1' }, ''],
  [{ authorization: 'Bearerk+1' }, ''],
  [{ authorization: `${SIGNED}other/k+1/us-east-1/bedrock/aws4_request` }, ''],
  [{ authorization: `${SIGNED}k+1x/20261122/us-east-1/bedrock/aws4_request` }, ''],
  [{ authorization: `${SIGNED}/20261122/us-east-1/bedrock/aws4_request, Signature=k+1` }, ''],
  [{ authorization: 'Bearer k+1x' }, ''],
  [{ authorization: 'Bearer K+1' }, ''],
  [{ 'x-key': 'k+1' }, ''],
  [{}, 'apikey=k%2B1'],
  [{}, 'alt=sse&monkey=k%2B1'],
  [{}, 'key='],
  [{}, 'key=k%2B1x'],
  [{}, 'KEY=k%2B1'],
])('%j %s is not', (headers, query) => expect(check(headers, query)).toBe(false))
