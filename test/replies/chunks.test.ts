// What the kinds of single chunks and of the end make of a stream, in every format: chunks that come twice, in another order or too late,
// and errors of any status, with an orderly end behind them or not.
import { describe, expect, test } from 'bun:test'
import { type Format, formats, prepare } from '../apis/_readers.ts'
import { countChunks } from '../../src/replies/reply.ts'
import { body, due, makeDeck, play, texts } from './_replies.ts'

const FLAGS = { chunkCount: '4' }

/** A stream without what stands around its events. */
function eventsOf(text: string, { framing }: Format): string[] {
  return framing === 'json-array' ? (JSON.parse(text) as unknown[]).map((one) => JSON.stringify(one)) : [text]
}

describe.each(formats.map((format) => [format.name, format] as const))('%s', (_, format: Format) => {
  const usual = prepare(format, { flags: FLAGS })
  const frames = format.framing === 'json-array' ? eventsOf(body(usual), format) : texts(usual)
  const first = usual.marks.findIndex(({ part }) => part === 'content')
  const read = (pattern: string): string[] => {
    const reply = prepare(format, { flags: FLAGS, pattern })
    return format.framing === 'json-array' ? eventsOf(body(reply), format) : texts(reply)
  }

  test('duplicate:N: chunk N comes twice, at its time', () => {
    for (const chunk of [0, 2, 3]) {
      const at = first + chunk
      expect(read(`duplicate:${chunk}`)).toEqual(frames.toSpliced(at, 0, frames[at]!))
      const reply = prepare(format, { flags: FLAGS, pattern: `duplicate:${chunk}` })
      expect(due(reply)).toEqual(due(usual).toSpliced(at, 0, due(usual)[at]!))
      expect(countChunks(reply, reply.frames.length)).toBe(4)
      expect(reply.faultMs).toBe(50 * (chunk + 1))
    }
    const [early, late] = [first, first + 2]
    expect(read('duplicate:2+duplicate:0')).toEqual(
      frames.toSpliced(late, 0, frames[late]!).toSpliced(early, 0, frames[early]!),
    )
  })

  test('swap:N: chunk N and the next change places, and keep the times', () => {
    for (const chunk of [0, 2]) {
      const [one, other] = [first + chunk, first + chunk + 1]
      expect(read(`swap:${chunk}`)).toEqual(frames.with(one, frames[other]!).with(other, frames[one]!))
      const reply = prepare(format, { flags: FLAGS, pattern: `swap:${chunk}` })
      expect(due(reply)).toEqual(due(usual))
      expect(countChunks(reply, first + chunk + 1)).toBe(chunk + 1)
    }
  })

  test('after-done:N: the last chunk comes again when all is over', () => {
    const last = frames[first + 3]!
    expect(read('after-done:1')).toEqual([...frames, last])
    expect(read('after-done:3')).toEqual([...frames, last, last, last])
    const reply = prepare(format, { flags: FLAGS, pattern: 'after-done:3' })
    expect(due(reply).slice(-4)).toEqual([250, 250, 250, 250])
    expect([reply.events.at(-1), countChunks(reply, reply.frames.length)]).toEqual([reply.frames.length, 4])
  })

  test('after-done:N without content: what the stream begins with comes again', () => {
    const flags = { chunkCount: '0' }
    const none = prepare(format, { flags })
    const reply = prepare(format, { flags, pattern: 'after-done:2' })
    expect(reply.frames).toHaveLength(none.frames.length + 2)
  })

  test('error:N:CODE: the error of that status, in the words of a refusal', () => {
    for (const status of [400, 429, 503, 529, 599]) {
      const events = read(`error:2:${status}`)
      expect(events.slice(0, first + 2)).toEqual(frames.slice(0, first + 2))
      const [error] = events.slice(first + 2)
      expect(events).toHaveLength(first + 3)
      const refused = body(play(`status:${status}`, {}, format.path))
      const { error: told, ...others } = JSON.parse(refused) as {
        error?: { message?: string }
        message?: string
      }
      const message = told?.message ?? others.message ?? refused
      expect(error).toContain(message.startsWith('{') ? refused : message)
    }
  })

  test('error:N+done: what ends a reply in order comes behind the error', () => {
    for (const code of ['', ':429']) {
      const failed = read(`error:2${code}`)
      const done = usual.marks.flatMap(({ part }, i) => (part === 'done' ? [frames[i]!] : []))
      expect(read(`error:2${code}+done`)).toEqual([...failed, ...done])
    }
    const reply = prepare(format, { flags: FLAGS, pattern: 'error:2+done' })
    expect([due(reply).at(-1), reply.events.at(-1)]).toEqual([150, reply.frames.length])
  })

  test('an answer that is one body stays as it is', () => {
    const { path, ask } = format
    for (const pattern of ['duplicate:1', 'swap:1', 'after-done:2'])
      expect(makeDeck({ pattern, path, flags: FLAGS, ask: { ...ask, stream: false } }).isApplied).toBe(false)
  })
})

test('of several choices each has the chunk that comes twice', () => {
  const usual = texts(play('ok', FLAGS, undefined, { choices: 3 }))
  const twice = texts(play('duplicate:1', FLAGS, undefined, { choices: 3 }))
  expect(twice).toEqual(usual.toSpliced(6, 0, ...usual.slice(3, 6)))
})

test('the numbers of the Responses API go on through an error of any status', () => {
  const codes = [
    ['500', 'server_error'],
    ['503', 'server_error'],
    ['429', 'rate_limit_exceeded'],
    ['400', 'invalid_request_error'],
  ] as const
  for (const [status, code] of codes) {
    const event = JSON.parse(
      /data: (.*)/.exec(texts(play(`error:1:${status}`, FLAGS, '/v1/responses')).at(-1)!)![1]!,
    )
    expect(event).toMatchObject({ type: 'error', code, sequence_number: 5 })
  }
})
