// Responses from first event to last: whatever is said and wherever it is cut, a strict client reads the same in a stream and in a whole answer.
import { describe, expect, test } from 'bun:test'
import Ajv from 'ajv'
import { createdAt } from '../_helpers.ts'
import { body } from '../replies/_replies.ts'
import { formats, prepare, read } from './_readers.ts'
import { type Ask, type CallAsk, defaultAsk } from '../../src/apis/ask.ts'
import { readResponse } from '../../src/apis/reading/responses.ts'
import { response } from '../../src/apis/responses.ts'
import { type GivenFlags, readSettings } from '../../src/config/config.ts'
import { parseContent } from '../../src/config/contents.ts'
import schemaInput from './inputs/responses-schema.json'
import toolResult from './inputs/responses-tool-result.json'

const format = formats.find(({ name }) => name === 'OpenAI Responses')!

interface Output {
  readonly type: string
  readonly id: string
  readonly call_id?: string
  readonly status?: string
  readonly [field: string]: any
}

const wholeOf = (flags: GivenFlags, ask: Partial<Ask>): { output: Output[]; [field: string]: any } =>
  JSON.parse(body(prepare(format, { flags, ask: { ...ask, stream: false } })))
const eventsOf = (flags: GivenFlags, ask: Partial<Ask>): any[] =>
  [...body(prepare(format, { flags, ask: { ...ask, stream: true } })).matchAll(/^data: (.*)$/gm)].map(
    ([, data]) => JSON.parse(data!),
  )

const own = { text: '{"city":"te"}', pieces: ['{"', 'city', '":"', 'te', '"}'] }
const calls: [CallAsk, ...CallAsk[]] = [
  { name: 'mine', kind: 'function', input: own },
  { name: 'own', kind: 'custom', input: null },
  { name: 'wordy', kind: 'function', input: null },
  { name: 'own', kind: 'custom', input: null },
]
const contents = ['text', 'tools', 'tools:2', 'tools:4', 'reasoning', 'text+tools:3', 'reasoning+tools:3']
const asks: readonly (readonly [string, Partial<Ask>])[] = [
  ['words', {}],
  ['texts of their own', { own, calls }],
  ['logprobs and encrypted reasoning', { logprobs: 2, encrypted: true, calls }],
]
const everything = contents.flatMap((content) => asks.map(([name, ask]) => [content, name, ask] as const))

describe.each(everything)('content %s, %s', (content, _, usual) => {
  const ask = { ...usual, content: parseContent(content) }

  test('cut anywhere and nowhere', () => {
    for (const count of [0, 1, 2, 5, 9]) {
      const flags = { chunkCount: String(count) }
      const { output_tokens: all } = wholeOf(flags, ask)['usage']
      for (let limit = 0; limit <= all + 1; limit++) {
        const cut = { ...ask, limit }
        const isShort = limit > 0 && limit < all
        const streamed = read(format, prepare(format, { flags, ask: cut }))
        const whole = read(format, prepare(format, { flags, ask: { ...cut, stream: false } }))
        expect(streamed).toEqual({ ...whole, contentEvents: isShort ? limit : all })
        expect(whole.choices[0]!.finish).toBe(isShort ? 'incomplete' : 'completed')
        expect(whole.usage!.output).toBe(isShort ? limit : all)
      }
    }
  })

  test('content does not depend on where it is cut', () => {
    const config = readSettings({ chunkCount: '5' }, {})
    const contentOf = (limit: number): unknown => {
      const answer = response({ config, createdAt }, { ...defaultAsk(config), ...ask, limit }, 5)
      return answer.kind === 'stream' && [...answer.content()]
    }
    for (let limit = 1; limit < 30; limit++) expect(contentOf(limit)).toEqual(contentOf(0))
  })

  test('each item and each call has an id of its own, the same in all events', () => {
    for (const uniqueIds of [undefined, 'true']) {
      const flags = { chunkCount: '5', ...(uniqueIds && { uniqueIds }) }
      const output: Output[] = eventsOf(flags, ask).at(-1).response.output
      const ids = output.flatMap(({ id, call_id }) => (call_id === undefined ? [id] : [id, call_id]))
      expect(new Set(ids).size).toBe(ids.length)
      const told = eventsOf(flags, ask).filter(({ item_id }) => item_id !== undefined)
      for (const { item_id, output_index } of told) expect(item_id).toBe(output[output_index]!.id)
    }
  })
})

test('calls: functions have arguments, custom tools plain words', () => {
  const { output } = wholeOf({ chunkCount: '6' }, { calls, content: parseContent('tools:3') })
  expect(output.map(({ id, call_id, ...rest }) => rest)).toEqual([
    { type: 'function_call', name: 'mine', arguments: own.text, status: 'completed' },
    { type: 'custom_tool_call', name: 'own', input: 'Hello world,', status: 'completed' },
    { type: 'function_call', name: 'wordy', arguments: '{"text":" this reply was"}', status: 'completed' },
  ])
  const [nothing] = wholeOf(
    { chunkCount: '0' },
    { calls: [calls[1]!], content: parseContent('tools') },
  ).output
  expect(nothing!['input']).toBe('Hello')
})

test('a cut call is incomplete, and what comes behind it is not there', () => {
  const flags = { chunkCount: '6' }
  const ask = { calls, content: parseContent('tools:3'), limit: 2 }
  const { output, status, incomplete_details, completed_at } = wholeOf(flags, ask)
  expect(output).toMatchObject([{ arguments: '{"city', status: 'incomplete' }])
  expect(output).toHaveLength(1)
  expect([status, incomplete_details, completed_at]).toEqual([
    'incomplete',
    { reason: 'max_output_tokens' },
    null,
  ])
  expect(eventsOf(flags, ask).slice(-3)).toMatchObject([
    { type: 'response.function_call_arguments.done', name: 'mine', arguments: '{"city' },
    { type: 'response.output_item.done', item: { status: 'incomplete' } },
    { type: 'response.incomplete', response: { status: 'incomplete' } },
  ])
})

test.each([
  ['reasoning', 1, ['incomplete']],
  ['reasoning', 3, ['completed']],
  ['reasoning', 4, ['completed', 'incomplete']],
  ['text+tools', 3, ['completed']],
])('content %s of six chunks cut after %d: %j', (content, limit, statuses) => {
  const ask = { content: parseContent(content), limit }
  expect(wholeOf({ chunkCount: '6' }, ask).output.map(({ status }) => status)).toEqual(statuses)
})

test('text so far is told where it is cut', () => {
  const events = eventsOf({ chunkCount: '6' }, { limit: 2 })
  expect(events.find(({ type }) => type === 'response.output_text.done').text).toBe('Hello world')
})

test.each([
  [0, 0],
  [1, 1],
  [5, 5],
  [20, 20],
])('of each token %d alternatives are told, and nothing where nobody asks', (logprobs, count) => {
  const flags = { chunkCount: '3' }
  const deltas = eventsOf(flags, { logprobs }).filter(({ type }) => type === 'response.output_text.delta')
  const told = deltas.flatMap((delta) => delta.logprobs)
  expect(told.map(({ token }) => token)).toEqual(deltas.map(({ delta }) => delta))
  for (const { token, bytes, logprob, top_logprobs } of told) {
    expect(bytes).toEqual([...Buffer.from(token)])
    expect(logprob).toBeLessThan(0)
    expect(top_logprobs).toHaveLength(count)
    if (count > 0) expect(top_logprobs[0]).toEqual({ token, bytes, logprob })
    expect(new Set(top_logprobs.map((one: any) => one.token)).size).toBe(count)
    const sum = top_logprobs.reduce((sum: number, one: any) => sum + Math.exp(one.logprob), 0)
    expect(sum).toBeLessThanOrEqual(1)
  }
  const events = eventsOf(flags, { logprobs })
  expect(events.find(({ type }) => type === 'response.output_text.done').logprobs).toEqual(told)
  const [message] = wholeOf(flags, { logprobs }).output
  expect(message!['content'][0].logprobs).toEqual(told)
  expect(wholeOf(flags, {}).output[0]!['content'][0].logprobs).toEqual([])
})

test('a token is not told twice, whichever it is', () => {
  for (const token of ['the', 'of', 'by', 'Hello']) {
    const { output } = wholeOf({}, { logprobs: 20, own: { text: token, pieces: [token] } })
    const [{ top_logprobs }] = output[0]!['content'][0].logprobs
    expect(new Set(top_logprobs.map((one: any) => one.token)).size).toBe(20)
  }
})

test('encrypted reasoning comes with its item, begun and done', () => {
  const ask = { encrypted: true, content: parseContent('reasoning') }
  const items = eventsOf({}, ask).flatMap(({ item }) => (item?.type === 'reasoning' ? [item] : []))
  expect(items.map(({ encrypted_content }) => encrypted_content)).toEqual([
    expect.stringMatching(/^\w{20,}={0,2}$/),
    items[0].encrypted_content,
  ])
  expect(wholeOf({}, { ...ask, encrypted: false }).output[0]).not.toHaveProperty('encrypted_content')
})

test('how much of the prompt came out of the cache', () => {
  const { usage } = wholeOf({ cachedTokens: '50' }, { promptTokens: 101 })
  expect(usage).toMatchObject({
    input_tokens: 101,
    input_tokens_details: { cached_tokens: 50 },
    total_tokens: 105,
  })
})

describe('what programs send', () => {
  const asked = (given: object, flags: GivenFlags): Partial<Ask> =>
    readResponse(
      { config: readSettings({ reply: 'auto', ...flags }, {}), createdAt },
      given as Record<string, unknown>,
    )

  test.each(['text', 'reasoning'])('a schema, with content %s', (content) => {
    const ask = asked(schemaInput, { content })
    const validate = new Ajv().compile(schemaInput.text.format.schema)
    for (const stream of [true, false]) {
      const said = read(format, prepare(format, { flags: { reply: 'auto' }, ask: { ...ask, stream } }))
      expect(validate(JSON.parse(said.choices[0]!.text))).toBe(true)
    }
    const { instructions, metadata, max_output_tokens, text } = schemaInput
    const echo = { instructions, metadata, max_output_tokens, text: { ...text, verbosity: 'medium' } }
    expect(wholeOf({}, ask)).toMatchObject(echo)
    const told = eventsOf({}, ask).filter((event) => 'response' in event)
    expect(told.map(({ type }) => type)).toEqual([
      'response.created',
      'response.in_progress',
      'response.completed',
    ])
    for (const { response } of told) expect(response).toMatchObject(echo)
  })

  test.each(contents)('the result of a tool, with content %s', (content) => {
    const flags = { content }
    const events = eventsOf(flags, asked(toolResult, flags))
    const { response } = events.at(-1)
    expect(response.output.at(-1)).toMatchObject({ type: 'message', status: 'completed' })
    expect(response.tools).toEqual(toolResult.tools)
  })
})

describe('what is repeated', () => {
  const usual = wholeOf({}, {})

  test('is all there is besides what is usual', () => {
    const echo = { user: 'u', metadata: { k: 'v' }, temperature: 0.5 }
    const { user, metadata, temperature, ...rest } = wholeOf({}, { echo: JSON.stringify(echo) })
    expect({ user, metadata, temperature }).toEqual(echo)
    const { metadata: none, temperature: one, ...usually } = usual
    expect([none, one]).toEqual([{}, 1])
    expect(rest).toEqual(usually)
    expect(usual).not.toHaveProperty('user')
  })

  /** Of OpenAI's specification: what a response must have, and what of it may be null. */
  const required = 'created_at error id incomplete_details instructions metadata model object output'
  const more =
    'frequency_penalty presence_penalty parallel_tool_calls temperature tool_choice tools top_p status text usage truncation'
  const nullable =
    'error incomplete_details instructions max_output_tokens max_tool_calls previous_response_id prompt_cache_key safety_identifier'
  test('nothing that is required is missing, and nothing is null that must not be', () => {
    for (const name of `${required} ${more}`.split(' ')) expect(Object.keys(usual)).toContain(name)
    const nulls = Object.keys(usual).filter((name) => usual[name] === null)
    expect(nulls.toSorted()).toEqual(nullable.split(' ').toSorted())
  })
})
