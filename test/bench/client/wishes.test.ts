// From options to what is asked for, with the files that they name.
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { join } from 'node:path'
import tls from 'node:tls'
import { settleWishes } from '../../../src/bench/client/wishes.ts'
import type { Wishes } from '../../../src/bench/client/target.ts'
import { readCalibrateConfig } from '../../../src/config/calibrate.ts'
import { RunError } from '../../../src/config/errors.ts'
import { temporaryFolder } from '../../_helpers.ts'
import { wishesOf } from '../_results.ts'
import { certify } from './_links.ts'

const folder = temporaryFolder()
afterAll(() => folder.remove())
const [body, pem, nothing] = ['body.json', 'ca.pem', 'nothing'].map((name) => join(folder.path, name)) as [
  string,
  string,
  string,
]
let cert: string
beforeAll(async () => {
  cert = (await certify('127.0.0.1')).cert
  await Promise.all([Bun.write(body, '{"x":"é"}\n'), Bun.write(pem, `# ours\n${cert}`)])
})

function settle(
  flags: Readonly<Record<string, string>>,
  environment: Readonly<Record<string, string>> = {},
  path = '/v1/chat/completions',
): Wishes {
  const url = `https://h${path}`
  return settleWishes(readCalibrateConfig({ url, ...flags }, {}), new URL(url), environment)
}

const usual = wishesOf({ model: 'mock-model' })

test.each([
  ['nothing', {}, {}],
  ['a format', { format: 'gemini' }, { format: 'gemini' }],
  ['a model', { model: 'x' }, { model: 'x' }],
  [
    'headers',
    { header: 'A: b\nC: d' },
    {
      headers: [
        ['A', 'b'],
        ['C', 'd'],
      ],
    },
  ],
  ['whole answers', { whole: 'true' }, { isWhole: true }],
  ['HTTP/2', { http2: 'true' }, { isHttp2: true }],
  ['any certificate', { insecure: 'true' }, { isInsecure: true }],
  ['a body', { body }, { body: '{"x":"é"}\n' }],
] as [string, Record<string, string>, object][])('with %s', (_, flags, change) => {
  expect(settle(flags)).toEqual({ ...usual, ...change } as Wishes)
})

test('with authorities: the well-known ones count too', () => {
  expect(settle({ cacert: pem }).ca).toBe([...tls.rootCertificates, `# ours\n${cert}`].join('\n'))
})

test('the format is that of the path, if none is given', () => {
  expect(settle({}, {}, '/v1/messages').format).toBe('messages')
  expect(settle({ format: 'chat' }, {}, '/v1/messages').format).toBe('chat')
  expect(settle({}, {}, '/anything').format).toBe('chat')
})

test('of the environment only the keys are taken', () => {
  const environment = { OPENAI_API_KEY: 'o', ANTHROPIC_API_KEY: 'a', GEMINI_API_KEY: 'g', SECRET: 's' }
  const { SECRET: _, ...keys } = environment
  expect(settle({}, environment).keys).toEqual(keys)
})

describe('what is refused', () => {
  test.each([
    ['a body that is not there', { body: nothing }, `cannot read --body ${nothing}: ENOENT`],
    ['a folder for a body', { body: folder.path }, `cannot read --body ${folder.path}: EISDIR`],
    ['authorities that are not there', { cacert: nothing }, `cannot read --cacert ${nothing}: ENOENT`],
    ['no PEM', { cacert: body }, `cannot use --cacert ${body}: there is no PEM of a certificate in it`],
  ] as [string, Record<string, string>, string][])('%s', (_, flags, message) => {
    const settling = (): Wishes => settle(flags)
    expect(settling).toThrow(RunError)
    expect(settling).toThrow(message)
  })
})
