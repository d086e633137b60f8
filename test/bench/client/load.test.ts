// One client against servers that answer byte for byte what is written here.
import { describe, expect, test } from 'bun:test'
import type { LoadPlan } from '../../../src/bench/client/plan.ts'
import { targetTo } from '../_results.ts'
import { type Answer, EVENTS, load, OK, serve, UNTIL_CLOSE } from './_load.ts'

describe('answers that are right', () => {
  test.each([
    ['with a length', { say: OK }, false],
    ['that end with the connection', { say: UNTIL_CLOSE, close: true }, true],
    ['that say so', { say: OK.replace('Content', 'Connection: close\r\nContent'), close: true }, true],
    [
      'that say so, and leave the closing to the client',
      { say: OK.replace('Content', 'Connection: close\r\nContent') },
      true,
    ],
  ])('%s', async (_, answer, closes) => {
    const seen = serve(() => answer)
    const cpuMs = (): number => (process.cpuUsage().user + process.cpuUsage().system) / 1000
    const beforeMs = cpuMs()
    const result = await load(seen.port)
    expect(result.cpuMs).toBeLessThanOrEqual(cpuMs() - beforeMs)
    expect([result.errors, result.errorKinds]).toEqual([0, []])
    expect(result.requests).toBeGreaterThan(4)
    expect(result.events).toBe(result.ttft.count + result.gap.count)
    expect(result.latency.count).toBe(result.requests)
    expect(result.lateness.count).toBe(0)
    if (closes) expect(seen.connections).toBeGreaterThanOrEqual(result.requests)
    else expect(seen.connections).toBe(4)
  })
})

const closing = 'Connection: close\r\nContent'

test.each([
  ['another last event', { say: OK.replace('[DONE]', '[ENDE]') }, 'its last event is not [DONE]'],
  ['an event that does not end', { say: OK.replace(']\n\n', ']\nx') }, 'its last event does not end'],
  [
    'no event',
    { say: 'HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Length: 0\r\n\r\n' },
    'there are no events in it',
  ],
  ['another status', { say: OK.replace('200', '503') }, 'status 503'],
  ['another success', { say: OK.replace('200', '201') }, 'status 201'],
  [
    'another status, to the end of the connection',
    { say: UNTIL_CLOSE.replace('200', '503'), close: true },
    'status 503',
  ],
  [
    'half an event, to the end of the connection',
    { say: UNTIL_CLOSE.slice(0, -1).replace(']', ''), close: true },
    'its last event does not end',
  ],
  [
    'another last event, with the end of the connection',
    { say: OK.replace('[DONE]', '[ENDE]').replace('Content', closing), close: true },
    'its last event is not [DONE]',
  ],
  ['more than was asked for', { say: `${OK}HTTP` }, 'more bytes than asked for'],
  ['no HTTP', { say: 'nonsense\r\n\r\n' }, 'no HTTP/1.1 response: nonsense'],
  [
    'half a reply',
    { say: OK.slice(0, -1), close: true },
    'the connection was closed in the middle of a reply',
  ],
  ['nothing', { say: '', close: true }, 'the connection was closed in the middle of a reply'],
])('%s is an error, and the connection is replaced', async (_, answer, error) => {
  const seen = serve(() => answer)
  const result = await load(seen.port)
  expect(result.errorKinds).toEqual([[error, result.errors]])
  expect(result.errors).toBeGreaterThan(1)
  expect([result.requests, result.latency.count]).toEqual([0, 0])
  expect(seen.connections).toBeGreaterThan(1)
})

test('a server that is not there is an error', async () => {
  const result = await load(9)
  expect(result.errorKinds[0]![0]).toStartWith('cannot connect: ')
  expect(result).toMatchObject({ requests: 0, events: 0, underWay: 0 })
  expect(result.errors).toBeGreaterThan(0)
})

describe('what came before the measured time', () => {
  // Each connection gets its answers in the warm-up, and then none for ever.
  test.each([
    ['right answers', { say: OK }],
    ['wrong answers', { say: OK.replace('200', '503') }],
    ['half answers', { say: OK.slice(0, -20), close: true }],
  ])('%s: nothing of it is told', async (_, answer) => {
    const seen = serve((request) => (request < 4 ? answer : null))
    let before: number | undefined
    const result = await load(seen.port, { warmMs: 500 }, () => (before = seen.requests))
    expect(before).toBe(8)
    const { measuredMs, cpuMs, oldestMs, ...figures } = result
    const empty = { count: 0, sumMicros: 0, maxMicros: 0, buckets: [] }
    const histograms = { ttft: empty, gap: empty, latency: empty, lateness: empty }
    const counts = { requests: 0, events: 0, errors: 0, errorKinds: [], waiting: 0, underWay: 4, hung: 0 }
    expect(figures).toEqual({ ...counts, ...histograms, watched: null })
    // They wait since the warm-up, which counts for their age; only the measured time was measured.
    expect(oldestMs).toBeGreaterThan(measuredMs)
    expect(measuredMs).toBeGreaterThan(249)
    expect(cpuMs).toBeGreaterThan(0)
  })
})

describe('whole answers', () => {
  const JSON_OK = OK.replace(EVENTS, '{"a":"b"}').replace(/(?<=Length: )\d+/, '9')
  const asked = (port: number): Partial<LoadPlan> => ({ target: targetTo(port, { isWhole: true }) })

  test('are one event each, when their body begins', async () => {
    const seen = serve(() => ({ say: JSON_OK }))
    const { requests, events, errors, ttft, gap } = await load(seen.port, asked(seen.port))
    expect([requests > 4, errors]).toEqual([true, 0])
    expect([ttft.count, gap.count]).toEqual([events, 0])
    expect(events).toBeGreaterThanOrEqual(requests)
  })

  test.each([
    ['half of one', JSON_OK.replace('}', ' '), 'it is no whole JSON'],
    ['an empty one', 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n', 'it is empty'],
    ['a refusal', JSON_OK.replace('200', '429'), 'status 429'],
  ])('%s is an error', async (_, say, error) => {
    const seen = serve(() => ({ say }))
    const { requests, errors, errorKinds } = await load(seen.port, asked(seen.port))
    expect([requests, errorKinds]).toEqual([0, [[error, errors]]])
  })
})

test('every kind of error is counted for itself, in the order in which they came', async () => {
  const says = [OK.replace('200', '503'), OK.replace('DONE', 'ENDE'), 'nonsense\r\n\r\n', OK]
  const seen = serve((request) => ({ say: says[request] ?? OK.replace('200', '503') }))
  const { errors, errorKinds, requests } = await load(seen.port, { connections: 1, measureMs: 1000 })
  expect(requests).toBe(1)
  expect(errors).toBeGreaterThan(3)
  const [ended, nonsense] = ['its last event is not [DONE]', 'no HTTP/1.1 response: nonsense']
  expect(Object.fromEntries(errorKinds)).toEqual({ 'status 503': errors - 2, [ended!]: 1, [nonsense!]: 1 })
  // On a busy machine the first request may be over before the measuring begins.
  expect(errorKinds.map(([kind]) => kind).filter((kind) => !kind.startsWith('status'))).toEqual([
    ended!,
    nonsense!,
  ])
})

test.each([false, true])('what is refused is tried again, and not twice; by HTTP/2: %j', async (isHttp2) => {
  // A server without TLS: nobody is told apart from one whose certificate is not trusted.
  const seen = serve(() => null, OK)
  const target = targetTo(seen.port, { isHttp2 }, 'https')
  const { errors, errorKinds, measuredMs } = await load(seen.port, { target, connections: 1, measureMs: 400 })
  expect(errors).toBeGreaterThan(0)
  expect(errorKinds).toHaveLength(1)
  expect(seen.connections).toBeLessThanOrEqual(2 + measuredMs / 100)
})

describe('stamps', () => {
  const stamped = (number: number): string => {
    const text = `${String(number).padStart(8, '0')}@${Date.now() * 1000} `
    return `data: ${JSON.stringify({ choices: [{ delta: { content: text } }] })}\n\n`
  }
  const answer = (...numbers: number[]): Answer => {
    const body = `: hello\n\n${numbers.map(stamped).join('')}data: [DONE]\n\n`
    return {
      say: `HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
    }
  }
  const watch = { chunks: 3, text: '   ', offsetMicros: 0 }

  test('are watched, in replies that are whole', async () => {
    const seen = serve((request) => (request < 3 ? answer(0, 2, 1) : { say: OK.replace('200', '503') }))
    const { requests, watched } = await load(seen.port, { watch, connections: 1 })
    expect(requests).toBe(3)
    expect(watched).toMatchObject({
      replies: 3,
      chunks: 9,
      reordered: 3,
      lost: 0,
      comments: 3,
      readEvents: 12,
    })
    expect(watched!.delay.count).toBe(9)
    expect(Math.abs(watched!.leastMicros!)).toBeLessThan(5_000_000)
  })

  test('of the warm-up are forgotten', async () => {
    const seen = serve((request) => (request < 3 ? answer(0, 1, 2) : null))
    let before: number | undefined
    const plan = { watch, connections: 1, warmMs: 500 }
    const { watched } = await load(seen.port, plan, () => (before = seen.requests))
    expect([before, watched!.replies, watched!.delay.count, watched!.leastMicros]).toEqual([4, 0, 0, null])
  })
})

test('a request of which nothing more is heard hangs; one that is young does not', async () => {
  const silent = serve(() => null)
  expect(await load(silent.port, { hungAfterMs: 100 })).toMatchObject({ underWay: 4, hung: 4 })
  expect(await load(silent.port, { hungAfterMs: 60_000 })).toMatchObject({ underWay: 4, hung: 0 })
  const begun = serve(() => ({ say: OK.slice(0, -20) }))
  expect(await load(begun.port, { hungAfterMs: 100 })).toMatchObject({ underWay: 4, hung: 4 })
})
