// An SSE parser that nobody here has written reads every event stream.
import { describe, expect, test } from 'bun:test'
import { createParser, type EventSourceMessage } from 'eventsource-parser'
import { CHUNKS, useServer } from './_servers.ts'
import { engines } from '../_helpers.ts'

describe.each(engines)('engine %s', (engine) => {
  const server = useServer({ engine, reply: 'stream' })

  test.each([
    ['/v1/chat/completions', CHUNKS + 2],
    ['/v1/completions', CHUNKS + 2],
    ['/v1/responses', CHUNKS + 8],
    ['/v1/messages', CHUNKS + 6],
    ['/v1beta/models/any:streamGenerateContent?alt=sse', CHUNKS + 1],
    ['/openai/deployments/any/chat/completions', CHUNKS + 2],
  ])('%s has %d events, all of them JSON but [DONE]', async (path, count) => {
    const events: EventSourceMessage[] = []
    const problems: unknown[] = []
    const parser = createParser({
      onEvent: (event) => events.push(event),
      onError: (error) => problems.push(error),
      onRetry: (retry) => problems.push(retry),
      onComment: (comment) => problems.push(comment),
    })
    const response = await fetch(server.url + path, { method: 'POST', body: '{}' })
    for await (const bytes of response.body!) parser.feed(new TextDecoder().decode(bytes))
    expect(problems).toEqual([])
    expect(events).toHaveLength(count)
    for (const { event, data } of events) {
      if (data === '[DONE]') continue
      const { type } = JSON.parse(data) as { type?: string }
      expect(event).toBe(type) // formats with named events repeat the name inside
    }
  })
})
