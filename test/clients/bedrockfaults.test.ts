// What AWS's own SDK makes of faults.
import { describe, expect, test } from 'bun:test'
import {
  BedrockRuntimeClient,
  BedrockRuntimeServiceException,
  ConverseCommand,
  ConverseStreamCommand,
  type ConverseStreamOutput,
  InvokeModelCommand,
  InvokeModelWithResponseStreamCommand,
} from '@aws-sdk/client-bedrock-runtime'
import { asked, body, failure, streamed, textIn, useClients, ways } from './_bedrock.ts'
import { text, useServer } from './_servers.ts'

describe.each(ways)('engine $engine, $version', ({ engine, version }) => {
  const faulty = useServer({ engine, honor: 'fault', retryAfterMs: '5' })
  const clientOf = useClients(version)

  test.each([
    [400, 'ValidationException', 'client'],
    [401, 'UnrecognizedClientException', undefined],
    [403, 'AccessDeniedException', 'client'],
    [404, 'ResourceNotFoundException', 'client'],
    [408, 'ModelTimeoutException', 'client'],
    [424, 'ModelErrorException', 'client'],
    [429, 'ThrottlingException', 'client'],
    [500, 'InternalServerException', 'server'],
    [503, 'ServiceUnavailableException', 'server'],
    [504, 'InternalServerException', 'server'],
  ])('%d is %s', async (status, name, fault) => {
    for (const send of [
      (client: BedrockRuntimeClient) => client.send(new ConverseCommand(asked)),
      (client: BedrockRuntimeClient) => client.send(new ConverseStreamCommand(asked)),
      (client: BedrockRuntimeClient) => client.send(new InvokeModelCommand({ modelId: 'm', body })),
    ]) {
      const error = await failure(send(clientOf(faulty, { pattern: `status:${status}` })))
      expect(error).toBeInstanceOf(BedrockRuntimeServiceException)
      expect(error).toMatchObject({ name, $metadata: { httpStatusCode: status } })
      if (fault !== undefined) expect(error).toMatchObject({ $fault: fault })
      expect(error.message.length).toBeGreaterThan(5)
    }
  })

  test.each([
    [500, 3],
    [503, 3],
    [400, 1],
    [403, 1],
  ])('%d is tried %d times', async (status, attempts) => {
    const error = await failure(
      clientOf(faulty, { pattern: `status:${status}`, maxAttempts: 3 }).send(new ConverseCommand(asked)),
    )
    expect(error).toMatchObject({ $metadata: { attempts } })
  })

  describe('a script', () => {
    const scripted = useServer({ engine, fault: 'status:429x2,ok', retryAfterMs: '5' })
    test('succeeds at the third attempt', async () => {
      const client = clientOf(scripted, { maxAttempts: 3 })
      const { output, $metadata } = await client.send(new ConverseCommand(asked))
      expect([output!.message!.content, $metadata.attempts]).toEqual([[{ text }], 3])
    })
  })

  test.each(['error:0', 'error:3'])(
    '%s: an exception in the stream, after what came before it',
    async (pattern) => {
      const { stream } = await clientOf(faulty, { pattern }).send(new ConverseStreamCommand(asked))
      const events: ConverseStreamOutput[] = []
      const reading = (async () => {
        for await (const event of stream!) events.push(event)
      })()
      expect(await failure(reading)).toMatchObject({
        name: 'ModelStreamErrorException',
        message: expect.stringContaining('The server had an error'),
      })
      expect(events.filter(({ contentBlockDelta }) => contentBlockDelta)).toHaveLength(
        Number(pattern.slice(-1)),
      )
      const invoked = await clientOf(faulty, { pattern }).send(
        new InvokeModelWithResponseStreamCommand({ modelId: 'm', body }),
      )
      expect(await failure(Array.fromAsync(invoked.body!))).toMatchObject({
        name: 'ModelStreamErrorException',
      })
    },
  )

  test.each(['garbage:3', 'truncate-event:3', 'abort:3', 'refuse'])('%s raises', async (pattern) => {
    expect(await failure(streamed(clientOf(faulty, { pattern })))).toBeInstanceOf(Error)
  })

  test.each(['split:1', 'split:7', 'merge:5', 'slow:200000', 'stall:3:20'])(
    '%s reads the same',
    async (pattern) => expect(textIn(await streamed(clientOf(faulty, { pattern })))).toBe(text),
  )

  test.each(['end:3', 'no-done', 'no-finish'])(
    '%s: whatever there is, and nothing that tells the end',
    async (pattern) => {
      const events = await streamed(clientOf(faulty, { pattern }))
      expect(events.filter(({ messageStop, metadata }) => messageStop && metadata)).toEqual([])
      expect(text).toStartWith(textIn(events))
    },
  )
})
