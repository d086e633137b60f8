// Files in a change: those that were named at the start, and no others.
import { describe, expect, test } from 'bun:test'
import { readConfigFile } from '../../src/config/configfile.ts'
import { readRules } from '../../src/config/rulesfile.ts'
import { refuseUnknownFiles } from '../../src/server/knownfiles.ts'

const yaml =
  '- then: {text: Hello}\n- name: slow\n  then: {text: Hi, chunk-delay-ms: 5}\n- then: {fault: abort:9}\n'

async function refusalOf(config: string): Promise<string> {
  const known = { texts: { 'a.txt': 'x', '-': 'y' }, rules: { 'r.yaml': await readRules(yaml, 'r.yaml') } }
  try {
    refuseUnknownFiles(
      await readConfigFile(`reply: auto\n${config}`, 'c', { flags: {}, environment: {} }),
      known,
    )
    return ''
  } catch (thrown) {
    return String(thrown)
  }
}

describe('files of a change', () => {
  test.each<[string]>([
    ['text: words'],
    ['text: "@a.txt"'],
    ['text: "@-"'],
    ['replies: r.yaml\nchunk-count: 10'],
    ['upstreams: [{name: a, text: "@a.txt", prefix: /a}, {name: b, phases: [{after: 1s, replies: r.yaml}]}]'],
  ])('%j is taken', async (config) => expect(await refusalOf(config)).toBe(''))

  test.each<[string, string]>([
    ['text: "@/etc/passwd"', '--text @/etc/passwd was not given at the start: a change takes no other files'],
    ['text: "@./a.txt"', '--text @./a.txt was not given at the start'],
    ['text: "@r.yaml"', '--text @r.yaml was not given at the start'],
    ['text: "@constructor"', '--text @constructor was not given at the start'],
    ['replies: "-"', '--replies - was not given at the start'],
    ['replies: a.txt', '--replies a.txt was not given at the start'],
    ['replies: __proto__', '--replies __proto__ was not given at the start'],
    [
      'replies: r.yaml\nphases: [{after: 1s, replies: s.yaml}]',
      '--replies s.yaml was not given at the start',
    ],
    ['replies: r.yaml\nchunk-count: 3', 'r.yaml: rule 3 (line 4): --fault: '],
    [
      'replies: r.yaml\nchunk-delay-jitter: quantiles:1/2/3/4',
      'r.yaml: slow: --chunk-delay-ms 5 contradicts --chunk-delay-jitter',
    ],
  ])('%j: %s', async (config, message) =>
    expect(await refusalOf(config)).toStartWith(`UsageError: ${message}`),
  )
})
