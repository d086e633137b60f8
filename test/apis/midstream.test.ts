// Streams that break off with the provider's error: what a client sees is the chunks so far, the error, and nothing after it.
import { describe, expect, test } from 'bun:test'
import { body } from '../replies/_replies.ts'
import { type Format, formats, prepare, read, readStream } from './_readers.ts'

const MESSAGE = 'The server had an error while processing your request.'

/** The error with which a stream breaks off. */
const midstream: Readonly<Record<string, (sent: number) => unknown>> = {
  openai: () => ({ error: { message: MESSAGE, type: 'server_error', param: null, code: null } }),
  'OpenAI Responses': (sent) => ({
    type: 'error',
    code: 'server_error',
    message: MESSAGE,
    param: null,
    sequence_number: sent,
  }),
  anthropic: () => ({
    type: 'error',
    error: { type: 'overloaded_error', message: 'Overloaded' },
    request_id: 'req_mock',
  }),
  gemini: () => ({ error: { code: 503, message: MESSAGE, status: 'UNAVAILABLE' } }),
  ollama: () => ({ error: MESSAGE }),
  bedrock: () => ({ modelStreamErrorException: { message: MESSAGE } }),
  cohere: () => {
    const none = { input_tokens: 0, output_tokens: 0 }
    const usage = { billed_units: none, tokens: none }
    return { type: 'message-end', delta: { error: MESSAGE, finish_reason: 'ERROR', usage } }
  },
}

/** The text, the reasoning and the arguments so far. */
function saidBy({ choices }: ReturnType<typeof read>): string {
  return choices
    .map(({ text, reasoning, call }) => `${reasoning}${text}${String(call?.input ?? '')}`)
    .join('|')
}

const COUNT = 7

describe.each(formats.map((format) => [format.name, format] as const))(
  'a stream of %s',
  (_, format: Format) => {
    const errorOf =
      midstream[format.name] ??
      midstream[['azure', 'groq', 'mistral'].includes(format.provider) ? 'openai' : format.provider]!

    test.each(['text', 'tools', 'reasoning'] as const)(
      'of %s breaks off after any number of chunks',
      (content) => {
        for (const choices of format.isOpenAi ? [1, 3] : [1])
          for (const count of [0, COUNT])
            for (let chunks = 0; chunks <= count; chunks++) {
              const given = {
                flags: { chunkCount: String(count), content },
                ask: { choices, includeUsage: true },
              }
              const reply = prepare(format, { ...given, pattern: `error:${chunks}` })
              const events = reply.events.at(-1)! - 1
              const said = read(format, reply)
              const usual = read(format, prepare(format, given))
              expect(said.error).toEqual(errorOf(events))
              expect([said.isComplete, said.contentEvents]).toEqual([false, chunks * choices])
              for (const { finish } of said.choices) expect(finish).toBeNull()
              expect(reply.status).toBe(200)
              const whole = saidBy(usual)
              if (choices === 1 && content !== 'tools') expect(whole).toStartWith(saidBy(said))
              if (chunks === count && content === 'text') expect(saidBy(said)).toBe(count === 0 ? '' : whole)
            }
      },
    )

    test('the bytes before the error are those of the usual stream, and it has the name that the framing gives it', () => {
      for (const chunks of [0, 3, COUNT]) {
        const flags = { chunkCount: String(COUNT) }
        const usual = prepare(format, { flags })
        const reply = prepare(format, { flags, pattern: `error:${chunks}` })
        const before = Buffer.concat(reply.frames.slice(0, -1)).toString()
        expect(body(usual)).toStartWith(before)
        const last = body(reply).slice(before.length)
        const error = JSON.stringify(errorOf(reply.frames.length - 1))
        // What is no text has been read above.
        if (format.framing !== 'eventstream') expect(last).toBe(framed(format, error, before === ''))
        expect(reply.dueMs.at(-1)).toBe((chunks + 1) * 50)
        expect(reply.ending).toBe('close')
      }
    })
  },
)

/** The last event of a stream. */
function framed({ name, framing, provider }: Format, data: string, isFirst: boolean): string {
  if (framing === 'ndjson') return `${data}\n`
  if (framing === 'json-array') return `${isFirst ? '[' : ',\r\n'}${data}\n]`
  if (provider === 'gemini') return `data: ${data}\r\n\r\n`
  if (provider === 'cohere') return `event: message-end\ndata: ${data}\n\n`
  const hasNames = provider === 'anthropic' || name === 'OpenAI Responses'
  return `${hasNames ? 'event: error\n' : ''}data: ${data}\n\n`
}

describe('the readers notice', () => {
  const chat = formats[0]!
  const usual = body(prepare(chat, { flags: { chunkCount: '2' } }))
  test.each([
    ['what follows the end', `${usual}data: {}\n\n`, 'something follows the end'],
    [
      'a missing finish',
      usual.replace(/data: [^\n]*"stop"[^\n]*\n\n/, ''),
      'every choice ends before [DONE]',
    ],
    ['an event that is cut', usual.slice(0, -2), 'a blank line'],
    ['another id', usual.replace('chatcmpl-mock', 'chatcmpl-other'), 'id, object, created and model'],
    [
      'a second role',
      usual.replace('"delta":{"content"', '"delta":{"role":"assistant","content"'),
      'the role',
    ],
  ])('%s', (_, text, why) => expect(() => readStream(chat, text)).toThrow(why))
})
