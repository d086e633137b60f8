import { describe, expect, test } from 'bun:test'
import { readSettings } from '../../src/config/config.ts'
import { readConfigFile } from '../../src/config/configfile.ts'
import { singleUpstream } from '../../src/config/upstreams.ts'
import { type BannerFacts, renderBanner, renderQuiet } from '../../src/fleet/banner.ts'

const facts: BannerFacts = {
  version: '1.2.3',
  config: singleUpstream(readSettings({ workers: '2' }, {})),
  identity: undefined,
  descriptorLimit: 1_048_576,
  inContainer: false,
  isPicked: false,
  ephemeralPorts: [32_768, 60_999],
  misspelt: [],
}

function ours(isOurs: boolean): NonNullable<BannerFacts['identity']> {
  return {
    certFile: '/tmp/c.pem',
    cert: '',
    key: '',
    fingerprint: 'AB:CD',
    selfSigned: true,
    concerns: [],
    isOurs,
  }
}

describe('renderBanner', () => {
  test('address, workers, the reply in words, and two lines to paste', () => {
    expect(renderBanner(facts)).toBe(`mock-llm-api 1.2.3: http://127.0.0.1:8080, 2 workers, engine bun
Each reply: 18 chunks, 50 ms apart, 950 ms in all. Every reply streams, whatever is asked; --reply auto answers as asked.

  export OPENAI_BASE_URL=http://127.0.0.1:8080/v1 OPENAI_API_KEY=mock
  curl -N -X POST http://127.0.0.1:8080/v1/chat/completions
`)
  })

  test('of several upstreams: each with its place, its course and whether it asks for a key; what the program takes besides', async () => {
    const config = await readConfigFile(
      'control: true\njournal: 5\nsessions: 1\nupstreams: [{name: a, prefix: /a, chunk-count: 1}, {name: b, prefix: /b, api-key: sk, chunk-count: 1}]',
      'c.yaml',
      { flags: { workers: '1' }, environment: {} },
    )
    expect(renderBanner({ ...facts, config }))
      .toBe(`mock-llm-api 1.2.3: http://127.0.0.1:8080, 1 worker, engine bun
a at http://127.0.0.1:8080/a: Each reply: 1 chunk, 50 ms apart, 100 ms in all. Every reply streams, whatever is asked; --reply auto answers as asked.
b at http://127.0.0.1:8080/b: Each reply: 1 chunk, 50 ms apart, 100 ms in all. Every reply streams, whatever is asked; --reply auto answers as asked. It asks for its key.
PATCH /control changes it; GET /requests tells the last 5 requests of each worker, GET /verdict judges the client; X-Test-Session tells 1 session apart.

  export OPENAI_BASE_URL=http://127.0.0.1:8080/a/v1 OPENAI_API_KEY=mock
  curl -N -X POST http://127.0.0.1:8080/a/v1/chat/completions
`)
  })

  test.each([
    [':8080', 'http://0.0.0.0:8080, all interfaces', 'http://127.0.0.1:8080/v1'],
    ['[::]:8080', 'http://[::]:8080, all interfaces', 'http://[::1]:8080/v1'],
    ['localhost:8080', 'http://localhost:8080, 2', 'http://localhost:8080/v1'],
  ])('--listen %s', (listen, address, url) => {
    const banner = renderBanner({
      ...facts,
      config: singleUpstream(readSettings({ listen, workers: '2' }, {})),
    })
    expect(banner).toContain(`${address}`)
    expect(banner).toContain(`OPENAI_BASE_URL=${url} `)
  })

  test.each([
    [
      { ttftMs: '0', ttftJitter: 'normal:0.1' },
      'Warning: --ttft-jitter changes nothing, because the delay is 0',
    ],
    [{ strictModels: 'true' }, 'Warning: --strict-models changes nothing without --reply auto'],
    [{ reply: 'auto' }, 'chat/completions -d \'{"stream":true}\''],
    [
      { chunkCount: '0', chunkCountJitter: 'normal:0.1' },
      'Warning: --chunk-count-jitter changes nothing, because there are no chunks',
    ],
    [{ socketMode: '660' }, 'Warning: --socket-mode changes nothing without --socket'],
    [{ toolName: 'look_up' }, 'Warning: --tool-name changes nothing without --content tools'],
    [
      { reply: 'json', content: 'tools' },
      '18 chunks, a tool call, 50 ms apart, 950 ms in all, always whole.\n',
    ],
    [{ reply: 'auto' }, '18 chunks, 50 ms apart, 950 ms in all, streamed or whole as the request asks.\n'],
    [{ listen: '40000' }, 'Warning: port 40000 lies in the range of outgoing connections'],
  ] as const)('warns or adapts: %j', (flags, warning) =>
    expect(renderBanner({ ...facts, config: singleUpstream(readSettings(flags, {})) })).toContain(warning),
  )

  test.each([
    [
      'variables',
      { misspelt: [['MOCK_LLM_X', 'MOCK_LLM_Y']] },
      'Warning: MOCK_LLM_X sets nothing; MOCK_LLM_Y would.',
    ],
    ['descriptors', { descriptorLimit: 1024 }, 'Warning: each worker may open 1024 descriptors'],
    [
      'a container',
      { inContainer: true },
      '\nSIGTERM stops the container: open streams may go on for 8 s.\n',
    ],
    [
      'a container and a long grace period',
      { inContainer: true, config: singleUpstream(readSettings({ graceMs: '28001' }, {})) },
      'Warning: docker stop kills after 10 s, before the end of the grace period, and nothing is told then: docker stop -t 31, or terminationGracePeriodSeconds: 31.',
    ],
    [
      'a certificate',
      { identity: { ...ours(false), concerns: ['the certificate expired on 2026-06-01'] } },
      'Warning: the certificate expired on 2026-06-01.\n',
    ],
  ] as [string, Partial<BannerFacts>, string][])('warns of its surroundings: %s', (_, change, warning) =>
    expect(renderBanner({ ...facts, ...change })).toContain(warning),
  )

  test('does not warn without a reason', () => {
    expect(renderBanner({ ...facts, descriptorLimit: undefined, ephemeralPorts: undefined })).not.toContain(
      'Warning',
    )
    const config = singleUpstream(readSettings({ listen: 'none', socket: '/tmp/s' }, {}))
    expect(renderBanner({ ...facts, config })).not.toContain('Warning')
    expect(renderBanner({ ...facts, inContainer: true })).not.toContain('Warning')
    const picked = { isPicked: true, config: singleUpstream(readSettings({ listen: '40000' }, {})) }
    expect(renderBanner({ ...facts, ...picked })).not.toContain('Warning')
    expect(
      renderBanner({ ...facts, config: singleUpstream(readSettings({ graceMs: '28001' }, {})) }),
    ).not.toContain('Warning')
  })
})

test.each([
  [{ listen: ':80' }, false, undefined, ''],
  [{ listen: ':4080' }, true, undefined, 'http://127.0.0.1:4080\n'],
  [{ listen: '[::1]:4080' }, true, ours(false), 'https://[::1]:4080\n'],
  [{ listen: '4080' }, true, ours(true), 'https://127.0.0.1:4080\n/tmp/c.pem\n'],
  [{ listen: 'none', socket: '/tmp/s' }, false, undefined, ''],
])('--quiet with %j tells what was picked and made', (flags, isPicked, identity, text) =>
  expect(renderQuiet({ config: singleUpstream(readSettings(flags, {})), isPicked, identity })).toBe(text),
)

describe('other transports', () => {
  test('the engine is named', () => {
    const config = singleUpstream(readSettings({ engine: 'socket', workers: '2' }, {}))
    expect(renderBanner({ ...facts, config })).toContain('8080, 2 workers, engine socket\n')
  })

  test('a socket alone, with a key and a path that a shell would take apart', () => {
    const config = singleUpstream(
      readSettings({ listen: 'none', socket: "/tmp/it's mine", apiKey: 'secret' }, {}),
    )
    const banner = renderBanner({ ...facts, config })
    expect(banner).toStartWith("mock-llm-api 1.2.3: socket /tmp/it's mine, ")
    expect(banner).toContain(
      `curl -N --unix-socket '/tmp/it'\\''s mine' -X POST http://localhost/v1/chat/completions`,
    )
    expect(banner).toContain('-H "Authorization: Bearer $OPENAI_API_KEY"')
    expect(banner).toContain('put it into OPENAI_API_KEY')
    expect(banner).not.toContain('secret')
  })

  test('TLS with a certificate of its own: where it is, and how clients come to trust it', () => {
    const banner = renderBanner({ ...facts, identity: ours(true) })
    expect(banner).toContain('https://127.0.0.1:8080, 2 workers, engine bun\n')
    expect(banner).toContain('Certificate: self-signed for this run, /tmp/c.pem\n  SHA-256 AB:CD\n')
    expect(banner).toContain(
      'export NODE_EXTRA_CA_CERTS=/tmp/c.pem SSL_CERT_FILE=/tmp/c.pem REQUESTS_CA_BUNDLE=/tmp/c.pem\n',
    )
    expect(banner).toContain('curl -N --cacert /tmp/c.pem -X POST https://127.0.0.1:8080/v1/chat/completions')
  })

  test.each([
    [{ fault: 'status:429x2,ok' }, 'Faults, in order: status:429 × 2, ok.'],
    [{ fault: 'status:429x2' }, 'Faults, in order: status:429 × 2, and then as usual.'],
    [{ fault: 'crlf@2%,hang@1%' }, 'Faults: 2 % crlf, 1 % hang.'],
    [{ honor: 'fault' }, 'The request header X-Test-Pattern picks a fault.'],
    [{ rateLimit: '5/s', maxOpen: '9' }, 'More than 5 requests per second or 9 replies under way get 429.'],
  ])('%j', (flags, line) =>
    expect(renderBanner({ ...facts, config: singleUpstream(readSettings(flags, {})) })).toContain(
      `\n${line}\n`,
    ),
  )
})
