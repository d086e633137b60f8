// What rules have of their own beside what they say: options, places in a plan, and what takes their place.
import { describe, expect, test } from 'bun:test'
import type { GivenFlags } from '../../src/config/config.ts'
import { readRules } from '../../src/config/rulesfile.ts'
import { CHAT, layRules, post, type Table, textOf } from './_desk.ts'

const said = (content: string): object => ({ messages: [{ role: 'user', content }] })
const events = (text: string): any[] =>
  text
    .split('\n\n')
    .filter((line) => line.startsWith('data: {'))
    .map((line) => JSON.parse(line.slice(6)))

describe('options of a rule', () => {
  test.each([
    ['text: "abcdefghi", chunk-bytes: 4', ['abcd', 'efgh', 'i'], {}],
    ['text: "abc def"', ['abc', ' def'], {}],
    ['chunk-bytes: 5, chunk-count: 2', ['Hello', ' worl'], {}],
    ['chunk-bytes: 2', ['go', ' o', 'n'], { text: 'echo' }],
    ['chunk-bytes: 3', ['of ', 'a f', 'ile'], { text: '@a.txt' }],
    ['ttft-ms: 1', ['of', ' a', ' file'], { text: '@a.txt' }],
  ] as [string, string[], GivenFlags][])('%s: %j', async (then, pieces, flags) => {
    const table = await layRules(`- then: {${then}}`, flags, 'of a file')
    const found = events(textOf(post(table, { ...said('go on'), stream: true })))
    expect(found.map((event) => event.choices[0].delta.content).filter(Boolean)).toEqual(pieces)
  })

  test('content, as the body says of tools', async () => {
    const table = await layRules('- then: {content: tools}')
    const tools = [{ type: 'function', function: { name: 'mine', parameters: { type: 'object' } } }]
    const messages = [{ role: 'user', content: 'x' }]
    expect(textOf(post(table, { messages, tools }))).toContain('"mine"')
    expect(textOf(post(table, { messages, tools, tool_choice: 'none' }))).not.toContain('"mine"')
    expect(textOf(post(table, { messages }))).toContain('Hello world')
    const answered = [...messages, { role: 'assistant' }, { role: 'tool', content: '' }]
    expect(textOf(post(table, { messages: answered, tools }))).toContain('Hello world')
  })

  test('provider-headers and times', async () => {
    const table = await layRules('- then: {provider-headers: true, ttft-ms: 40}')
    const { headers, dueMs } = post(table, { ...said('x'), stream: true }).reply
    expect(headers['openai-processing-ms']).toBeDefined()
    expect(dueMs[0]).toBe(40)
  })
})

test('the same text in other pieces is another reply', async () => {
  const text = '{\\"a\\": \\"b c\\"}'
  const table = await layRules(`
- {when: {contains: words}, then: {text: "${text}"}}
- {when: {contains: json}, then: {json: {a: b c}}}`)
  const pieces = ['words', 'json', 'words'].map(
    (word) => events(textOf(post(table, { ...said(word), stream: true }))).length,
  )
  expect(pieces[0]).toBe(pieces[2]!)
  const plain = JSON.parse(textOf(post(table, said('json')))).choices[0].message.content
  expect(JSON.parse(plain)).toEqual({ a: 'b c' })
})

describe('tools of a rule', () => {
  const yaml = `
- {when: {contains: refund}, then: {tools: [{name: look_up}]}}
- {when: {contains: refund}, then: {text: Done.}}`
  const call = { role: 'assistant', content: null, tool_calls: [] }
  const result = { role: 'tool', tool_call_id: 'a', content: 'x' }

  test('are called until they have answered; then the next rule counts', async () => {
    const table = await layRules(yaml)
    const messages = [{ role: 'user', content: 'refund' }]
    expect(textOf(post(table, { messages }))).toContain('"look_up"')
    expect(textOf(post(table, { messages: [...messages, call, result] }))).toContain('"Done."')
  })

  test('with --tool-rounds so often', async () => {
    const table = await layRules(yaml, { toolRounds: '2' })
    const messages = [{ role: 'user', content: 'refund' }, call, result]
    expect(textOf(post(table, { messages }))).toContain('"look_up"')
    expect(textOf(post(table, { messages: [...messages, call, result] }))).toContain('"Done."')
  })

  test('as often as a format without rules calls them: also where earlier rounds are not in the request', async () => {
    const table = await layRules(yaml.replaceAll('when: {contains: refund}', 'when: {}'), { toolRounds: '2' })
    const input = [{ type: 'function_call_output', call_id: 'a', output: 'x' }]
    const body = { input, previous_response_id: 'resp_1' }
    expect(textOf(post(table, body, '/v1/responses'))).toContain('"Done."')
  })

  test('also where the answer has been begun', async () => {
    const table = await layRules(yaml)
    const messages = [
      { role: 'user', content: 'refund' },
      { role: 'assistant', content: [] },
      { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'a', content: 'x' }] },
      { role: 'assistant', content: 'So' },
    ]
    expect(textOf(post(table, { messages }, '/v1/messages'))).toContain('"Done."')
  })

  test('strictly, it is told why', async () => {
    const table = await layRules('- then: {tools: [{name: f}]}', { repliesStrict: 'true' })
    const messages = [{ role: 'user', content: 'x' }, call, result]
    expect(textOf(post(table, { messages }))).toContain('its tools have answered')
  })
})

describe('what takes the place of a rule', () => {
  const yaml = '- then: {text: "one two three", fault: "abort:1", ttft-ms: 70}'

  test('its words stay, its fault and times do not, where a header picks a pattern', async () => {
    const table = await layRules(yaml, { honor: 'fault' })
    const streamed = { ...said('x'), stream: true }
    const ruled = post(table, streamed)
    expect([ruled.reply.ending, ruled.reply.dueMs[0], ruled.extra]).toEqual(['reset', 70, null])
    const picked = post(table, streamed, CHAT, { 'x-test-pattern': 'ok' })
    expect([picked.reply.ending, picked.reply.dueMs[0]]).toEqual(['close', 0])
    expect(textOf(picked)).toContain('" three"')
    const failed = post(table, streamed, CHAT, { 'x-test-pattern': 'status:418' })
    expect(failed.reply.status).toBe(418)
    expect(failed.extra).toEqual({ 'X-Test-Pattern-Applied': 'status:418' })
  })

  test('what it consists of stays as well', async () => {
    const rules = `
- {when: {contains: cut}, then: {text: abcdef, chunk-bytes: 2}}
- {then: {content: reasoning}}`
    const table = await layRules(rules, { honor: 'fault' })
    for (const headers of [{}, { 'x-test-pattern': 'ok' }] as Record<string, string>[]) {
      expect(textOf(post(table, { ...said('cut'), stream: true }, CHAT, headers))).toContain('"content":"cd"')
      expect(textOf(post(table, said('x'), CHAT, headers))).toContain('"reasoning')
    }
  })

  test('a rule without words of its own has those of --text echo', async () => {
    const table = await layRules(
      '- {when: {contains: late}, then: {ttft-ms: 5}}\n- {when: {contains: own}, then: {text: mine}}',
      { text: 'echo' },
    )
    for (const text of ['late', 'neither'])
      expect(JSON.parse(textOf(post(table, said(text)))).choices[0].message.content).toBe(text)
    expect(textOf(post(table, said('own')))).toContain('"mine"')
  })
})

describe('places in a circle of replies', () => {
  const jitter = { chunkCountJitter: 'uniform:0.5', chunkCount: '40' }
  const sizes = (table: Table, words: readonly string[]): number[] =>
    words.map((word) => post(table, { ...said(word), stream: true }).reply.frames.length)

  test('are shared by rules with the same options', async () => {
    const rule = (word: string): string => `- {when: {contains: ${word}}, then: {chunk-delay-ms: 1}}`
    const one = sizes(await layRules(rule('a'), jitter), ['a', 'a', 'a', 'a', 'a', 'a'])
    expect(new Set(one).size).toBeGreaterThan(2)
    const two = sizes(await layRules(`${rule('a')}\n${rule('b')}`, jitter), ['a', 'b', 'a', 'b', 'a', 'b'])
    expect(two).toEqual(one)
  })

  test('begin anew when the rules are read again', async () => {
    const yaml = '- then: {chunk-delay-ms: 1}'
    const table = await layRules(yaml, jitter)
    const before = sizes(table, ['a', 'a', 'a'])
    table.desk.reload(await readRules(yaml, 'rules.yaml'))
    expect(sizes(table, ['a', 'a', 'a'])).toEqual(before)
  })
})

describe('what is read again takes the place of what was', () => {
  const readAgain = async (table: Table, yaml: string): Promise<void> =>
    table.desk.reload(await readRules(yaml, 'rules.yaml'))

  test('faults and options', async () => {
    const table = await layRules('- then: {status: 429}')
    for (const [then, status, ending] of [
      ['status: 429', 429, 'close'],
      ['status: 503', 503, 'close'],
      ['fault: "abort:1"', 200, 'reset'],
      ['fault: "abort:1", ttft-ms: 3', 200, 'reset'],
      ['ttft-ms: 3', 200, 'close'],
      ['status: 429', 429, 'close'],
    ] as const) {
      await readAgain(table, `- then: {${then}}`)
      const { reply } = post(table, { ...said('x'), stream: true })
      expect([then, reply.status, reply.ending]).toEqual([then, status, ending])
    }
  })

  test('every route answers in its own format, whichever is asked first', async () => {
    const yaml = '- then: {ttft-ms: 3}'
    const table = await layRules(yaml)
    for (const path of [CHAT, '/v1/messages', '/v1/completions', CHAT, '/v1/messages']) {
      await readAgain(table, yaml)
      const answer = JSON.parse(textOf(post(table, { ...said('x'), prompt: 'x' }, path)))
      const kind = { [CHAT]: 'chat.completion', '/v1/messages': 'message' }[path] ?? 'text_completion'
      expect([path, answer.object ?? answer.type]).toEqual([path, kind])
    }
  })
})
