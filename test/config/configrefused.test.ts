// What is told of a configuration file that is not as it should be.
import { describe, expect, test } from 'bun:test'

import { refusalOf } from './_configfile.ts'

describe('what is not accepted', () => {
  const one = (more: string): string => `upstreams:\n  - {name: a, prefix: /a}\n  - ${more}\n`

  test.each([
    ['', 'c.yaml:1:1: is empty'],
    ['# nothing\n', 'c.yaml:1:1: is empty'],
    ['[]', 'c.yaml:1:1: a configuration takes a mapping'],
    [
      'chunk-delya-ms: 3',
      "c.yaml:1:1: a configuration does not accept 'chunk-delya-ms': did you mean chunk-delay-ms?",
    ],
    [
      'chunkDelayMs: 3',
      "c.yaml:1:1: a configuration does not accept 'chunkDelayMs': did you mean chunk-delay-ms?",
    ],
    ['port: 3', "c.yaml:1:1: a configuration does not accept 'port': did you mean listen?"],
    ['config: other.yaml', "c.yaml:1:1: a configuration does not accept 'config'"],
    [
      'quiet: yes\nttft-ms: fast',
      "c.yaml:2:10: ttft-ms does not accept 'fast': it takes milliseconds from 0",
    ],
    ['ttft-ms: {a: 1}', 'c.yaml:1:10: ttft-ms takes one value, not a mapping'],
    ['ttft-ms:', 'c.yaml:1:9: ttft-ms takes one value, not nothing'],
    ['ttft-ms: 30\npreamble-ms: 40', 'c.yaml:2:1: preamble-ms 40 lies behind ttft-ms 30'],
    ['ttft-ms: &a 3\nseed: *b', 'c.yaml:2:7: *b stands for nothing'],
    ['upstreams: &a [*a]', 'c.yaml:1:16: *a stands within what it stands for'],
    [
      'x-base: &b {ttft-ms: fast}\nupstreams: [{<<: *b, name: a}]',
      "c.yaml:1:22: ttft-ms does not accept 'fast'",
    ],
    [
      'x-base: &b {ttft-sm: 3}\nupstreams: [{<<: *b, name: a}]',
      "c.yaml:1:13: an upstream does not accept 'ttft-sm'",
    ],
    ['X-base: 3', "c.yaml:1:1: a configuration does not accept 'X-base'"],
    ['upstreams: [{name: a, x-base: 3}]', "c.yaml:1:23: an upstream does not accept 'x-base'"],
    ['upstreams: [{<<: 3, name: a}]', 'c.yaml:1:18: << takes a mapping or a list of mappings'],
    [
      'seed: 3\nfault: status: 503',
      'c.yaml:2:8: is not YAML or JSON: Nested mappings are not allowed in compact mappings: put a value with a colon into quotes',
    ],
    [
      'upstreams: [{name: a, fault: status: 503}]',
      'c.yaml:1:30: is not YAML or JSON: Block collections are not allowed within flow collections: put a value with a colon into quotes',
    ],
    [
      'workers: 2\nupstreams: [{name: a, rate-limit: 1/s}]',
      'c.yaml:2:23: rate-limit 1 cannot be shared by workers 2: each needs a part of it',
    ],
    [
      'workers: 4\nphases: [{after: 1s}, {after: 2s, max-open: 3}]',
      'c.yaml:2:35: max-open 3 cannot be shared by workers 4',
    ],
    ['workers: 2\nsessions: 3', 'c.yaml:2:1: sessions 3 with workers 2: workers share nothing'],
    ['upstreams: 3', 'c.yaml:1:12: upstreams takes a list'],
    ['upstreams: []', 'c.yaml:1:12: upstreams takes at least one'],
    ['upstreams: [{prefix: /a}]', 'c.yaml:1:13: an upstream needs a name'],
    ['upstreams: [{name: a b}]', "c.yaml:1:20: name does not accept 'a b'"],
    [
      'upstreams: [{name: a, prefix: a}]',
      "c.yaml:1:31: prefix does not accept 'a': it takes a path as in /slow",
    ],
    ['upstreams: [{name: a, prefix: /a/}]', "c.yaml:1:31: prefix does not accept '/a/'"],
    [
      'api-key: "geheim key"',
      'c.yaml:1:10: api-key does not accept what was given: it takes printable ASCII',
    ],
    [
      'phases: [{after: 1, api-key: geheim key}]',
      'c.yaml:1:30: api-key does not accept what was given: it takes',
    ],
    [
      'api-key: (set)',
      'c.yaml:1:10: api-key does not accept what was given: it takes a key, and (set) is what is told in place of one',
    ],
    ['model: "\\ud800"', 'c.yaml:1:8: model has half a surrogate pair, which UTF-8 cannot hold'],
    [
      'upstreams: [{name: a, prefix: /..}]',
      "c.yaml:1:31: prefix does not accept '/..': it takes a path without . and ..",
    ],
    [
      'upstreams: [{name: a, prefix: /a/./b}]',
      "c.yaml:1:31: prefix does not accept '/a/./b': it takes a path without",
    ],
    [
      'upstreams: [{name: a, prefix: /.}]',
      "c.yaml:1:31: prefix does not accept '/.': it takes a path without",
    ],
    [
      'upstreams: [{name: a, prefix: /../a}]',
      "c.yaml:1:31: prefix does not accept '/../a': it takes a path without",
    ],
    ['upstreams: [{name: a, prefix: //}]', "c.yaml:1:31: prefix does not accept '//'"],
    ['upstreams: [{name: a, prefix: /a//b}]', "c.yaml:1:31: prefix does not accept '/a//b'"],
    ['upstreams: [{name: a, prefix: /%61}]', "c.yaml:1:31: prefix does not accept '/%61'"],
    ['upstreams: [{name: a, prefix: /grün}]', "c.yaml:1:31: prefix does not accept '/grün'"],
    ['upstreams: [{name: a, prefix: "/a b"}]', "c.yaml:1:31: prefix does not accept '/a b'"],
    [
      'upstreams: [{name: a, prefix: /stats}]',
      "c.yaml:1:31: prefix does not accept '/stats': it takes a path that is not the program's own",
    ],
    [
      'upstreams: [{name: a, workers: 2}]',
      'c.yaml:1:23: workers goes for the whole program: put it at the top of the file',
    ],
    ['upstreams: [{name: a, listen: x}]', "c.yaml:1:31: listen does not accept 'x'"],
    [
      'upstreams: [{name: a, listen: none}]',
      "c.yaml:1:31: listen does not accept 'none': it takes an address, as in :9002; without listen an upstream is at that of the program",
    ],
    ['seed: 1\nlisten: none', 'c.yaml:2:1: listen none needs --socket: there is nothing to listen on'],
    [
      'listen: none\nupstreams: [{name: a, listen: :1}, {name: b}]',
      'c.yaml:1:1: listen none needs --socket: there is nothing to listen on for b',
    ],
    [
      'listen: none\nsocket: /s\nworkers: 2\nupstreams: [{name: a, listen: :1}, {name: b}]',
      'c.yaml:1:1: listen none with workers 2: a socket is served by one worker',
    ],
    [
      'seed: 1\nsocket: /s\nupstreams: [{name: a, listen: :1}, {name: b, listen: :2}]',
      'c.yaml:2:1: socket /s would answer nobody: it is for upstreams without an address of their own, and each has one',
    ],
    [
      'listen: none\nsocket: /s\nupstreams: [{name: a, listen: :1}]',
      'c.yaml:2:1: socket /s would answer nobody',
    ],
    [
      'upstreams: [{name: a, listen: 127.1:7}, {name: b, listen: 127.0.0.1:7}]',
      'c.yaml:1:41: cannot be told from a, which has no prefix and the same address',
    ],
    [
      'upstreams: [{name: a, listen: "[::1]:7"}, {name: b, listen: "[0:0:0:0:0:0:0:1]:7"}]',
      'c.yaml:1:43: cannot be told from a, which has no prefix and the same address',
    ],
    [
      'upstreams: [{name: a, listen: LOCALHOST:7}, {name: b, listen: localhost:7}]',
      'c.yaml:1:45: cannot be told from a, which has no prefix and the same address',
    ],
    [
      'upstreams: [{name: a, listen: 0:7}, {name: b, listen: 127.0.0.1:7}]',
      'c.yaml:1:37: cannot be told from a, since 127.0.0.1:7 and 0.0.0.0:7 are one port of this host',
    ],
    ['tls: true\nlisten: none\nsocket: /s', 'c.yaml:2:1: listen none leaves nothing to serve TLS on'],
    [
      'listen: none\nsocket: /s\nupstreams: [{name: a}, {name: a, prefix: /a}]',
      "c.yaml:3:24: is the second upstream with the name 'a'",
    ],
    [
      'listen: none\nsocket: /s\nupstreams: [{name: a}, {name: b}]',
      'c.yaml:3:24: cannot be told from a, which has no prefix and the same address',
    ],
    [
      'listen: 127.0.0.1:1\nupstreams: [{name: a, listen: :1}, {name: b}]',
      'c.yaml:2:36: cannot be told from a, since 127.0.0.1:1 and 0.0.0.0:1 are one port of this host: give one of them another port, or both the same address',
    ],
    [
      'listen: 127.0.0.1:1\nupstreams: [{name: a, prefix: /a}, {name: b, prefix: /b, listen: "[::]:1"}]',
      'c.yaml:2:36: cannot be told from a, since [::]:1 and 127.0.0.1:1 are one port',
    ],
    [
      'listen: :1\nupstreams: [{name: a}, {name: b, listen: "[::]:1"}]',
      'c.yaml:2:24: cannot be told from a, since [::]:1 and 0.0.0.0:1 are one port',
    ],
    [one('{name: a, prefix: /b}'), "c.yaml:3:5: is the second upstream with the name 'a'"],
    [
      one('{name: b, prefix: /a}'),
      'c.yaml:3:5: cannot be told from a, which has the same prefix /a at the same address',
    ],
    [one('{name: b, prefix: /a/b}'), 'c.yaml:3:5: cannot be told from a: the prefix /a/b lies within /a'],
    [
      one('{name: b}\n  - {name: c}'),
      'c.yaml:4:5: cannot be told from b, which has no prefix and the same address',
    ],
    ['any-prefix: true', 'c.yaml:1:1: any-prefix changes nothing: no upstream has a prefix'],
    ['phases: {after: 1s}', 'c.yaml:1:9: phases takes a list'],
    ['phases: []', 'c.yaml:1:9: phases takes a list'],
    ['phases: [{fault: hang}]', 'c.yaml:1:10: a phase needs after'],
    [
      'phases: [{after: 2s}, {after: 1s}]',
      'c.yaml:1:24: after 1 s is not behind the 2 s of what comes before it',
    ],
    ['phases: [{after: 2s}, {after: 2s}]', 'c.yaml:1:24: after 2 s is not behind the 2 s'],
    [
      'phases: [{after: 2s, workers: 2}]',
      'c.yaml:1:22: workers goes for the whole program: put it at the top of the file',
    ],
    [
      'upstreams: [{name: a, phases: [{after: 2s, listen: none}]}]',
      'c.yaml:1:44: listen goes for the whole program: put it at the top of the file',
    ],
    [
      'ramp: {over: 5s, workers: [1, 2]}',
      'c.yaml:1:18: workers goes for the whole program: put it at the top of the file',
    ],
    ['phases: [after]', "c.yaml:1:10: a phase takes a mapping, not the text 'after'"],
    ['phases: [{after: 2s, workesr: 2}]', "c.yaml:1:22: a phase does not accept 'workesr'"],
    [
      'phases: [{after: 1s, ramp: {over: 5s, ttft-ms: [1, 2]}}, {after: 2s}]',
      'c.yaml:1:59: after 2 s is not behind the 6 s',
    ],
    ['loop: true', 'c.yaml:1:1: loop needs phases'],
    ['loop: true\nphases: [{after: 0}]', 'c.yaml:2:1: loop needs two phases'],
    [
      'loop: true\nphases: [{after: 0}, {after: 9, fault: hang}]',
      'c.yaml:2:22: says when the first phase begins again',
    ],
    ['ramp: {over: 5s}', 'c.yaml:1:7: a ramp needs an option and two values'],
    ['ramp: {ttft-ms: [1, 2]}', 'c.yaml:1:7: a ramp needs over'],
    ['ramp: {over: 5s, ttft-ms: 2}', 'c.yaml:1:27: ttft-ms of a ramp takes two values'],
    ['ramp: {over: 5s, fault: [a, b]}', "c.yaml:1:18: a ramp does not accept 'fault'"],
    ['ramp: {over: 1ms, steps: 9, ttft-ms: [1, 2]}', 'c.yaml:1:8: over 1 ms is too short for 9 steps'],
    ['ramp: {over: 5s, ttft-ms: [1, 2]}\nphases: [{after: 0}]', 'c.yaml:1:1: ramp contradicts phases'],
  ])('%s', async (text, message) => {
    expect(await refusalOf(text)).toStartWith(`UsageError: ${message}`)
  })

  test('what a flag makes impossible is told of the flag', async () => {
    const refusal = await refusalOf('ttft-ms: 30', { flags: { preambleMs: '40' } })
    expect(refusal).toStartWith('UsageError: c.yaml:1:1: --preamble-ms 40 lies behind ttft-ms 30')
    const shared = await refusalOf('upstreams: [{name: a, rate-limit: 1/s}]', { flags: { workers: '2' } })
    expect(shared).toStartWith('UsageError: c.yaml:1:23: rate-limit 1 cannot be shared by --workers 2')
    expect(await refusalOf('seed: 3', { flags: { preambleMs: '400' } })).toStartWith(
      'UsageError: --preamble-ms 400',
    )
  })

  test('a file of 10 MB, and more upstreams than there is room for', async () => {
    const startedMs = performance.now()
    const huge = `seed: 1\n${'# a comment that says nothing\n'.repeat(350_000)}`
    expect(await refusalOf(huge)).toBe('accepted')
    expect(await refusalOf(`upstreams: [${'{name: a},'.repeat(257)}]`)).toContain('at most 256 are served')
    expect(performance.now() - startedMs).toBeLessThan(20_000)
  })

  const ramp = (after: number, steps: number): string =>
    `{after: ${after}s, ramp: {over: 900ms, steps: ${steps}, ttft-ms: [0, 100]}}`
  const ramps = (count: number, steps: number): string =>
    Array.from({ length: count }, (_, i) => ramp(i, steps)).join()

  test.each([
    [`phases: [${ramps(300, 900)}]`, 'c.yaml:1:92: comes to more than 1000 phases up to here'],
    [`phases: [${ramps(2, 499)}]`, 'accepted'],
    [`phases: [${ramp(0, 499)}, ${ramp(1, 500)}]`, ': comes to more than 1000 phases up to here'],
    [`phases: [${ramps(2, 499)}, {after: 1h}]`, ': comes to more than 1000 phases up to here'],
    ['ramp: {over: 10s, steps: 1000, ttft-ms: [0, 1]}', 'c.yaml:1:26: steps does not accept'],
    ['ramp: {over: 10s, steps: 999, ttft-ms: [0, 1]}', 'accepted'],
    [
      `phases: [${ramps(1, 900)}]\nupstreams: [${Array.from({ length: 256 }, (_, i) => `{name: u${i}, prefix: /${i}}`).join()}]`,
      'c.yaml:2:268: comes to more than 10000 phases with those before it',
    ],
  ])('phases are counted while they are read: %#', async (text, expected) => {
    const startedMs = performance.now()
    expect(await refusalOf(text)).toContain(expected)
    expect(performance.now() - startedMs).toBeLessThan(10_000)
  })
})
