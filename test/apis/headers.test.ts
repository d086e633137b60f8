// What is sent of each provider besides its format: with `--provider-headers`, and with a rate limit.
import { describe, expect, test } from 'bun:test'
import type { ProviderName } from '../../src/apis/ask.ts'
import { providers } from '../../src/apis/providers.ts'
import { readSettings } from '../../src/config/config.ts'

const config = readSettings({ ttftMs: '120.4' }, {})

describe('headers', () => {
  const own: Readonly<Record<ProviderName, Readonly<Record<string, string>>>> = {
    openai: {
      'x-request-id': 'req_mock',
      'openai-processing-ms': '120',
      'openai-version': '2020-10-01',
      'x-ratelimit-limit-requests': '10000',
      'x-ratelimit-limit-tokens': '2000000',
      'x-ratelimit-remaining-requests': '9999',
      'x-ratelimit-remaining-tokens': '1999990',
      'x-ratelimit-reset-requests': '6ms',
      'x-ratelimit-reset-tokens': '0s',
    },
    azure: {},
    groq: {
      'x-request-id': 'req_mock',
      'x-groq-region': 'mock',
      'x-ratelimit-limit-requests': '10000',
      'x-ratelimit-limit-tokens': '2000000',
      'x-ratelimit-remaining-requests': '9999',
      'x-ratelimit-remaining-tokens': '1999990',
      'x-ratelimit-reset-requests': '6ms',
      'x-ratelimit-reset-tokens': '0s',
    },
    anthropic: Object.fromEntries([
      ['request-id', 'req_mock'],
      ['anthropic-organization-id', 'org_mock'],
      ...Object.entries({
        requests: ['4000', '3999'],
        tokens: ['400000', '399990'],
        'input-tokens': ['400000', '399990'],
        'output-tokens': ['80000', '79990'],
      }).flatMap(([what, [limit, remaining]]) => [
        [`anthropic-ratelimit-${what}-limit`, limit],
        [`anthropic-ratelimit-${what}-remaining`, remaining],
        [`anthropic-ratelimit-${what}-reset`, '2099-01-01T00:00:00Z'],
      ]),
    ]) as Record<string, string>,
    gemini: {
      'Content-Type': 'application/json; charset=UTF-8',
      'server-timing': 'gfet4t7; dur=120',
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'SAMEORIGIN',
      'x-xss-protection': '0',
    },
    ollama: {},
    bedrock: { 'x-amzn-requestid': 'req_mock' },
    cohere: { 'x-debug-trace-id': 'req_mock', 'x-endpoint-monthly-call-limit': '1000' },
    mistral: {
      'mistral-correlation-id': 'req_mock',
      'x-ratelimit-limit-req-minute': '10000',
      'x-ratelimit-remaining-req-minute': '9999',
    },
  }
  const azure = { ...own.openai, 'apim-request-id': 'req_mock', 'x-ms-region': 'Mock' }

  test.each(Object.keys(own) as ProviderName[])('of %s', (name) =>
    expect(providers[name].headers(config)).toEqual((name === 'azure' ? azure : own[name]) as never),
  )

  const left = (name: ProviderName, resetMs: number): object =>
    providers[name].limitHeaders({ limit: 9, remaining: 4, resetMs }, 1_795_380_000_250)
  const openai = (reset: string): object => ({
    'x-ratelimit-limit-requests': '9',
    'x-ratelimit-remaining-requests': '4',
    'x-ratelimit-reset-requests': reset,
  })

  test.each([
    [0, '0ms', '2026-11-22T20:40:01Z'],
    [0.2, '1ms', '2026-11-22T20:40:01Z'],
    [750, '750ms', '2026-11-22T20:40:01Z'],
    [751, '751ms', '2026-11-22T20:40:02Z'],
    [999.5, '1000ms', '2026-11-22T20:40:02Z'],
    [1000, '1s', '2026-11-22T20:40:02Z'],
    [61_000.2, '61.001s', '2026-11-22T20:41:02Z'],
  ])('a limit that is whole again in %d ms', (resetMs, openaiReset, anthropicReset) => {
    expect(left('openai', resetMs)).toEqual(openai(openaiReset))
    expect(left('azure', resetMs)).toEqual(openai(openaiReset))
    expect(left('groq', resetMs)).toEqual(openai(openaiReset))
    expect(left('anthropic', resetMs)).toEqual({
      'anthropic-ratelimit-requests-limit': '9',
      'anthropic-ratelimit-requests-remaining': '4',
      'anthropic-ratelimit-requests-reset': anthropicReset,
    })
    for (const name of ['gemini', 'ollama', 'bedrock'] as const) expect(left(name, resetMs)).toEqual({})
    expect(left('cohere', resetMs)).toEqual({
      'x-trial-endpoint-call-limit': '9',
      'x-trial-endpoint-call-remaining': '4',
    })
    expect(left('mistral', resetMs)).toEqual({
      'x-ratelimit-limit-req-minute': '9',
      'x-ratelimit-remaining-req-minute': '4',
    })
  })
})
