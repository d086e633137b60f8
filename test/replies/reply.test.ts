import { describe, expect, test } from 'bun:test'
import { prepareReply } from '../../src/replies/reply.ts'
import { frameEvent } from '../../src/replies/sse.ts'
import { scheduleSteps } from '../../src/replies/timing.ts'

const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes)

describe('prepareReply', () => {
  test('a stream: a frame per event, due at its step, equal events sharing their bytes', () => {
    const events = ['a', 'b', 'a', 'end', '[DONE]'].map((data, i) => ({ data, step: Math.min(i, 3) }))
    const reply = prepareReply({ kind: 'stream', status: 200, events }, Float64Array.of(5, 10, 15, 20))
    expect(reply.frames.map(text)).toEqual([
      'data: a\n\n',
      'data: b\n\n',
      'data: a\n\n',
      'data: end\n\n',
      'data: [DONE]\n\n',
    ])
    expect(reply.frames[0]).toBe(reply.frames[2]!)
    expect([...reply.dueMs]).toEqual([5, 10, 15, 20, 20])
    expect(reply.whole).toBe(false)
    expect([...reply.headers]).toEqual([
      ['cache-control', 'no-cache'],
      ['content-type', 'text/event-stream'],
      ['x-accel-buffering', 'no'],
    ])
  })

  test('a whole answer: one frame, at once, its own headers kept', () => {
    const answer = { kind: 'whole', status: 405, body: '{"ü":1}', headers: { Allow: 'GET' } } as const
    const reply = prepareReply(answer, Float64Array.of(50))
    expect(reply.status).toBe(405)
    expect(reply.frames.map(text)).toEqual(['{"ü":1}'])
    expect([...reply.dueMs]).toEqual([0])
    expect(reply.whole).toBe(true)
    expect([...reply.headers]).toEqual([
      ['allow', 'GET'],
      ['content-type', 'application/json'],
    ])
  })
})

test('frameEvent: LF only, one space, a blank line', () => expect(frameEvent('{}')).toBe('data: {}\n\n'))

test.each([
  [18, 50, 19, 50, 950],
  [0, 50, 1, 50, 50],
  [3, 0, 4, 0, 0],
  [2, 0.25, 3, 0.25, 0.75],
])('scheduleSteps: %d chunks, %p ms apart', (chunkCount, chunkDelayMs, steps, first, last) => {
  const stepMs = scheduleSteps({ chunkCount, chunkDelayMs })
  expect(stepMs).toHaveLength(steps)
  expect(stepMs[0]).toBe(first)
  expect(stepMs.at(-1)).toBeCloseTo(last, 9)
  for (let i = 1; i < stepMs.length; i++) expect(stepMs[i]! - stepMs[i - 1]!).toBeCloseTo(chunkDelayMs, 9)
})
