// Secrets are never told.
import { describe, expect, test } from 'bun:test'
import { hideHeaders, hideQuery, hashSecret } from '../../../src/server/journal/secrets.ts'
import { judgedTraceOf, tellRequest } from '../../../src/server/journal/tell.ts'
import { entryOf } from './_entries.ts'

const SECRET = 'sk-very-secret-1234567890'
const HASH = hashSecret(SECRET)

describe('secrets', () => {
  test('a hash is that of any other program', () => expect(hashSecret('sk-1')).toBe('sha256:0f2c10bf'))

  test.each<readonly [string, string, string]>([
    ['authorization', `Bearer ${SECRET}`, `Bearer ${HASH}`],
    ['authorization', SECRET, HASH],
    ['proxy-authorization', `Basic ${SECRET}`, `Basic ${HASH}`],
    ...['x-api-key', 'api-key', 'x-goog-api-key', 'cookie', 'x-amz-security-token', 'x-auth-token'].map(
      (name) => [name, SECRET, HASH] as const,
    ),
    ...[
      'authentication',
      'x-authtoken',
      'x-accesstoken',
      'x-csrftoken',
      'x-jwt',
      'x-passwd',
      'x-pwd',
      'x-oauth',
    ].map((name) => [name, SECRET, HASH] as const),
    ['cookie', `a=1; b=${SECRET}`, hashSecret(`a=1; b=${SECRET}`)],
    ['authorization', `${SECRET} x`, hashSecret(`${SECRET} x`)],
    [
      'sec-websocket-protocol',
      `realtime, openai-insecure-api-key.${SECRET}, openai-beta.realtime-v1`,
      `realtime, openai-insecure-api-key.${HASH}, openai-beta.realtime-v1`,
    ],
    ['sec-websocket-protocol', `a.bearer.b.${SECRET}`, `a.bearer.${hashSecret(`b.${SECRET}`)}`],
    ['sec-websocket-protocol', 'key', 'key'],
    [
      'referer',
      `https://a.b/c?x=1&key=${SECRET}#token=${SECRET}`,
      `https://a.b/c?x=1&key=${HASH}#token=${HASH}`,
    ],
    ['referer', `https://me:${SECRET}@a.b/c`, `https://${hashSecret(`me:${SECRET}`)}@a.b/c`],
    ['x-original-uri', `/v1?access_token=${SECRET}`, `/v1?access_token=${HASH}`],
    ['link', `<https://a.b/?key=${SECRET}>`, `<https://a.b/?key=${hashSecret(`${SECRET}>`)}`],
    ['from', 'me@a.b', 'me@a.b'],
    ['x-api-key-id', '1', '1'],
    ['x-author', '1', '1'],
    ['x-stainless-retry-count', '1', '1'],
    ['content-type', 'application/json', 'application/json'],
    ['x-monkey', 'a', 'a'],
  ])('%s: %s', (name, value, told) => expect(hideHeaders({ [name]: value })).toEqual({ [name]: told }))

  test.each([
    ['', ''],
    ['alt=sse', 'alt=sse'],
    [`key=${SECRET}`, `key=${HASH}`],
    [`alt=sse&key=${SECRET}&a=b`, `alt=sse&key=${HASH}&a=b`],
    [`api_key=${SECRET}&access_token=${SECRET}`, `api_key=${HASH}&access_token=${HASH}`],
    [`%6Bey=${SECRET}`, `%6Bey=${HASH}`],
    [`KEY=${SECRET}`, `KEY=${HASH}`],
    ...[
      'X-Amz-Signature',
      'accessToken',
      'authToken',
      'clientSecret',
      'refreshToken',
      'apiKey',
      'APIKey',
      'auth',
      'authorization',
      'bearer',
      'jwt',
      'passwd',
      'pwd',
      'key[]',
      'key[0]',
      'auth[token]',
      'token2',
      'csrftoken',
      'code',
      'auth_code',
      'deviceCode',
    ].map((name) => [`${name}=${SECRET}`, `${name}=${HASH}`]),
    ...['monkey', 'author', 'max_tokens', 'compass', 'design', 'keys[a]', 'barcode', '0', ''].map((name) => [
      `${name}=1`,
      `${name}=1`,
    ]),
    ['monkey=1&key', 'monkey=1&key'],
  ])('the query %j', (query, told) => expect(hideQuery(query)).toBe(told))

  test('none is in anything that is told', () => {
    const names = ['authorization', 'x-api-key', 'api-key', 'x-goog-api-key', 'cookie']
    const entry = entryOf({
      query: `key=${SECRET}`,
      headers: Object.fromEntries(names.map((name) => [name, SECRET])),
    })
    for (const told of [tellRequest(entry, 0), judgedTraceOf(entry, 0)])
      expect(JSON.stringify(told)).not.toContain(SECRET.slice(0, 8))
  })
})
