// What the library tells of the requests of a mock, and of the client that has sent them.
import { describe, expect, test } from 'bun:test'
import { MockError, startMock } from '../../src/index.ts'
import { Keyring } from '../../src/library/keyring.ts'
import { askerOf } from '../../src/library/running.ts'
import { askRequests, askVerdict, queryOf } from '../../src/library/journal.ts'

test('requests and verdict, also behind a key', async () => {
  await using mock = await startMock({
    journal: 3000,
    chunkDelayMs: 0,
    chunkCount: 1,
    apiKey: 'sk-1',
    fault: 'status:429x1,ok',
    retryAfterMs: 60_000,
  })
  const ask = async (body: string, session: string): Promise<void> => {
    const headers = { authorization: 'Bearer sk-1', 'x-test-session': session }
    await (await fetch(`${mock.openaiBaseUrl}/chat/completions`, { method: 'POST', body, headers })).text()
  }
  const begun = new Date()
  await ask('{"n":1}', 'a')
  await ask('{"n":1}', 'a')
  for (let i = 0; i < 1100; i++) await ask(`{"n":${i}}`, 'b')
  const requests = await mock.requests()
  expect(requests.length).toBe(1102) // more than a page
  expect(requests.slice(-2)).toMatchObject([
    { session: 'a', body: '{"n":1}', answer: { status: 200 }, client: { did: 'read to the end' } },
    { session: 'a', answer: { status: 429, retryAfterMs: 60_000 } },
  ])
  expect(requests.at(-2)!.retryOf).toBe(requests.at(-1)!.id)
  expect((await mock.requests({ session: 'a', status: 429, path: '/v1/*', since: begun })).length).toBe(1)
  expect((await mock.requests({ status: '5xx' })).length).toBe(0)
  expect((await mock.requests({ body: '"n":1099' })).length).toBe(1)
  const verdict = await mock.verdict('a')
  expect(verdict).toMatchObject({ requests: 2, findings: [{ rule: 'retried-too-early', severity: 'error' }] })
  expect(await mock.verdict('b')).toMatchObject({
    sentence: 'There is nothing to object to: 1,100 requests were judged.',
    findings: [],
  })
  expect((await mock.verdict()).requests).toBe(1102)
})

test('where nothing is kept, it says how to', async () => {
  await using mock = await startMock()
  for (const asked of [mock.requests(), mock.verdict()]) {
    const thrown = await asked.catch((thrown: unknown) => thrown)
    expect(thrown).toBeInstanceOf(MockError)
    expect((thrown as Error).message).toContain('--journal N')
  }
})

test('what is not all is not taken for it', async () => {
  using server = Bun.serve({
    port: 0,
    hostname: '127.0.0.1',
    fetch: ({ url }) =>
      Response.json({ requests: [], next: null, ...(url.includes('session') ? {} : { missing: 1 }) }),
  })
  const url = `http://127.0.0.1:${server.port}`
  const ask = askerOf(url, new Keyring({}))
  for (const asked of [askRequests(ask), askVerdict(ask)]) {
    const thrown = await asked.catch((thrown: unknown) => thrown)
    expect(thrown).toBeInstanceOf(MockError)
    expect((thrown as Error).message).toStartWith('1 worker has not answered in time')
  }
  expect(await askRequests(ask, { session: 's' })).toEqual([])
  await askVerdict(ask, 's')
})

describe('queryOf', () => {
  test.each([
    [{}, ''],
    [{ session: undefined }, ''],
    [{ session: 'a b&c' }, '?session=a+b%26c'],
    [{ status: 0, since: new Date(0) }, '?status=0&since=1970-01-01T00%3A00%3A00.000Z'],
  ])('%j', (asked, query) => expect(queryOf(asked)).toBe(query))
})
