// Who is let in and what is dealt, without a socket: rates, scripts, limits, keys, sizes, the honoured header, routing.
import { describe, expect, test } from 'bun:test'
import { type GivenFlags, readConfig } from '../../src/config/config.ts'
import type { RequestHead } from '../../src/apis/api.ts'
import type { BodyNeeded, Card, Choice } from '../../src/server/card.ts'
import { Complaints } from '../../src/server/complaints.ts'
import { createDesk, type Desk } from '../../src/server/desk.ts'
import type { Observation } from '../../src/server/observe.ts'
import { Tally } from '../../src/stats/tally.ts'
import { createdAt } from '../_helpers.ts'

interface Table {
  readonly desk: Desk
  readonly tally: Tally
  /** Lets time pass. */
  wait(ms: number): void
}

function lay(
  flags: GivenFlags,
  place = { index: 0, workers: 1 },
  observed: readonly Observation[] = [],
): Table {
  const config = readConfig({ chunkDelayMs: '0', chunkCount: '3', ...flags }, {})
  const tally = new Tally({ nowMs: 0, cpuMicros: 0, unixMs: 0 })
  let nowMs = 5000
  const clock = { now: () => nowMs, unixMs: () => 1_795_380_000_000 + nowMs }
  return {
    desk: createDesk({ config, createdAt }, observed, tally, place, clock, new Complaints(() => {})),
    tally,
    wait: (ms) => void (nowMs += ms),
  }
}

const CHAT = '/v1/chat/completions'

function headOf(method: string, target: string, headers: Readonly<Record<string, string>> = {}): RequestHead {
  const [path, query = ''] = target.split('?')
  return { method, path: path!, query, header: (name) => headers[name] ?? null }
}

function ask({ desk }: Table, target = CHAT, headers: Record<string, string> = {}, method = 'POST'): Choice {
  const head = headOf(method, target, { 'content-length': '2', ...headers })
  return desk.match(method, head.path)(head)
}

function cardOf(choice: Choice): Card {
  expect(choice.kind).toBe('card')
  return choice as Card
}

const statusOf = (choice: Choice): number => cardOf(choice).reply.status

function withBody(choice: Choice, body: unknown): Card {
  expect(choice.kind).toBe('body')
  return cardOf((choice as BodyNeeded).pick(new TextEncoder().encode(JSON.stringify(body))))
}

const textOf = ({ reply }: Card): string =>
  reply.frames.map((frame) => new TextDecoder().decode(frame)).join('')

const countBy = (statuses: readonly number[]): Record<number, number> =>
  Object.fromEntries(
    Map.groupBy(statuses, (status) => status)
      .entries()
      .map(([status, all]) => [status, all.length]),
  )

test('10,000 requests get their rates exactly, in any ten thousand that begin where the deck does', () => {
  const table = lay({ fault: 'status:500@2%,status:503@0.25%' })
  const statuses = Array.from({ length: 10_000 }, () => statusOf(ask(table)))
  expect(countBy(statuses)).toEqual({ 200: 9775, 500: 200, 503: 25 })
  table.desk.restart()
  expect(Array.from({ length: 10_000 }, () => statusOf(ask(table)))).toEqual(statuses)
})

test('a script is played in order, by route, whichever of its paths is asked and whatever for', () => {
  const table = lay({ fault: 'status:429x2,status:500,ok' })
  const paths = [CHAT, '/chat/completions', CHAT, CHAT, '/v1/messages', CHAT]
  expect(paths.map((path) => statusOf(ask(table, path)))).toEqual([429, 429, 500, 200, 429, 200])
  table.desk.restart()
  expect(statusOf(ask(table))).toBe(429)
})

test.each(['/health', '/v1/models', '/api/version'])('%s never fails and is never limited', (path) => {
  const table = lay({ fault: 'status:500', rateLimit: '1/s', honor: 'fault' })
  for (let i = 0; i < 5; i++)
    expect(statusOf(ask(table, path, { 'x-test-pattern': 'status:503' }, 'GET'))).toBe(200)
})

describe('limits', () => {
  test('a rate: the next is let in exactly when it is told', () => {
    const table = lay({ rateLimit: '100/s' })
    const statuses = Array.from({ length: 10_000 }, () => {
      table.wait(1)
      return statusOf(ask(table))
    })
    expect(countBy(statuses)).toEqual({ 200: 1000, 429: 9000 })
    for (let start = 0; start + 1000 <= statuses.length; start += 250)
      expect(statuses.slice(start, start + 1000).filter((status) => status === 200)).toHaveLength(100)
    const refused = cardOf(ask(table))
    expect(refused.reply.status).toBe(429)
    table.wait(Number(refused.reply.headers['retry-after-ms']))
    expect(statusOf(ask(table))).toBe(200)
  })

  test('headers of a card tell of the rate; the reply itself is the same for all', () => {
    const table = lay({ rateLimit: '3/s' })
    const [first, second] = [cardOf(ask(table)), cardOf(ask(table))]
    expect(first.extra).toMatchObject({ 'x-ratelimit-remaining-requests': '2' })
    expect(second.extra).toMatchObject({ 'x-ratelimit-remaining-requests': '1' })
    expect(second.reply).toBe(first.reply)
  })

  test('replies under way are counted by the tally', () => {
    const table = lay({ maxOpen: '2' })
    expect(statusOf(ask(table))).toBe(200)
    table.tally.open()
    table.tally.open()
    expect(statusOf(ask(table))).toBe(429)
    table.tally.complete()
    expect(statusOf(ask(table))).toBe(200)
  })

  test('several workers have parts that sum up to the whole', () => {
    const admitted = [0, 1, 2].map((index) => {
      const table = lay({ rateLimit: '10/s' }, { index, workers: 3 })
      return Array.from({ length: 20 }, () => statusOf(ask(table))).filter((status) => status === 200).length
    })
    expect(admitted).toEqual([4, 3, 3])
  })

  test('with auto it is the body that counts, when it is there', () => {
    const table = lay({ rateLimit: '1/s', reply: 'auto' })
    const [one, two] = [ask(table), ask(table)]
    expect(withBody(two, {}).reply.status).toBe(200)
    expect(withBody(one, {}).reply.status).toBe(429)
  })
})

describe('the key', () => {
  const table = lay({ apiKey: 'right', reply: 'auto' })
  const bearer = { authorization: 'Bearer right' }

  test.each([
    [CHAT, {}, 401],
    [`${CHAT}?key=wrong`, {}, 401],
    ['/v1/nothing', {}, 401],
    ['/v1/nothing', bearer, 404],
  ])('%s with %j: %d', (target, headers, status) =>
    expect(statusOf(ask(table, target, headers))).toBe(status),
  )

  test.each([
    [CHAT, bearer],
    [`${CHAT}?a=b&key=right`, {}],
    [CHAT, { 'x-api-key': 'right' }],
    [CHAT, { 'api-key': 'wrong', 'x-goog-api-key': 'right' }],
  ])('%s with %j is let in', (target, headers) => expect(ask(table, target, headers).kind).toBe('body'))

  test('a refusal is in the form of whoever is asked', () => {
    expect(textOf(cardOf(ask(table, '/v1/messages')))).toContain('authentication_error')
    const models = cardOf(ask(table, '/v1/models', { 'x-goog-api-key': 'no' }, 'GET'))
    expect(textOf(models)).toContain('UNAUTHENTICATED')
  })

  test('health is open', () => expect(statusOf(ask(table, '/health', {}, 'GET'))).toBe(200))
})

describe('sizes', () => {
  test.each([
    ['100', 200],
    ['101', 413],
    ['9'.repeat(30), 413],
  ])('a body of %s bytes: %d', (length, status) =>
    expect(statusOf(ask(lay({ maxBodyBytes: '100' }), CHAT, { 'content-length': length }))).toBe(status),
  )

  test('without a length it must be read first, and nothing is dealt before', () => {
    const table = lay({ maxBodyBytes: '100', fault: 'status:500x1,ok' })
    const head = headOf('POST', CHAT)
    const read = (): BodyNeeded => table.desk.match('POST', CHAT)(head) as BodyNeeded
    expect(read()).toMatchObject({ kind: 'body', mostBytes: 100 })
    expect(statusOf(read().pick('tooLarge'))).toBe(413)
    expect(statusOf(read().pick(new Uint8Array(100)))).toBe(500)
    expect(statusOf(read().pick(new Uint8Array(100)))).toBe(200)
  })

  test('with auto the smaller limit counts', () => {
    const table = lay({ maxBodyBytes: '100', reply: 'auto' })
    const choice = table.desk.match('POST', CHAT)(headOf('POST', CHAT)) as BodyNeeded
    expect(choice.mostBytes).toBe(100)
    expect(statusOf(choice.pick(new TextEncoder().encode('{"stream":true}')))).toBe(200)
    expect(statusOf(choice.pick(new TextEncoder().encode('{')))).toBe(400)
  })
})

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

  test('what makes no difference is not said to be applied', () => {
    const card = cardOf(ask(table, '/v1/embeddings', { 'x-test-pattern': 'no-done' }))
    expect([card.ledger, card.extra?.['X-Test-Pattern-Applied']]).toEqual([null, undefined])
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
      { tool_choice: 'required' },
      { tools: [{ function: { name: 'other' } }], tool_choice: 'required' },
    ]
    const texts = bodies.map((body) => textOf(withBody(ask(table), body)))
    expect(new Set(texts).size).toBe(bodies.length)
    expect(bodies.map((body) => textOf(withBody(ask(table), body)))).toEqual(texts)
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
    ['DELETE', CHAT, 405],
    ['GET', '/', 404],
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
