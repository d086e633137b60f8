// The official SDK as a client: what it accepts is what users can rely on.
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import OpenAI, { NotFoundError } from 'openai'
import { chunkTexts } from '../src/apis/words.ts'
import { type Launched, launchInProcess } from './_helpers.ts'

const request = { model: 'mock-model', messages: [{ role: 'user' as const, content: 'Hi' }] }
const defaultText = chunkTexts({ chunkBytes: 0, stamp: false }).slice(0, 18).join('')

let server: Launched
let empty: Launched
let client: OpenAI
beforeAll(async () => {
  server = await launchInProcess({ chunkDelayMs: '2' })
  empty = await launchInProcess({ chunkCount: '0', chunkDelayMs: '0' })
  client = clientOf(server)
})
afterAll(() => Promise.all([server.stop(), empty.stop()]))

function clientOf({ url }: Launched, path = '/v1'): OpenAI {
  return new OpenAI({ baseURL: url + path, apiKey: 'mock', maxRetries: 0 })
}

describe('the official openai SDK', () => {
  test.each(['/v1', ''])('streams with create({ stream: true }) under %p', async (path) => {
    const stream = await clientOf(server, path).chat.completions.create({ ...request, stream: true })
    const chunks = await Array.fromAsync(stream)
    expect(chunks).toHaveLength(19)
    expect(chunks.map((chunk) => chunk.choices[0]?.delta.content ?? '').join('')).toBe(defaultText)
    expect(chunks.at(-1)?.choices[0]?.finish_reason).toBe('stop')
    expect(new Set(chunks.map(({ id, created, model }) => `${id} ${created} ${model}`)).size).toBe(1)
  })

  test('streams with the .stream() helper', async () => {
    const completion = await client.chat.completions.stream(request).finalChatCompletion()
    expect(completion.choices[0]).toMatchObject({
      finish_reason: 'stop',
      message: { role: 'assistant', content: defaultText },
    })
  })

  test('takes an empty completion', async () => {
    const completion = await clientOf(empty).chat.completions.stream(request).finalChatCompletion()
    expect(completion.choices[0]).toMatchObject({ finish_reason: 'stop', message: { role: 'assistant' } })
  })

  test('lists and retrieves models', async () => {
    const models = await Array.fromAsync(await client.models.list())
    expect(models.map(({ id }) => id)).toEqual(['mock-model'])
    expect(await client.models.retrieve('mock-model')).toEqual(models[0]!)
  })

  test('sees a 404 as its own error type', async () => {
    const thrown = await client.models.retrieve('gpt-nowhere').catch((error: unknown) => error)
    expect(thrown).toBeInstanceOf(NotFoundError)
    expect(thrown).toMatchObject({ status: 404, code: 'model_not_found', param: 'model' })
  })
})
