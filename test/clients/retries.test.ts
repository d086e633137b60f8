// How the official SDKs read what a refusal tells of another attempt.
import { describe, expect, test } from 'bun:test'
import Anthropic from '@anthropic-ai/sdk'
import OpenAI from 'openai'
import { text, useServer } from './_servers.ts'
import type { GivenFlags } from '../../src/config/config.ts'

const SCRIPT: GivenFlags = { fault: 'status:429x1,ok', honor: 'fault' }

interface Attempts {
  readonly statuses: number[]
  readonly waitedMs: number
}

async function tryChat(url: string, pattern?: string): Promise<Attempts> {
  const statuses: number[] = []
  const times: number[] = []
  const client = new OpenAI({
    baseURL: `${url}/v1`,
    apiKey: 'mock',
    maxRetries: 1,
    ...(pattern !== undefined && { defaultHeaders: { 'X-Test-Pattern': pattern } }),
    fetch: async (target, init) => {
      times.push(performance.now())
      const response = await fetch(target, init)
      statuses.push(response.status)
      return response
    },
  })
  try {
    const { choices } = await client.chat.completions.create({ model: 'any', messages: [] })
    expect(choices[0]!.message.content).toBe(text)
  } catch (thrown) {
    if (!(thrown instanceof OpenAI.APIError)) throw thrown
  }
  return { statuses, waitedMs: times.at(-1)! - times[0]! }
}

describe.concurrent('--retry-after', () => {
  const date = useServer({ ...SCRIPT, retryAfter: 'date', retryAfterMs: '1200' })
  const ms = useServer({ ...SCRIPT, retryAfter: 'ms', retryAfterMs: '700' })

  test('a date and milliseconds are waited for', async () => {
    const [dated, exact] = await Promise.all([tryChat(date.url), tryChat(ms.url)])
    expect([dated.statuses, exact.statuses]).toEqual([
      [429, 200],
      [429, 200],
    ])
    // By itself the SDK would wait half a second at most.
    expect(dated.waitedMs).toBeGreaterThan(1000)
    expect(exact.waitedMs).toBeGreaterThan(690)
  })

  const past = useServer({ ...SCRIPT, retryAfter: 'past', retryAfterMs: '60000' })
  const malformed = useServer({ ...SCRIPT, retryAfter: 'malformed', retryAfterMs: '60000' })
  const none = useServer({ ...SCRIPT, retryAfter: 'none', retryAfterMs: '60000' })

  test('what is over, is no time or is not there is passed over, and the SDK waits as it likes', async () => {
    for (const { statuses, waitedMs } of await Promise.all(
      [past, malformed, none].map(({ url }) => tryChat(url)),
    )) {
      expect(statuses).toEqual([429, 200])
      expect(waitedMs).toBeLessThan(30_000)
    }
  })
})

describe.concurrent('--should-retry', () => {
  const never = useServer({ ...SCRIPT, shouldRetry: 'false' })
  const always = useServer({ honor: 'fault', shouldRetry: 'true' })

  test('false: what is retried otherwise is not', async () =>
    expect((await tryChat(never.url)).statuses).toEqual([429]))

  test('true: what is not retried otherwise is', async () => {
    expect((await tryChat(always.url, 'status:400')).statuses).toEqual([400, 400])
    let attempts = 0
    const client = new Anthropic({
      baseURL: always.url,
      apiKey: 'mock',
      maxRetries: 1,
      defaultHeaders: { 'X-Test-Pattern': 'status:400' },
      fetch: (target, init) => {
        attempts++
        return fetch(target, init)
      },
    })
    const asked = client.messages.create({ model: 'any', max_tokens: 9, messages: [] })
    await expect(Promise.resolve(asked)).rejects.toBeInstanceOf(Anthropic.BadRequestError)
    expect(attempts).toBe(2)
  })
})
