// What is dealt, without a socket: by the honoured header, by what the body asks for, by method and path.
import { describe, expect, test } from 'bun:test'
import type { Card } from '../../src/server/card.ts'
import { ask, cardOf, CHAT, headOf, lay, statusOf, type Table, textOf, withBody } from './_desk.ts'

describe('the honoured header', () => {
  const table = lay({ honor: 'fault', fault: 'status:500x1,ok', rateLimit: '1000/s' })
  const pattern = (text: string): Card => cardOf(ask(table, CHAT, { 'x-test-pattern': text }))

  test('picks a pattern, and the answer says so', () => {
    expect(pattern('status:503')).toMatchObject({
      reply: { status: 503 },
      extra: { 'X-Test-Pattern-Applied': 'status:503' },
    })
    expect(pattern('status:503').ledger).toBe(table.tally.ledger('status:503'))
  })

  test('and how much of a limit is left is said beside it', () => {
    const table = lay({ honor: 'fault', rateLimit: '3/s' })
    expect(cardOf(ask(table, CHAT, { 'x-test-pattern': 'status:503' })).extra).toMatchObject({
      'X-Test-Pattern-Applied': 'status:503',
      'x-ratelimit-remaining-requests': '2',
    })
  })

  test('what makes no difference is not said to be applied', () => {
    const card = cardOf(ask(table, '/v1/embeddings', { 'x-test-pattern': 'no-done' }))
    expect([card.ledger, card.extra?.['X-Test-Pattern-Applied']]).toEqual([null, undefined])
  })

  test.each([
    ['finish:length', CHAT, true],
    ['finish:length', '/v1/embeddings', false],
    ['delta:null', CHAT, true],
    ['delta:null', '/v1/messages', false],
    ['words', CHAT, false],
    ['code', CHAT, true],
    ['delta:null+crlf', '/v1/messages', true],
    ['delta:null+crlf', '/api/chat', true],
    ['delta:null+cr', '/api/chat', false],
    ['finish:eos', '/v1/responses', false],
  ])('another shape is said to be applied where there is one: %s on %s', (text, target, isApplied) => {
    const card = cardOf(ask(table, target, { 'x-test-pattern': text }))
    expect(card.extra?.['X-Test-Pattern-Applied']).toBe(isApplied ? text : undefined)
    expect(card.ledger !== null).toBe(isApplied)
  })

  test.each([
    ['nothing', ''],
    ['what is no pattern', 'nonsense'],
    ['what is no status', 'status:9'],
    ['what lies beyond the reply', 'abort:9'],
    ['9,000 letters', 'x'.repeat(9000)],
  ])('refuses %s', (_, text) => {
    const card = pattern(text)
    expect(card.reply.status).toBe(400)
    expect(textOf(card)).toContain('X-Test-Pattern')
    expect(textOf(card).length).toBeLessThan(1200)
  })

  test('takes nothing from the plan, and hundreds of patterns go round', () => {
    for (let i = 0; i < 300; i++)
      expect(pattern(`status:${400 + (i % 200)}`).reply.status).toBe(400 + (i % 200))
    expect([statusOf(ask(table)), statusOf(ask(table))]).toEqual([500, 200])
  })
})

describe('asks', () => {
  const round = (table: Table, models: readonly string[]): Card[] =>
    models.map((model) => withBody(ask(table), { model, stream: true }))

  test('the place in the circle belongs to route and pattern: thirty models get thirty different times', () => {
    const table = lay({ reply: 'auto', ttftJitter: 'quantiles:20/60/80/110' })
    const models = Array.from({ length: 30 }, (_, i) => `model-${i}`)
    const times = round(table, models).map(({ reply }) => reply.dueMs[0]!)
    const same = round(
      lay({ reply: 'auto', ttftJitter: 'quantiles:20/60/80/110' }),
      models.map(() => 'one'),
    )
    expect(new Set(times).size).toBeGreaterThan(25)
    expect(same.map(({ reply }) => reply.dueMs[0]!)).toEqual(times)
  })

  test('seventy models in a circle keep what sixty keep', () => {
    const table = lay({ reply: 'auto', profile: 'hosted-small', chunkCount: '181' })
    const models = Array.from({ length: 70 }, (_, i) => `model-${i}`)
    const first = round(table, models)
    for (let i = 0; i < 1023; i++)
      table.desk.match('POST', CHAT)(headOf('POST', CHAT, { 'content-length': '2' }))
    expect(first.map(textOf).every((text, i) => text.includes(`"model":"model-${i}"`))).toBe(true)
  })

  test('equal times are the same times, whoever asks', () => {
    const table = lay({ reply: 'auto', chunkDelayMs: '20' })
    const [one, two] = round(table, ['one', 'two'])
    expect(two!.reply.dueMs).toBe(one!.reply.dueMs)
    expect(two!.reply.frames[0]).not.toBe(one!.reply.frames[0])
  })

  test('no two asks share an answer', () => {
    const table = lay({ reply: 'auto' })
    const bodies = [
      {},
      { model: 'undefined' },
      { model: '1:a|1:b' },
      { model: '1:a', tools: [{ function: { name: '1:b' } }], tool_choice: 'required' },
      { stream: true },
      { stream: true, stream_options: { include_usage: true } },
      { n: 2 },
      { n: 2, stream: true },
      { max_tokens: 1 },
      { max_tokens: 40, ignore_eos: true },
      { max_tokens: 50, min_tokens: 1 },
      { messages: [{ role: 'user', content: 'five tokens of text' }] },
      { stop: ' world' },
      { response_format: { type: 'json_object' } },
      { tools: [{ function: { name: 'other' } }], tool_choice: 'required' },
    ]
    const texts = bodies.map((body) => textOf(withBody(ask(table), body)))
    expect(new Set(texts).size).toBe(bodies.length)
    expect(bodies.map((body) => textOf(withBody(ask(table), body)))).toEqual(texts)
  })

  test('what a path decides counts beside what a body does', () => {
    const table = lay({ reply: 'auto' })
    const streamed = [':generateContent', ':streamGenerateContent', ':streamGenerateContent?alt=sse'].map(
      (verb) => withBody(ask(table, `/v1beta/models/mine${verb}`), {}),
    )
    expect(streamed.map(({ reply }) => reply.framing)).toEqual([null, 'json-array', 'sse-crlf'])
    for (const card of streamed) expect(textOf(card)).toContain('"modelVersion":"mine"')
  })

  test('--strict-models refuses whatever is not there, also a name that looks like none', () => {
    const table = lay({ reply: 'auto', strictModels: 'true' })
    expect(withBody(ask(table), {}).reply.status).toBe(200)
    expect(withBody(ask(table), { model: 'undefined' }).reply.status).toBe(404)
    expect(withBody(ask(table), {}).reply.status).toBe(200)
  })

  test('embeddings: the limit counts the dimensions that are meant, given or not', () => {
    const table = lay({ reply: 'auto', embeddingDimensions: '16384' })
    const inputs = (count: number, more = {}): number =>
      withBody(ask(table, '/v1/embeddings'), { input: new Array(count).fill('a'), ...more }).reply.status
    expect(inputs(245)).toBe(400)
    expect(inputs(2, { dimensions: 8 })).toBe(200)
    expect(inputs(2048, { dimensions: 1 })).toBe(200)
  })

  test('tools that are only offered make no answer of their own', () => {
    const table = lay({ reply: 'auto' })
    const offer = (name: string): Card =>
      withBody(ask(table), { stream: true, tools: [{ function: { name } }] })
    expect(offer('a').reply).toBe(offer('b').reply)
  })
})

describe('routing', () => {
  const table = lay({ model: 'm,org/model,llama3:8b' })
  test.each([
    ['GET', '/v1/models/org/model', 200],
    ['GET', '/v1/models/llama3:8b', 200],
    ['GET', '/v1beta/models/llama3:8b', 200],
    ['GET', '/models/nothing', 404],
    ['HEAD', '/health', 200],
    ['POST', '/openai/deployments/any/thing/chat/completions', 200],
    ['POST', '/v1beta/models/org/model:generateContent', 200],
    ['POST', '/v1beta/models/m:nothing', 404],
    ['POST', '/v1beta/models/:generateContent', 405],
    ['GET', '/v1beta/models/m:generateContent', 404],
    ['PUT', '/v1/models/m', 405],
    ['DELETE', CHAT, 405],
    ['GET', '/', 200],
    ['HEAD', '/', 200],
    ['GET', '/readyz', 200],
    ['GET', '//', 404],
    ['GET', '', 404],
    ['POST', '/constructor', 404],
    ['GET', '/v1/models/\nx', 404],
    ['BREW', '/health', 405],
  ])('%s %j → %d', (method, path, status) => {
    expect(statusOf(ask(table, path, {}, method))).toBe(status)
  })

  test('a preflight is answered on every path, with --cors alone', () => {
    const open = lay({ cors: 'true' })
    const card = cardOf(ask(open, '/anything', { 'access-control-request-headers': 'x-a' }, 'OPTIONS'))
    expect(card.reply.status).toBe(204)
    expect(card.extra).toMatchObject({ 'Access-Control-Allow-Headers': 'x-a' })
    expect(statusOf(ask(table, CHAT, {}, 'OPTIONS'))).toBe(405)
  })
})
