// The text in answers and in events, format by format.
import { describe, expect, test } from 'bun:test'
import { createTextCheck, textIn, textOfEvent } from '../../../src/bench/client/text.ts'
import { type FormatName, formatNames } from '../../../src/config/requests.ts'
import { named } from '../../_helpers.ts'

const parts = (...texts: string[]): object => ({ parts: texts.map((text) => ({ text })), role: 'model' })

describe('a chunk', () => {
  test.each(
    named<[FormatName, unknown, string]>([
      ['chat', { choices: [{ delta: { content: 'x' } }] }, 'x'],
      ['chat', { choices: [{ delta: {} }], usage: {} }, ''],
      ['chat', { choices: [{ delta: { role: 'assistant', content: '' } }] }, ''],
      ['chat', { choices: [{ delta: { content: null, reasoning_content: 'hm' } }] }, 'hm'],
      ['chat', { choices: [] }, ''],
      ['chat', { choices: [{ text: 'x', finish_reason: null }] }, 'x'],
      ['chat', { choices: [{ delta: { content: 7 } }] }, ''],
      ['responses', { type: 'response.output_text.delta', delta: 'x' }, 'x'],
      ['responses', { type: 'response.completed', response: { output: [{ content: [{ text: 'x' }] }] } }, ''],
      ['messages', { type: 'content_block_delta', delta: { type: 'text_delta', text: 'x' } }, 'x'],
      ['messages', { type: 'content_block_delta', delta: { type: 'thinking_delta', thinking: 'hm' } }, 'hm'],
      ['messages', { type: 'message_start', message: { role: 'assistant', content: [] } }, ''],
      ['gemini', { candidates: [{ content: parts('x') }] }, 'x'],
      ['gemini', { candidates: [{ content: parts('x', 'y') }] }, 'xy'],
      ['gemini', { candidates: [{ finishReason: 'STOP' }] }, ''],
      ['ollama', { message: { role: 'assistant', content: 'x' }, done: false }, 'x'],
      ['ollama', { message: { content: '', thinking: 'hm' }, done: false }, 'hm'],
      ['ollama', { response: 'x', done: false }, 'x'],
      ['ollama', { message: { content: '' }, done: true }, ''],
    ]),
  )('%s', (_, format, json, text) => expect(textIn(json, format, false)).toBe(text))

  test.each(formatNames)('of %s: nothing in what is none', (format) => {
    for (const json of [null, 7, 'x', [], {}, { error: 'no', message: 'failed' }, { choices: 'x' }])
      expect(textIn(json, format, false)).toBe('')
  })
})

test.each(
  named<[FormatName, unknown, string]>([
    ['chat', { choices: [{ message: { content: 'x' } }] }, 'x'],
    ['chat', { choices: [{ text: 'x' }] }, 'x'],
    ['chat', { choices: [{ delta: { content: 'x' } }] }, ''],
    ['responses', { output: [{ type: 'reasoning' }, { content: [{ text: 'x' }, { text: 'y' }] }] }, 'xy'],
    ['messages', { content: [{ type: 'thinking' }, { text: 'x' }, { text: 'y' }] }, 'xy'],
    ['gemini', { candidates: [{ content: parts('x', 'y') }] }, 'xy'],
    ['ollama', { message: { content: 'x' }, done: true }, 'x'],
    ['ollama', { response: 'x', done: true }, 'x'],
  ]),
)('a whole answer: %s', (_, format, json, text) => expect(textIn(json, format, true)).toBe(text))

describe('an event', () => {
  const chunk = (text: string): string => JSON.stringify({ choices: [{ delta: { content: text } }] })
  test.each([
    [`data: ${chunk('x')}`, 'x'],
    [`data:${chunk('x')}`, 'x'],
    [`event: y\ndata: ${chunk('x')}`, 'x'],
    [`: c\nid: 1\ndata: ${chunk('x')}`, 'x'],
    [`\uFEFFdata: ${chunk('x')}`, 'x'],
    [`event: y\r\ndata: ${chunk('x')}`, 'x'],
    ['data: {"choices":\rdata: [{"text":\rdata: "x"}]}', 'x'],
    ['data: {"choices":[{"text":\ndata\ndata: "x"}]}', 'x'],
    [chunk('x'), 'x'],
    [`data: ${chunk('a\u2028b\u2029c')}`, 'a\u2028b\u2029c'],
    [`data: ${chunk('a\u2028data: b')}`, 'a\u2028data: b'],
    ['data: [DONE]', ''],
    ['data', ''],
    ['event: ping', ''],
    [': data: {', ''],
  ])('%j', (event, text) => expect(textOfEvent(event, 'chat')).toBe(text))

  test.each(['data: {', 'data: x', 'data: [DONE] ', '{"a"'])('%j is no JSON', (event) =>
    expect(() => textOfEvent(event, 'chat')).toThrow(SyntaxError),
  )
})

test('whether there is text in events, also in many of them and again', () => {
  const hasText = createTextCheck('messages')
  const delta = (text: string): string => `data: ${JSON.stringify({ delta: { text } })}`
  for (let round = 0; round < 2; round++) {
    for (let i = 0; i < 100; i++) expect(hasText(delta(`${i}`))).toBe(true)
    expect(['data: {}', 'data: {', 'event: ping', delta('')].map(hasText)).toEqual([
      false,
      false,
      false,
      false,
    ])
  }
})
