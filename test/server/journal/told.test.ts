// What is told of a request and of its answer.
import { describe, expect, test } from 'bun:test'
import { gzipSync } from 'node:zlib'
import { bodyOf, fingerprintOf, traceOf } from '../../../src/server/journal/tell.ts'
import { readTold } from '../../../src/server/journal/told.ts'
import { entryOf } from './_entries.ts'

describe('bodies', () => {
  const text = '{"a":"ü"}'
  const zipped = gzipSync(text)
  const gzip = { 'content-encoding': 'gzip' }
  test.each([
    ['as it was sent', { body: text }, text],
    ['what was compressed', { body: zipped, headers: gzip }, text],
    ['what says that it was and was not', { body: text, headers: gzip }, null],
    ['of a kind that nobody knows', { body: text, headers: { 'content-encoding': 'x' } }, null],
    ['what was not read', { unfit: 'tooLarge' }, null],
    ['what is no text', { body: Uint8Array.of(0xff, 0x41) }, '\ufffdA'],
    ['none', { body: '' }, ''],
    ['compressed, and not all of it kept', { body: new Uint8Array(70_000), headers: gzip }, null],
  ] as const)('%s', (_, asked, expected) => expect(bodyOf(entryOf(asked))).toBe(expected))
})

describe('when to come back', () => {
  const nowMs = Date.parse('2026-01-31T12:00:00Z')
  test.each<[number, Record<string, string>, number | null, boolean | null]>([
    [429, {}, null, null],
    [429, { 'retry-after': '2' }, 2000, null],
    [429, { 'retry-after-ms': '20', 'retry-after': '1' }, 20, null],
    [429, { 'retry-after': 'Sat, 31 Jan 2026 12:00:03 GMT' }, 3000, null],
    [429, { 'retry-after': 'Thu, 01 Jan 1970 00:00:00 GMT' }, 0, null],
    [429, { 'retry-after': 'soon' }, null, null],
    [503, { 'x-should-retry': 'true' }, null, true],
    [400, { 'x-should-retry': 'false' }, null, false],
    [400, { 'x-should-retry': 'perhaps' }, null, null],
    [200, { 'retry-after': '2', 'x-should-retry': 'true' }, null, null],
  ])('%d with %j', (status, headers, retryAfterMs, shouldRetry) => {
    expect(readTold({ status, headers }, null, nowMs)).toEqual({ retryAfterMs, shouldRetry })
    expect(readTold({ status, headers: { 'retry-after': '9' } }, headers, nowMs).shouldRetry).toBe(
      shouldRetry,
    )
  })
  test('what a card says comes first', () =>
    expect(
      readTold({ status: 429, headers: { 'retry-after': '9' } }, { 'retry-after': '1' }, nowMs).retryAfterMs,
    ).toBe(1000))
})

describe('retries that are counted', () => {
  test.each<[Record<string, string>, number | null]>([
    [{}, null],
    [{ 'x-stainless-retry-count': '2' }, 2],
    [{ 'x-stainless-retry-count': 'two' }, null],
    [{ 'amz-sdk-request': 'attempt=1; max=3' }, 0],
    [{ 'amz-sdk-request': 'ttl=20260131T120000Z; attempt=3; max=3' }, 2],
    [{ 'amz-sdk-request': 'attempt=2' }, 1],
    [{ 'amz-sdk-request': 'attempt=0; max=3' }, null],
    [{ 'amz-sdk-request': 'attempt=x; max=3' }, null],
    [{ 'amz-sdk-request': 'reattempt=2' }, null],
    [{ 'amz-sdk-request': 'attempt=1', 'x-stainless-retry-count': '4' }, 4],
  ])('%j', (headers, count) => expect(traceOf(entryOf({ headers }), 0).retryCount).toBe(count))
})

describe('what asks for the same', () => {
  const aws = (rest: string) => ({ authorization: `AWS4-HMAC-SHA256 Credential=${rest}` })
  const bearer = (key: string) => ({ authorization: `Bearer ${key}` })
  type Asked = Parameters<typeof entryOf>[0]
  test.each<[string, Asked, Asked, boolean]>([
    ['the same', {}, {}, true],
    ['another body', {}, { body: 'x' }, false],
    ['another path', {}, { path: '/x' }, false],
    ['another query', {}, { query: 'a=1' }, false],
    ['another key', { headers: bearer('a') }, { headers: bearer('b') }, false],
    [
      'another scheme',
      { headers: { authorization: 'Basic a' } },
      { headers: { authorization: 'Basic b' } },
      false,
    ],
    ['a key elsewhere', { headers: { 'x-api-key': 'a' } }, { headers: { 'api-key': 'a' } }, false],
    ['another session', {}, { headers: { 'x-test-session': 'a' } }, false],
    ['signed anew', { headers: aws('a/1/r, Signature=1') }, { headers: aws('a/1/r, Signature=2') }, true],
    ['on another day', { headers: aws('a/1/r, Signature=1') }, { headers: aws('a/2/r, Signature=2') }, true],
    [
      'signed by another',
      { headers: aws('a/1/r, Signature=1') },
      { headers: aws('b/1/r, Signature=1') },
      false,
    ],
    [
      'a query signed anew',
      { query: 'x=1&X-Amz-Date=1&X-Amz-Signature=1' },
      { query: 'x=1&X-Amz-Date=2&X-Amz-Signature=2' },
      true,
    ],
    ['a query of another', { query: 'X-Amz-Credential=a' }, { query: 'X-Amz-Credential=b' }, false],
  ])('%s', (_, one, other, isSame) => {
    const [first, second] = [one, other].map((asked) => fingerprintOf(entryOf(asked)))
    expect(first === second).toBe(isSame)
  })

  test('nobody knows of a body that was not read', () =>
    expect(fingerprintOf(entryOf({ unfit: 'tooLarge' }))).toBe(''))
})
