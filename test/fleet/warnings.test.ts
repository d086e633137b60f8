// What the banner warns of and what it adds, each with the last setting for which it does and the first for which it does not.
import { describe, expect, test } from 'bun:test'
import { type GivenFlags, readSettings } from '../../src/config/config.ts'
import { singleUpstream } from '../../src/config/upstreams.ts'
import { type BannerFacts, renderBanner } from '../../src/fleet/banner.ts'
import { named } from '../_helpers.ts'

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

type Change = Partial<Omit<BannerFacts, 'config'>>

const banner = (flags: GivenFlags, change: Change = {}): string =>
  renderBanner({ ...facts, ...change, config: singleUpstream(readSettings({ workers: '2', ...flags }, {})) })

function warningsOf(flags: GivenFlags, change: Change): string[] {
  return [...banner(flags, change).matchAll(/^Warning: (.*)\.$/gm)].map(([, text]) => text!)
}

const model = 'quantiles:1/2/3/4'
const idle = (flag: string, why: string): string => `--${flag} changes nothing${why}`
const zero = ', because the delay is 0'
const stop = (seconds: number): string =>
  `docker stop kills after 10 s, before the end of the grace period, and nothing is told then: docker stop -t ${seconds}, or terminationGracePeriodSeconds: ${seconds}`
const outgoing = (port: number): string =>
  `port ${port} lies in the range of outgoing connections (32768 to 60999): one of them may hold it at the next start`
const descriptors = (count: number): string =>
  `each worker may open ${count} descriptors, so about as many connections; raise the hard limit (ulimit -Hn)`

const cases: readonly [flags: GivenFlags, change: Change, warnings: readonly string[]][] = [
  [{}, {}, []],
  [{}, { descriptorLimit: 9999 }, [descriptors(9999)]],
  [{}, { descriptorLimit: 10_000 }, []],
  [{}, { descriptorLimit: undefined }, []],
  [{ listen: '32767' }, {}, []],
  [{ listen: '32768' }, {}, [outgoing(32_768)]],
  [{ listen: '60999' }, {}, [outgoing(60_999)]],
  [{ listen: '61000' }, {}, []],
  [{ listen: '32768' }, { isPicked: true }, []],
  [{ listen: '32768' }, { ephemeralPorts: undefined }, []],
  [{ graceMs: '8000' }, { inContainer: true }, []],
  [{ graceMs: '8001' }, { inContainer: true }, [stop(11)]],
  [{ graceMs: '9000' }, { inContainer: true }, [stop(11)]],
  [{ graceMs: '9001' }, { inContainer: true }, [stop(12)]],
  [{ graceMs: '9001' }, { inContainer: false }, []],
  [{ ttftMs: '0', ttftJitter: 'normal:0.1' }, {}, [idle('ttft-jitter', zero)]],
  [{ ttftMs: '0.1', ttftJitter: 'normal:0.1' }, {}, []],
  [{ chunkDelayMs: '0', ttftJitter: model }, {}, []],
  [
    { chunkDelayMs: '0', ttftMs: '1', chunkDelayJitter: 'normal:0.1' },
    {},
    [idle('chunk-delay-jitter', zero)],
  ],
  [{ chunkDelayMs: '0.1', chunkDelayJitter: 'normal:0.1' }, {}, []],
  [{ chunkDelayJitter: model, ttftMs: '0' }, {}, []],
  [
    { chunkCount: '0', chunkCountJitter: 'normal:0.1' },
    {},
    [idle('chunk-count-jitter', ', because there are no chunks')],
  ],
  [{ chunkCount: '1', chunkCountJitter: 'normal:0.1' }, {}, []],
  [{ strictModels: 'true' }, {}, [idle('strict-models', ' without --reply auto')]],
  [{ strictModels: 'true', reply: 'json' }, {}, [idle('strict-models', ' without --reply auto')]],
  [{ strictModels: 'true', reply: 'auto' }, {}, []],
  [{ socketMode: '660' }, {}, [idle('socket-mode', ' without --socket')]],
  [{ socketMode: '660', socket: 's' }, {}, []],
  [{ toolName: 'x' }, {}, [idle('tool-name', ' without --content tools')]],
  [{ toolName: 'x', content: 'reasoning' }, {}, [idle('tool-name', ' without --content tools')]],
  [{ toolName: 'x', content: 'tools' }, {}, []],
  [{}, { misspelt: [['A', 'B']] }, ['A sets nothing; B would']],
]

test.each(named(cases))('%s', (_, flags, change, warnings) =>
  expect(warningsOf(flags, change)).toEqual([...warnings]),
)

test('several warnings: each on a line of its own, behind the commands', () => {
  const text = banner({ socketMode: '660' }, { descriptorLimit: 10, misspelt: [['A', 'B']] })
  expect(text).toEndWith(
    `chat/completions\n\nWarning: A sets nothing; B would.\nWarning: ${descriptors(10)}.\nWarning: ${idle('socket-mode', ' without --socket')}.\n`,
  )
})

test.each([
  ['0.0.0.0', '0.0.0.0', '127.0.0.1'],
  ['0', '0.0.0.0', '127.0.0.1'],
  ['0.0', '0.0.0.0', '127.0.0.1'],
  ['[::]', '[::]', '[::1]'],
  ['[0:0:0:0:0:0:0:0]', '[::]', '[::1]'],
])('--listen %s is everywhere, %s, and reached at %s', (host, told, client) => {
  const text = banner({ listen: `${host}:80` })
  expect(text).toContain(`http://${told}:80, all interfaces, 2 workers`)
  expect(text).toContain(`OPENAI_BASE_URL=http://${client}:80/v1 `)
})

test.each(['127.0.0.1', '10.0.0.1', 'localhost', '[::1]', '[fe80::1]', '0x.example'])(
  '--listen %s is one place',
  (host) => {
    const text = banner({ listen: `${host}:80` })
    expect(text).toContain(`http://${host}:80, 2 workers`)
    expect(text).toContain(`http://${host}:80/v1`)
  },
)

describe('TLS', () => {
  const identity = { certFile: '/c d.pem', cert: '', key: '', fingerprint: 'AB:CD', concerns: [] }

  test.each([
    [true, true],
    [false, true],
    [false, false],
  ])('a certificate: ours %j, self-signed %j', (isOurs, selfSigned) => {
    const text = banner({}, { identity: { ...identity, isOurs, selfSigned } })
    expect(text).toContain(
      `\nCertificate: ${isOurs ? 'self-signed for this run, ' : ''}/c d.pem\n  SHA-256 AB:CD\n`,
    )
    expect(text.includes('export NODE_EXTRA_CA_CERTS=')).toBe(selfSigned)
    expect(text).toContain(
      `curl -N${selfSigned ? " --cacert '/c d.pem'" : ''} -X POST https://127.0.0.1:8080/v1/chat/completions\n`,
    )
    expect(text).not.toContain('clear text')
  })

  test('a socket beside it is in clear text', () => {
    const text = banner({ socket: '/s' }, { identity: { ...identity, isOurs: true, selfSigned: true } })
    expect(text).toContain('https://127.0.0.1:8080, socket /s, 2 workers')
    expect(text).toContain('\nThe socket is in clear text.\n')
    expect(banner({ socket: '/s' })).not.toContain('clear text')
  })
})

test('a key is asked for, and none is put in its place', () => {
  expect(banner({ apiKey: 'k' })).toContain('\n  export OPENAI_BASE_URL=http://127.0.0.1:8080/v1\n')
  expect(banner({})).toContain('\n  export OPENAI_BASE_URL=http://127.0.0.1:8080/v1 OPENAI_API_KEY=mock\n')
  expect(banner({})).not.toContain('Authorization')
})

test.each([
  [{ rateLimit: '1/s' }, 'More than 1 request per second get 429.'],
  [{ maxOpen: '1' }, 'More than 1 reply under way get 429.'],
  [{ fault: 'refuse' }, 'Faults: 100 % refuse.'],
  [{ fault: 'refuse,ok' }, 'Faults, in order: refuse × 1, ok.'],
] as [GivenFlags, string][])('%j: a line of its own', (flags, line) =>
  expect(banner({ workers: '1', ...flags })).toContain(`\n${line}\n`),
)

test('nothing is said of faults and limits that there are not', () =>
  expect(banner({})).not.toMatch(/Faults|X-Test-Pattern|429|SIGTERM|Certificate|key you gave/))
