// Answers of one's own: which rule counts, and what comes of it in every format.
import { describe, expect, test } from 'bun:test'
import { readRules } from '../../src/config/rulesfile.ts'
import type { Card } from '../../src/server/card.ts'
import { ask, CHAT, lay, layRules, post, textOf } from './_desk.ts'

const user = (content: string): object => ({ role: 'user', content })
const said = (content: string): object => ({ messages: [user(content)] })

describe('what a rule says', () => {
  const bodies: readonly [path: string, body: object][] = [
    [CHAT, said('the weather?')],
    ['/v1/completions', { prompt: 'the weather?' }],
    ['/v1/responses', { input: 'the weather?' }],
    ['/v1/responses', { input: [{ role: 'user', content: [{ type: 'input_text', text: 'the weather?' }] }] }],
    ['/v1/messages', said('the weather?')],
    ['/v1beta/models/m:generateContent', { contents: [{ parts: [{ text: 'the weather?' }] }] }],
    ['/api/chat', { ...said('the weather?'), stream: false }],
    ['/api/generate', { prompt: 'the weather?', stream: false }],
  ]

  test.each(bodies)('%s %j', async (path, body) => {
    const table = await layRules(
      '- {when: {contains: weather}, then: {text: "Grüße, „sunny“"}}\n- {then: {json: [1]}}',
    )
    expect(textOf(post(table, body, path))).toContain('Grüße, „sunny“')
    const other = JSON.parse(JSON.stringify(body).replace('the weather?', 'no')) as object
    expect(textOf(post(table, other, path))).toContain('[1]')
  })

  test('the first rule that is for it; without one the usual reply, or with --replies-strict a 404 that names the nearest', async () => {
    const yaml = `
- {name: first, when: {contains: a}, then: {text: one}}
- {when: {contains: ab}, then: {text: two}}
- {when: {header: {x-team: red}}, then: {text: three}}`
    const table = await layRules(yaml)
    expect(textOf(post(table, said('ab')))).toContain('"one"')
    expect(textOf(post(table, said('x'), CHAT, { 'x-team': 'red' }))).toContain('"three"')
    expect(textOf(post(table, said('x')))).toContain('"Hello world,')
    const strict = post(await layRules(yaml, { repliesStrict: 'true' }), said('x'))
    expect(strict.reply.status).toBe(404)
    expect(textOf(strict)).toContain(
      "the nearest is first: the last message of the user does not contain 'a'",
    )
  })

  test('faults, and options of one rule', async () => {
    const table = await layRules(`
- {when: {contains: fail}, then: {status: 503}}
- {when: {contains: slow}, then: {ttft-ms: 900, chunk-delay-ms: 7, chunk-count: 2}}
- {when: {contains: cut}, then: {text: one two three, fault: 'abort:1'}}`)
    expect(post(table, said('fail')).reply.status).toBe(503)
    const slow = post(table, { ...said('slow'), stream: true })
    expect([...slow.reply.dueMs]).toEqual([900, 907, 914, 914])
    expect(post(table, { ...said('cut'), stream: true }).reply.ending).toBe('reset')
    expect([...post(table, { ...said('x'), stream: true }).reply.dueMs]).toEqual([0, 0, 0, 0, 0])
  })

  test('tools are called until they have answered', async () => {
    const table = await layRules('- then: {tools: [{name: a, arguments: {q: 1}}, {name: b}]}')
    const body = said('go') as { messages: object[] }
    expect(textOf(post(table, body))).toContain(String.raw`"name":"a","arguments":"{\"q\":1}"`)
    expect(textOf(post(table, body))).toContain('"name":"b","arguments":"{}"')
    const answered = { messages: [...body.messages, { role: 'assistant' }, { role: 'tool', content: '' }] }
    expect(textOf(post(table, answered))).toContain('"Hello world,')
  })

  test('a text is cut by limits like any other, and decides its own number of chunks', async () => {
    const table = await layRules('- then: {text: one two three four five}')
    const whole = JSON.parse(textOf(post(table, said('x'))))
    expect(whole.choices[0].message.content).toBe('one two three four five')
    expect(whole.usage.completion_tokens).toBe(5)
    const cut = JSON.parse(textOf(post(table, { ...said('x'), max_tokens: 2 })))
    expect([cut.choices[0].message.content, cut.choices[0].finish_reason]).toEqual(['one two', 'length'])
  })

  test('new rules count from the next request on', async () => {
    const table = await layRules('- then: {text: old}')
    expect(textOf(post(table, said('x')))).toContain('"old"')
    table.desk.reload(await readRules('- then: {text: new, chunk-delay-ms: 3}', 'rules.yaml'))
    expect(textOf(post(table, said('x')))).toContain('"new"')
  })

  test('what a rule says cannot be taken for a place that is filled in', async () => {
    const table = await layRules('- then: {text: "a\\uFDD0b"}')
    expect(textOf(post(table, said('x')))).toContain('"a\uFFFDb"')
  })
})

describe('--text echo', () => {
  test('the last words of the user; without any the usual ones', () => {
    const table = lay({ reply: 'auto', text: 'echo' })
    const messages = [user('first'), { role: 'assistant', content: 'no' }, user('say „this“ again')]
    expect(textOf(post(table, { messages }))).toContain('say „this“ again')
    expect(textOf(post(table, {}))).toContain('Hello world,')
    const schema = { type: 'json_schema', json_schema: { schema: { const: 7 } } }
    expect(
      JSON.parse(textOf(post(table, { messages, response_format: schema }))).choices[0].message.content,
    ).toBe('7')
  })

  test('a text of a megabyte', () => {
    const text = 'words and words '.repeat(65_536).trimEnd()
    const card = post(lay({ reply: 'auto', text: 'echo' }), said(text))
    expect(JSON.parse(textOf(card)).choices[0].message.content).toBe(text)
  })
})

describe('--text @FILE', () => {
  const text = 'Grüße, “world”!\nSecond line 👋🏽 end.'

  test.each(['0', '1', '7', '100'])('byte for byte, with --chunk-bytes %s', (chunkBytes) => {
    const table = lay({ text: '@file', chunkBytes, chunkDelayMs: '10' }, { index: 0, workers: 1 }, [], {
      text,
    })
    const choice = ask(table)
    const { reply } = choice as Card
    const chunks = textOf(choice as Card)
      .split('\n\n')
      .flatMap((line) =>
        line.includes('"content":"') ? [JSON.parse(line.slice(6)).choices[0].delta.content] : [],
      )
    expect(chunks.join('')).toBe(text)
    if (chunkBytes === '7')
      for (const chunk of chunks) expect(Buffer.byteLength(chunk)).toBeLessThanOrEqual(7)
    // Its own number of chunks, as far apart as any.
    expect([...reply.dueMs].slice(0, chunks.length)).toEqual(chunks.map((_, i) => 10 + 10 * i))
  })

  test('an empty file is an empty completion', () => {
    const table = lay({ text: '@file' }, { index: 0, workers: 1 }, [], { text: '' })
    expect((ask(table) as Card).reply.frames).toHaveLength(2)
  })
})

test('a request has an id of its own in the headers of its provider', () => {
  const table = lay({ reply: 'auto', providerHeaders: 'true' })
  const ids = [1, 2].map(() => post(table, {}).extra?.['x-request-id'])
  expect(new Set(ids).size).toBe(2)
  expect(post(table, {}, '/v1/messages').extra?.['request-id']).toStartWith('req_')
  expect(post(table, {}, '/api/chat').extra).toBeNull()
  expect((ask(lay({ providerHeaders: 'true' })) as Card).extra).toBeNull()
})

test.each([
  ['auto', {}, 200],
  ['auto', { strictModels: 'true' }, 404],
  ['stream', {}, 404],
])('with --reply %s and %j a model that nobody has configured is a %d', (reply, flags, status) => {
  const choice = ask(lay({ reply, ...flags }), '/v1/models/org/any:8b', {}, 'GET')
  expect((choice as Card).reply.status).toBe(status)
})
