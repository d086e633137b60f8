// AWS's own clients of Bedrock: over HTTP/2, as they come, and over HTTP/1.1, which is all that engine `socket` has.
import { afterAll, expect } from 'bun:test'
import {
  BedrockRuntimeClient,
  type BedrockRuntimeClientConfig,
  type ConverseCommandInput,
  ConverseStreamCommand,
  type ConverseStreamOutput,
} from '@aws-sdk/client-bedrock-runtime'
import { NodeHttpHandler } from '@smithy/node-http-handler'
import { engines, promises } from '../_helpers.ts'

export const MODEL = 'anthropic.claude-3-5-sonnet-20241022-v2:0'
export const ARN = `arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.${MODEL}`
export const asked: ConverseCommandInput = {
  modelId: MODEL,
  messages: [{ role: 'user', content: [{ text: 'Hi' }] }],
}
/** The same for a model that is invoked. */
export const body = JSON.stringify({
  anthropic_version: 'bedrock-2023-05-31',
  max_tokens: 100,
  messages: [{ role: 'user', content: 'Hi' }],
})

type Version = 'HTTP/2' | 'HTTP/1.1'

/** Each engine with each version that it speaks. */
export const ways = engines.flatMap((engine) =>
  (['HTTP/2', 'HTTP/1.1'] as const)
    .filter((version) => version === 'HTTP/1.1' || promises[engine].http2)
    .map((version) => ({ engine, version })),
)

/** What a client is made with. */
export function configOf(version: Version, url: string): BedrockRuntimeClientConfig {
  return {
    region: 'eu-west-1',
    endpoint: url,
    credentials: { accessKeyId: 'mock', secretAccessKey: 'anything' },
    maxAttempts: 1,
    ...(version === 'HTTP/1.1' && { requestHandler: new NodeHttpHandler() }),
  }
}

interface Given {
  readonly maxAttempts?: number
  /** What goes wrong with every reply. */
  readonly pattern?: string
}

/** Makes clients of one group of tests, and ends them after it. */
export function useClients(
  version: Version,
): (server: { readonly url: string }, given?: Given) => BedrockRuntimeClient {
  const made: BedrockRuntimeClient[] = []
  afterAll(() => {
    for (const client of made) client.destroy()
  })
  return ({ url }, { maxAttempts = 1, pattern } = {}) => {
    const client = new BedrockRuntimeClient({ ...configOf(version, url), maxAttempts })
    made.push(client)
    if (pattern === undefined) return client
    client.middlewareStack.add(
      (next) => (args) => {
        const { headers } = args.request as { headers: Record<string, string> }
        headers['x-test-pattern'] = pattern
        return next(args)
      },
      { step: 'build' },
    )
    return client
  }
}

export async function streamed(client: BedrockRuntimeClient, input = asked): Promise<ConverseStreamOutput[]> {
  return Array.fromAsync((await client.send(new ConverseStreamCommand(input))).stream!)
}

export function textIn(events: readonly ConverseStreamOutput[]): string {
  return events.map((event) => event.contentBlockDelta?.delta?.text ?? '').join('')
}

export function failure(promise: Promise<unknown>): Promise<Error> {
  return promise.then(
    (value) => expect.unreachable(`it gave ${JSON.stringify(value)}`),
    (error: Error) => error,
  )
}
