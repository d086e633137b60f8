// Other shapes of chunks, in every format that has something of the kind: what changes is exactly that, and the rest stays byte for byte.
import { describe, expect, test } from 'bun:test'
import { body } from '../replies/_replies.ts'
import { formats, prepare } from './_readers.ts'
import { byName, changed, events, FLAGS, type Json, whole } from './_shapes.ts'

/** Where each format says why a reply ends: in which event from the end, and in what of it. */
const reasons: Readonly<Record<string, readonly [at: number, holder: (event: Json) => Json, key: string]>> = {
  'OpenAI chat': [-2, (event) => event['choices'][0], 'finish_reason'],
  'Azure chat': [-2, (event) => event['choices'][0], 'finish_reason'],
  'Groq chat': [-2, (event) => event['choices'][0], 'finish_reason'],
  'OpenAI completions': [-2, (event) => event['choices'][0], 'finish_reason'],
  'Anthropic messages': [-2, (event) => event['delta'], 'stop_reason'],
  'Gemini events': [-1, (event) => event['candidates'][0], 'finishReason'],
  'Gemini array': [-1, (event) => event['candidates'][0], 'finishReason'],
  'Ollama chat': [-1, (event) => event, 'done_reason'],
  'Ollama generate': [-1, (event) => event, 'done_reason'],
  'Cohere chat': [-2, (event) => event['delta'], 'finish_reason'],
  'Mistral chat': [-2, (event) => event['choices'][0], 'finish_reason'],
  'Mistral fill-in-the-middle': [-2, (event) => event['choices'][0], 'finish_reason'],
}
const wholeReasons: typeof reasons = {
  ...reasons,
  'Anthropic messages': [-1, (event) => event, 'stop_reason'],
  'Cohere chat': [-1, (event) => event, 'finish_reason'],
}

describe('finish:VALUE', () => {
  test.each(formats.map((format) => [format.name, format] as const))('%s', (name, format) => {
    for (const [value, told] of [
      ['absent', undefined],
      ['empty', ''],
      ['eos', 'eos'],
      ['length.x', 'length.x'],
    ] as const) {
      const pattern = `finish:${value}`
      const [at, holder, key] = reasons[name] ?? []
      if (at === undefined) {
        // The Responses API tells no reason.
        expect(events(format, { pattern })).toEqual(events(format))
        continue
      }
      const change = (event: Json, of: typeof holder): void => {
        if (told === undefined) delete of!(event)[key!]
        else of!(event)[key!] = told
      }
      expect(events(format, { pattern })).toEqual(
        changed(events(format), at, (event) => change(event, holder)),
      )
      const expected = structuredClone(whole(format))
      change(expected, wholeReasons[name]![1])
      expect(whole(format, { pattern })).toEqual(expected)
    }
  })
})

test.each([
  ['OpenAI chat', -2, 'choices.0.finish_reason', 'content_filter'],
  ['OpenAI completions', -2, 'choices.0.finish_reason', 'content_filter'],
  ['Anthropic messages', -2, 'delta.stop_reason', 'refusal'],
  ['Gemini events', -1, 'candidates.0.finishReason', 'SAFETY'],
  ['OpenAI Responses', -1, 'response.incomplete_details.reason', 'content_filter'],
  ['OpenAI Responses', -1, 'response.status', 'incomplete'],
  ['OpenAI Responses', -1, 'type', 'response.incomplete'],
  ['Ollama chat', -1, 'done_reason', 'stop'],
])('content-filter: %s, event %d, %s is %s', (name, at, path, value) =>
  expect(events(byName(name), { pattern: 'content-filter' }).at(at)).toHaveProperty(path, value),
)

describe('finish-with-content', () => {
  const joined = { pattern: 'finish-with-content' }

  test.each(['OpenAI chat', 'Azure chat', 'OpenAI completions'])('%s', (name) => {
    const format = byName(name)
    for (const flags of [
      {},
      { content: 'tools' },
      { content: 'tools', chunkCount: '1' },
      { chunkCount: '1' },
    ]) {
      const usual = events(format, { flags })
      const reason = (usual.at(-2) as Json)['choices'][0].finish_reason
      expect(events(format, { ...joined, flags })).toEqual(
        changed(usual, -3, (event) => void (event['choices'][0].finish_reason = reason)).toSpliced(-2, 1),
      )
    }
  })

  test('of several choices each', () => {
    const [all, usual] = [joined, {}].map((asked) =>
      events(byName('OpenAI chat'), { ...asked, ask: { choices: 2 } }),
    )
    expect(all!.length).toBe(usual!.length - 2)
    for (const index of [0, 1])
      expect(all!.at(index - 3)).toMatchObject({
        choices: [{ index, delta: { content: ',' }, finish_reason: 'stop' }],
      })
  })

  test.each(['Gemini events', 'Gemini array'])('%s', (name) => {
    const usual = events(byName(name)) as Json[]
    expect(events(byName(name), joined)).toEqual([
      ...usual.slice(0, -2),
      {
        ...usual.at(-1),
        candidates: [{ ...usual.at(-1)!['candidates'][0], content: usual.at(-2)!['candidates'][0].content }],
      },
    ])
    // A call is no text.
    expect(events(byName(name), { ...joined, flags: { content: 'tools' } }).at(-1)).toEqual(
      events(byName(name), { flags: { content: 'tools' } }).at(-1)!,
    )
  })

  test.each([
    ['Ollama chat', 'message'],
    ['Ollama generate', 'response'],
  ])('%s', (name, key) => {
    const usual = events(byName(name)) as Json[]
    expect(events(byName(name), joined)).toEqual([
      ...usual.slice(0, -2),
      { ...usual.at(-1), [key]: usual.at(-2)![key] },
    ])
  })

  test('it comes when the last content was due, and what follows at its time', () => {
    const [chat, gemini] = [byName('OpenAI chat'), byName('Gemini events')]
    expect([...prepare(chat, { flags: FLAGS, ...joined }).dueMs]).toEqual([50, 100, 150, 200])
    expect([...prepare(gemini, { flags: FLAGS, ...joined }).dueMs]).toEqual([50, 100, 150])
    expect([...prepare(chat, { flags: FLAGS, ask: { limit: 2 }, ...joined }).dueMs]).toEqual([50, 100, 150])
  })

  test.each(formats.map((format) => [format.name, format] as const))(
    'no content, no difference: %s',
    (_, format) =>
      expect(events(format, { ...joined, flags: { chunkCount: '0' } })).toEqual(
        events(format, { flags: { chunkCount: '0' } }),
      ),
  )
})

test('delta:null is of the last chunk of chat', () => {
  for (const name of ['OpenAI chat', 'Azure chat', 'Groq chat']) {
    const nulled = changed(events(byName(name)), -2, (event) => void (event['choices'][0].delta = null))
    expect(events(byName(name), { pattern: 'delta:null' })).toEqual(nulled)
  }
  for (const name of [
    'OpenAI completions',
    'OpenAI Responses',
    'Anthropic messages',
    'Gemini events',
    'Ollama chat',
  ])
    expect(events(byName(name), { pattern: 'delta:null' })).toEqual(events(byName(name)))
})

/** What stands in base64 in AWS's event stream, as it is. */
const readable = (text: string): string =>
  text.replace(/"bytes":"([^"]+)"/g, (_, bytes: string) => atob(bytes))

describe('usage', () => {
  const asked = { includeUsage: true }
  const usagesOf = (all: readonly (Json | string)[]): unknown[] =>
    all.flatMap((event) =>
      typeof event === 'string' ? [] : [event['usage']?.completion_tokens ?? event['usage']],
    )

  test.each(['OpenAI chat', 'OpenAI completions'])('%s', (name) => {
    const format = byName(name)
    const table: readonly [pattern: string, unasked: unknown[], asked: unknown[]][] = [
      ['ok', [undefined, undefined, undefined, undefined], [null, null, null, null, 3]],
      [
        'usage:never',
        [undefined, undefined, undefined, undefined],
        [undefined, undefined, undefined, undefined],
      ],
      ['usage:finish', [undefined, undefined, undefined, 3], [undefined, undefined, undefined, 3]],
      ['usage:every', [1, 2, 3, 3], [1, 2, 3, 3]],
      ['usage:always', [null, null, null, null, 3], [null, null, null, null, 3]],
    ]
    for (const [pattern, unasked, told] of table) {
      expect([pattern, usagesOf(events(format, { pattern }))]).toEqual([pattern, unasked])
      expect([pattern, usagesOf(events(format, { pattern, ask: asked }))]).toEqual([pattern, told])
    }
    expect(events(format, { pattern: 'usage:always' })).toEqual(events(format, { ask: asked }))
    expect('usage' in (events(format, { pattern: 'usage:never', ask: asked })[0] as Json)).toBe(false)
  })

  test('with logprobs, with reasoning, of several choices', () => {
    const completion = byName('OpenAI completions')
    expect(usagesOf(events(completion, { pattern: 'usage:every', ask: { logprobs: 1 } }))).toEqual([
      1, 2, 3, 3,
    ])
    const flags = { content: 'reasoning', chunkCount: '4' }
    const told = events(byName('OpenAI chat'), { pattern: 'usage:every', flags }).slice(0, -1) as Json[]
    expect(told.map(({ usage }) => usage.completion_tokens_details.reasoning_tokens)).toEqual([1, 2, 2, 2, 2])
    const many = events(byName('OpenAI chat'), { pattern: 'usage:every', ask: { choices: 2 } })
    expect(usagesOf(many)).toEqual([2, 2, 4, 4, 6, 6, 6, 6])
  })

  test('each chunk of Gemini tells it, as those of Google do, or none', () => {
    const tokens = (pattern?: string): unknown[] =>
      (events(byName('Gemini events'), pattern === undefined ? {} : { pattern }) as Json[]).map(
        (event) => event['usageMetadata']?.candidatesTokenCount,
      )
    expect(tokens()).toEqual([undefined, undefined, undefined, 3])
    expect(tokens('usage:every')).toEqual([1, 2, 3, 3])
    expect(tokens('usage:never')).toEqual([undefined, undefined, undefined, undefined])
    expect(tokens('usage:finish')).toEqual(tokens())
  })

  test('never is never, whole and streamed, in every format', () => {
    const told = /"usage":\{|usageMetadata|"eval_count|"output_tokens/
    for (const format of formats) {
      const given = { flags: FLAGS, ask: asked }
      expect(readable(body(prepare(format, given)))).toMatch(told)
      expect(readable(body(prepare(format, { ...given, pattern: 'usage:never' })))).not.toMatch(told)
      expect(JSON.stringify(whole(format))).toMatch(told)
      expect(JSON.stringify(whole(format, { pattern: 'usage:never' }))).not.toMatch(told)
    }
  })
})
