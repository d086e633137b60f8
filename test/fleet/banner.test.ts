import { describe, expect, test } from 'bun:test'
import { readConfig } from '../../src/config/config.ts'
import { type BannerFacts, describeReply, renderBanner } from '../../src/fleet/banner.ts'

const facts: BannerFacts = {
  version: '1.2.3',
  config: readConfig({}, {}),
  port: 8080,
  workers: 2,
  descriptorLimit: 1_048_576,
  ephemeralPorts: [32_768, 60_999],
  misspelt: [],
}

describe('renderBanner', () => {
  test('address, workers, the reply in words, and two lines to paste', () => {
    expect(renderBanner(facts)).toBe(`mock-llm-api 1.2.3: http://127.0.0.1:8080, 2 workers
Each reply: 18 chunks, 50 ms apart, 950 ms in all.

  export OPENAI_BASE_URL=http://127.0.0.1:8080/v1 OPENAI_API_KEY=mock
  curl -N -X POST http://127.0.0.1:8080/v1/chat/completions
`)
  })

  test.each([
    [':8080', 'http://0.0.0.0:8080, all interfaces', 'http://127.0.0.1:8080/v1'],
    ['[::]:8080', 'http://[::]:8080, all interfaces', 'http://[::1]:8080/v1'],
    ['localhost:8080', 'http://localhost:8080, 2', 'http://localhost:8080/v1'],
  ])('--listen %s', (listen, address, url) => {
    const banner = renderBanner({ ...facts, config: readConfig({ listen }, {}) })
    expect(banner).toContain(`${address}`)
    expect(banner).toContain(`OPENAI_BASE_URL=${url} `)
  })

  test.each([
    [
      { misspelt: [['MOCK_LLM_X', 'MOCK_LLM_Y']] as const },
      'Warning: MOCK_LLM_X sets nothing; MOCK_LLM_Y would.',
    ],
    [
      { config: readConfig({ ttftMs: '0', ttftJitter: 'normal:0.1' }, {}) },
      'Warning: --ttft-jitter changes nothing, because the delay is 0',
    ],
    [
      { config: readConfig({ strictModels: 'true' }, {}) },
      'Warning: --strict-models changes nothing without --reply auto',
    ],
    [{ config: readConfig({ reply: 'auto' }, {}) }, 'chat/completions -d \'{"stream":true}\''],
    [
      { config: readConfig({ reply: 'json', content: 'tools' }, {}) },
      '18 chunks, a tool call, 50 ms apart, 950 ms in all, always whole.',
    ],
    [{ descriptorLimit: 1024 }, 'Warning: each worker may open 1024 descriptors'],
    [
      { config: readConfig({ listen: '40000' }, {}) },
      'Warning: port 40000 lies in the range of outgoing connections',
    ],
  ])('warns or adapts: %p', (change, warning) =>
    expect(renderBanner({ ...facts, ...change })).toContain(warning),
  )

  test.each([
    [{ descriptorLimit: undefined, ephemeralPorts: undefined }],
    [{ config: readConfig({ listen: '0' }, {}), port: 40_000 }], // picked by the system, free for sure
  ])('does not warn: %p', (change) => expect(renderBanner({ ...facts, ...change })).not.toContain('Warning'))
})

test.each([
  [{}, '18 chunks, 50 ms apart, 950 ms in all'],
  [{ chunkCount: '1', chunkDelayMs: '1000' }, '1 chunk, 1 s apart, 2 s in all'],
  [{ chunkDelayMs: '0' }, '18 chunks, as fast as possible'],
  [
    { chunkDelayMs: '0', stamp: 'true', chunkBytes: '64' },
    '18 chunks, stamped, 64 bytes of text each, as fast as possible',
  ],
  [{ chunkCount: '0' }, 'no content, the first event after 50 ms, 50 ms in all'],
  [{ ttftMs: '300' }, '18 chunks, the first event after 300 ms, 50 ms apart, 1.2 s in all'],
  [
    { profile: 'hosted-small', chunkCountJitter: 'uniform:0.5' },
    '500 chunks (uniform:0.5), the first event after 658 ms (lognormal:0.3), 5.5 ms (lognormal:0.3) apart, 3.408 s in all on average',
  ],
  [{ ttftJitter: 'quantiles:1/2/3/4' }, '18 chunks, the first event after quantiles:1/2/3/4 ms, 50 ms apart'],
])('describeReply(%p) → %s', (flags, text) => expect(describeReply(readConfig(flags, {}))).toBe(text))
