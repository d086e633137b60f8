// What leaves before the first chunk with --preamble-ms: what a format opens with, and nothing of its content.
import { describe, expect, test } from 'bun:test'
import { due, texts } from '../replies/_replies.ts'
import { type Format, formats, prepare, read } from './_readers.ts'

const FLAGS = { chunkCount: '2', ttftMs: '300' }
const EARLY = { ...FLAGS, preambleMs: '20' }

/** What leaves early: the names of the events, or what they say. */
const early: Readonly<Record<string, readonly string[]>> = {
  'OpenAI chat': ['"delta":{"role":"assistant","content":""}'],
  'Azure chat': ['"delta":{"role":"assistant","content":""}'],
  'Groq chat': ['"delta":{"role":"assistant","content":""}'],
  'OpenAI Responses': ['event: response.created\n', 'event: response.in_progress\n'],
  'Anthropic messages': ['event: message_start\n', 'event: content_block_start\n', 'event: ping\n'],
  'Bedrock Converse': ['messageStart'],
  'Cohere chat': ['event: message-start\n', 'event: content-start\n'],
  'Bedrock invocation': ['chunk', 'chunk', 'chunk'],
}

describe.each(formats.map((format) => [format.name, format] as const))('%s', (name, format: Format) => {
  const opening = early[name] ?? []

  test('opens in time, and says the same', () => {
    const [usual, reply] = [prepare(format, { flags: FLAGS }), prepare(format, { flags: EARLY })]
    expect(due(reply).filter((ms) => ms < 300)).toEqual(opening.map(() => 20))
    for (const [i, part] of opening.entries()) expect(texts(reply)[i]).toContain(part)
    expect(due(reply).slice(-2)).toEqual(due(usual).slice(-2))
    const [said, meant] = [read(format, reply), read(format, usual)].map(({ choices }) => choices)
    expect(said).toEqual(meant!)
    // But for the role, which chat then says first, the events are those there always are.
    if (name.endsWith('chat') && format.isOpenAi) expect(reply.frames).toHaveLength(usual.frames.length + 1)
    else expect(texts(reply)).toEqual(texts(usual))
  })

  test('without the option all of it comes with the first chunk', () =>
    expect(due(prepare(format, { flags: FLAGS }))[0]).toBe(300))

  test('a whole answer is as it was', () => {
    const ask = { stream: false }
    expect(texts(prepare(format, { flags: EARLY, ask }))).toEqual(
      texts(prepare(format, { flags: FLAGS, ask })),
    )
    expect(due(prepare(format, { flags: EARLY, ask }))).toEqual([400])
  })
})

const [chat] = formats as readonly [Format]

test('a call begins with a role without content, as at OpenAI', () =>
  expect(texts(prepare(chat, { flags: { ...EARLY, content: 'tools' } }))[0]).toContain(
    '"delta":{"role":"assistant","content":null}',
  ))

test('of several choices each opens', () => {
  const reply = prepare(chat, { flags: EARLY, ask: { choices: 3 } })
  expect(due(reply).slice(0, 4)).toEqual([20, 20, 20, 300])
})

test('no content: the role is said once', () => {
  const reply = prepare(chat, { flags: { ...EARLY, chunkCount: '0' } })
  expect(texts(reply).filter((text) => text.includes('role'))).toHaveLength(1)
  expect(due(reply)).toEqual([20, 300, 300])
})

test('an early first chunk takes the opening along', () => {
  const flags = { chunkCount: '2', preambleMs: '300', ttftJitter: 'quantiles:10/10/10/10' }
  expect(due(prepare(chat, { flags }))[0]).toBe(10)
})

test('faults of chunks leave the opening as it is', () => {
  expect(due(prepare(chat, { flags: EARLY, pattern: 'stall:0:500' })).slice(0, 2)).toEqual([20, 800])
  expect(texts(prepare(chat, { flags: EARLY, pattern: 'end:0' }))[0]).toContain('"role"')
  expect(due(prepare(chat, { flags: EARLY, pattern: 'headers-then-hang' }))).toEqual([
    20,
    Number.POSITIVE_INFINITY,
  ])
})
