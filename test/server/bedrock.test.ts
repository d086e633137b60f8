// What clients of Bedrock send that is odd: models of any name, signatures of any kind, and bodies that are no JSON.
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { chatRequest, engines, serveInProcess, withClient } from '../_helpers.ts'
import { messageOf } from '../../src/replies/eventstream.ts'
import type { Running } from '../../src/server/server.ts'

const VERBS = ['converse', 'converse-stream', 'invoke', 'invoke-with-response-stream']

describe.each(engines)('engine %s', (engine) => {
  let [auto, usual, guarded] = [] as unknown as [Running, Running, Running]
  beforeAll(() => {
    const flags = { engine, chunkCount: '2', chunkDelayMs: '0' }
    auto = serveInProcess({ ...flags, reply: 'auto' })
    usual = serveInProcess(flags)
    guarded = serveInProcess({ ...flags, apiKey: 'AKIAMOCK' })
  })
  afterAll(async () => void (await Promise.all([auto, usual, guarded].map((one) => one.stop(0)))))

  const post = (
    { port }: Running,
    target: string,
    body: string | Uint8Array = '{}',
    headers: Record<string, string> = {},
  ): Promise<Response> => fetch(`http://127.0.0.1:${port}${target}`, { method: 'POST', body, headers })

  /** What may stand in a path as it is (RFC 3986, 3.3). */
  const isRaw = (model: string): boolean => /^[\w\-.~!$&'()*+,;=:@/]+$/.test(model)

  const models = [
    'anthropic.claude-3-5-sonnet-20241022-v2:0',
    'arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/a1b2c3',
    'arn:aws-us-gov:bedrock:us-gov-west-1:1:provisioned-model/x/converse',
    ...Array.from({ length: 95 }, (_, i) => `a${String.fromCharCode(32 + i)}b`),
    'tab\tline\nnull\0',
    'Grüße 世界 👋🏽',
    'a//b',
    '100%25',
  ]

  test('a model may have every character, raw where it can be and percent-encoded', async () => {
    for (const model of models) {
      const response = await post(auto, `/model/${encodeURIComponent(model)}/invoke`)
      expect([model, response.status]).toEqual([model, 200])
      expect(await response.json()).toMatchObject({ model })
      if (!isRaw(model)) continue
      await withClient(auto, async ({ send, response: next }) => {
        await send(chatRequest('', '{}', `/model/${model}/invoke`))
        const { status, body } = await next()
        expect([model, status]).toEqual([model, 200])
        expect(JSON.parse(body)).toMatchObject({ model })
      })
    }
  })

  const credential = 'Credential=AKIAMOCK/20261122/us-east-1/bedrock/aws4_request'
  const signatures = [
    '',
    'AWS4-HMAC-SHA256',
    `AWS4-HMAC-SHA256 ${credential}, SignedHeaders=host;x-amz-date, Signature=${'0'.repeat(64)}`,
    `AWS4-HMAC-SHA256 ${credential}`,
    `AWS4-ECDSA-P256-SHA256 ${credential}, Signature=zz`,
    'Bearer bedrock-api-key-x',
    'Basic x',
    `AWS4-HMAC-SHA256 ${'='.repeat(4000)}`,
  ]

  test('no signature is checked; with --api-key the access key that one names is the key', async () => {
    for (const authorization of signatures) {
      const headers = { authorization, 'x-amz-date': 'yesterday', 'x-amz-content-sha256': 'x' }
      for (const verb of VERBS) expect((await post(auto, `/model/m/${verb}`, '{}', headers)).status).toBe(200)
      const refused = await post(guarded, '/model/m/converse', '{}', headers)
      const isKnown = authorization.startsWith(`AWS4-HMAC-SHA256 ${credential}`)
      expect([authorization, refused.status]).toEqual([authorization, isKnown ? 200 : 401])
      if (!isKnown) expect(refused.headers.get('x-amzn-errortype')).toBe('UnrecognizedClientException')
    }
  })

  const { bytes: message } = messageOf('{"messages":[]}', 'chunk')
  const bodies: readonly (readonly [string, Uint8Array | string])[] = [
    ['a message', message],
    ['a message that is cut', message.subarray(0, message.byteLength - 1)],
    ['the beginning of its length', message.subarray(0, 3)],
    ['a wrong checksum of its prelude', message.with(8, message[8]! ^ 1)],
    ['a wrong checksum', message.with(message.byteLength - 1, message.at(-1)! ^ 1)],
    ['a length of 4 GB', message.with(0, 255)],
    ['zeros', new Uint8Array(1000)],
    ['nothing', ''],
    ['half an object', '{"messages":['],
    ['a list', '[]'],
    ['a text', '"Hi"'],
  ]

  test.each(bodies)('a body that is %s gets AWS’s 400 where it is looked into', async (_, body) => {
    for (const verb of VERBS) {
      const refused = await post(auto, `/model/m/${verb}`, body)
      expect([refused.status, refused.headers.get('x-amzn-errortype')]).toEqual([400, 'ValidationException'])
      expect(await refused.json()).toEqual({ message: expect.stringMatching(/JSON/) })
      const ignored = await post(usual, `/model/m/${verb}`, body)
      expect(ignored.status).toBe(200)
      await ignored.arrayBuffer()
    }
  })

  test('paths say whether to stream, looked into or not', async () => {
    for (const server of [auto, usual])
      for (const verb of VERBS) {
        const response = await post(server, `/model/m/${verb}`, '{"stream":true}')
        const isStreamed = verb.endsWith('-stream')
        expect(response.headers.get('content-type')).toBe(
          isStreamed ? 'application/vnd.amazon.eventstream' : 'application/json',
        )
        await response.arrayBuffer()
      }
  })
})
