// Real SDKs before the verdict: their retries are recognised, and judged by what they do.
import { describe, expect, test } from 'bun:test'
import Anthropic from '@anthropic-ai/sdk'
import OpenAI from 'openai'
import { useServer } from './_servers.ts'
import { serveFile, until } from '../_helpers.ts'
import type { ClientVerdict } from '../../src/stats/clientverdict.ts'
import type { ToldRequest } from '../../src/stats/traces.ts'

const journaled = useServer({ journal: '1000', honor: 'fault', retryAfterMs: '60' })
const wired = useServer({ engine: 'socket', journal: '1000', honor: 'fault', retryAfter: 'past' })

const get = async <T>(path: string): Promise<T> => (await (await fetch(journaled.url + path)).json()) as T
const verdictOn = (session: string): Promise<ClientVerdict> => get(`/verdict?session=${session}`)
const requestsOf = async (session: string): Promise<readonly ToldRequest[]> =>
  (await get<{ requests: readonly ToldRequest[] }>(`/requests?session=${session}`)).requests
const rulesOf = async (session: string): Promise<string[]> =>
  (await verdictOn(session)).findings.map(({ rule }) => rule)

/** A client whose n-th request is answered with the n-th pattern, and all further ones with the last. */
function openai(session: string, patterns: readonly string[], maxRetries = 2, timeout = 20_000): OpenAI {
  let asked = 0
  return new OpenAI({
    baseURL: `${journaled.url}/v1`,
    apiKey: 'sk-secret',
    maxRetries,
    timeout,
    fetch: (target, init) => {
      const headers = new Headers(init?.headers)
      headers.set('x-test-session', session)
      headers.set('x-test-pattern', patterns[Math.min(asked++, patterns.length - 1)]!)
      return fetch(target, { ...init, headers })
    },
  })
}

type Messages = OpenAI.ChatCompletionMessageParam[]
async function chat(client: OpenAI, messages: Messages = [{ role: 'user', content: 'Hi' }]): Promise<void> {
  await client.chat.completions.create({ model: 'm', messages })
}

/** Reads a stream to its end, or to where it breaks. */
async function stream(client: OpenAI, messages: Messages): Promise<string> {
  let text = ''
  try {
    for await (const { choices } of await client.chat.completions.create({
      model: 'm',
      messages,
      stream: true,
    }))
      text += choices[0]?.delta.content ?? ''
  } catch {} // what has come is what there is
  return text
}

describe('OpenAI', () => {
  test('its retries are counted, linked, and come when they should', async () => {
    await chat(openai('good', ['status:429', 'status:429', 'ok']))
    const requests = await requestsOf('good')
    expect(requests.map(({ retryCount, answer }) => [retryCount, answer.status])).toEqual([
      [2, 200],
      [1, 429],
      [0, 429],
    ])
    expect(requests.map(({ retryOf }) => retryOf)).toEqual([requests[1]!.id, requests[2]!.id, null])
    expect(requests[0]!.headers['authorization']).toStartWith('Bearer sha256:')
    expect(await verdictOn('good')).toMatchObject({
      sentence: 'There is nothing to object to: 3 requests were judged.',
      findings: [],
    })
  })

  test('several clients at once with the same words are told apart by their counts', async () => {
    await Promise.all(Array.from({ length: 8 }, () => chat(openai('several', ['status:429', 'ok']))))
    const requests = await requestsOf('several')
    expect(requests.length).toBe(16)
    expect(new Set(requests.flatMap(({ retryOf }) => retryOf ?? [])).size).toBe(8)
    expect(await rulesOf('several')).toEqual([])
  })

  test('one that gives up three times the same is told so each time', async () => {
    for (let i = 0; i < 3; i++) await expect(chat(openai('thrice', ['status:503'], 0))).rejects.toThrow('503')
    expect(await rulesOf('thrice')).toEqual(['gave-up', 'gave-up', 'gave-up'])
  })

  test('one that is told not to retry gives up, and is told so', async () => {
    await expect(chat(openai('hasty', ['status:503'], 0))).rejects.toThrow('503')
    const { findings } = await verdictOn('hasty')
    expect(findings).toMatchObject([
      {
        rule: 'gave-up',
        severity: 'warning',
        sentence: expect.stringContaining('(POST /v1/chat/completions, 503) might have'),
      },
    ])
  })

  test('what is wrong for good is not asked again', async () => {
    await expect(chat(openai('wrong', ['status:401']))).rejects.toThrow('401')
    expect(await rulesOf('wrong')).toEqual([])
  })

  test('a stream that ends without a word is taken for whole', async () => {
    const client = openai('trusting', ['end:4', 'ok'])
    const first = await stream(client, [{ role: 'user', content: 'Hi' }])
    expect(first).not.toBe('')
    await stream(client, [
      { role: 'user', content: 'Hi' },
      { role: 'assistant', content: first },
      { role: 'user', content: 'Go on' },
    ])
    const { findings } = await verdictOn('trusting')
    expect(findings).toMatchObject([
      { rule: 'took-cut-for-whole', severity: 'error', evidence: [expect.any(String), expect.any(String)] },
    ])
    expect(findings[0]!.sentence).toContain('was cut after 4 chunks')
  })

  test('one that asks again first is not blamed', async () => {
    const client = openai('careful', ['end:4', 'ok'])
    const first = await stream(client, [{ role: 'user', content: 'Hi' }])
    await stream(client, [{ role: 'user', content: 'Hi' }])
    await stream(client, [
      { role: 'user', content: 'Hi' },
      { role: 'assistant', content: first },
    ])
    expect(await rulesOf('careful')).toEqual([])
  })

  test('a silence is left after as long as the client says', async () => {
    await expect(chat(openai('patient', ['hang'], 0, 300))).rejects.toThrow()
    const { findings } = await until(async () => {
      const verdict = await verdictOn('patient')
      return verdict.open === 0 ? verdict : undefined
    })
    expect(findings).toMatchObject([{ rule: 'left-in-silence', severity: 'info' }])
    const [request] = await requestsOf('patient')
    expect(request!.client.silentMs!).toBeGreaterThan(250)
  })
})

describe('a client that does not count', () => {
  const ask = async (session: string, pattern: string): Promise<void> => {
    const headers = { 'x-test-session': session, 'x-test-pattern': pattern }
    const url = `${journaled.url}/v1/chat/completions`
    await (await fetch(url, { method: 'POST', body: '{"messages":[]}', headers })).text()
  }

  test('and tries again at once, in vain', async () => {
    for (let i = 0; i < 8; i++) await ask('stubborn', 'status:400')
    const rules = await rulesOf('stubborn')
    expect(rules.filter((rule) => rule === 'retried-in-vain').length).toBe(1)
    expect(rules).toContain('retry-storm')
  })

  test('and does not wait as it was told', async () => {
    await ask('deaf', 'status:429')
    await ask('deaf', 'ok')
    expect(await rulesOf('deaf')).toEqual(['retried-too-early'])
  })
})

describe('a client that asks again and again every few milliseconds is blamed', () => {
  test.each([
    'status:429',
    'refuse',
    'abort:1',
    'end:1',
    'error:1',
    'cut-head',
    'bad-chunk:1',
    'no-terminator',
    'wrong-length',
    'garbage:1',
    'truncate-event:1',
  ])('%s', async (pattern) => {
    const headers = { 'x-test-session': pattern, 'x-test-pattern': pattern }
    const url = `${wired.url}/v1/chat/completions`
    for (let i = 0; i < 8; i++) {
      const response = await fetch(url, { method: 'POST', body: '{"stream":true}', headers }).catch(
        () => undefined,
      )
      await response?.text().catch(() => '') // it may break
      await Bun.sleep(5)
    }
    const verdict = await fetch(`${wired.url}/verdict?session=${pattern}`)
    const { findings } = (await verdict.json()) as ClientVerdict
    expect(findings.map(({ rule }) => rule)).toEqual(['retry-storm', 'no-back-off'])
  })
})

test('an SDK that turns to another upstream has not given up, one that does not has', async () => {
  const yaml = `upstreams:
  - { name: primary, prefix: /primary, fault: 'status:503', chunk-delay-ms: 0 }
  - { name: backup, prefix: /backup, reply: auto, chunk-delay-ms: 0 }`
  const server = await serveFile(yaml, { journal: '10' })
  try {
    const url = `http://127.0.0.1:${server.port}`
    const ask = (upstream: string, content: string): Promise<void> =>
      chat(new OpenAI({ baseURL: `${url}/${upstream}/v1`, apiKey: `sk-${upstream}`, maxRetries: 0 }), [
        { role: 'user', content },
      ])
    await expect(ask('primary', 'Hi')).rejects.toThrow('503')
    await ask('backup', 'Hi')
    await expect(ask('primary', 'And you?')).rejects.toThrow('503')
    const text = await (await fetch(`${url}/verdict?text`)).text()
    expect(text.trim().split('\n')).toEqual([
      'There is 1 objection: 3 requests were judged.',
      expect.stringMatching(
        /^warning gave-up: 0-2 \(POST \/v1\/chat\/completions at primary, 503\) might have/,
      ),
    ])
  } finally {
    await server.stop(0)
  }
})

test('the retries of Anthropic are counted as well', async () => {
  let asked = 0
  const client = new Anthropic({
    baseURL: journaled.url,
    apiKey: 'sk-secret',
    maxRetries: 1,
    fetch: (target, init) => {
      const headers = new Headers(init?.headers)
      headers.set('x-test-session', 'anthropic')
      headers.set('x-test-pattern', asked++ === 0 ? 'status:529' : 'ok')
      return fetch(target, { ...init, headers })
    },
  })
  await client.messages.create({ model: 'm', max_tokens: 100, messages: [{ role: 'user', content: 'Hi' }] })
  const [retry, first] = await requestsOf('anthropic')
  expect([retry!.retryCount, retry!.retryOf, first!.answer.status]).toEqual([1, first!.id, 529])
  expect(JSON.stringify([retry, first])).not.toContain('sk-secret')
  expect(await rulesOf('anthropic')).toEqual([])
})
