import { expect, test } from 'bun:test'
import { type GivenFlags, readConfig } from '../../src/config/config.ts'
import { describeFaultPlan, describeReplies, describeReply } from '../../src/config/describe.ts'

test.each<[GivenFlags, string]>([
  [{}, '18 chunks, 50 ms apart, 950 ms in all'],
  [{ chunkCount: '1', chunkDelayMs: '1000' }, '1 chunk, 1 s apart, 2 s in all'],
  [{ chunkDelayMs: '0' }, '18 chunks, as fast as possible'],
  [
    { chunkDelayMs: '0', stamp: 'true', chunkBytes: '64' },
    '18 chunks, stamped, 64 bytes of text each, as fast as possible',
  ],
  [{ chunkCount: '0' }, 'no content, the first event after 50 ms, 50 ms in all'],
  [{ ttftMs: '300' }, '18 chunks, the first event after 300 ms, 50 ms apart, 1.2 s in all'],
  [
    { profile: 'hosted-small', chunkCountJitter: 'uniform:0.5' },
    '500 chunks (uniform:0.5), the first event after 658 ms (lognormal:0.3), 5.5 ms (lognormal:0.3) apart, 3.408 s in all on average',
  ],
  [
    { preambleMs: '40', ttftMs: '300' },
    '18 chunks, opened after 40 ms, the first chunk after 300 ms, 50 ms apart, 1.2 s in all',
  ],
  [
    { preambleMs: '0' },
    '18 chunks, opened after 0 ms, the first chunk after 50 ms, 50 ms apart, 950 ms in all',
  ],
  [{ ttftJitter: 'quantiles:1/2/3/4' }, '18 chunks, the first event after quantiles:1/2/3/4 ms, 50 ms apart'],
  [{ content: 'tools' }, '18 chunks, a tool call, 50 ms apart, 950 ms in all'],
  [{ content: 'reasoning' }, '18 chunks, half of it reasoning, 50 ms apart, 950 ms in all'],
  [{ chunkBytes: '1' }, '18 chunks, 1 byte of text each, 50 ms apart, 950 ms in all'],
  [
    { ttftJitter: 'normal:0.1' },
    '18 chunks, the first event after 50 ms (normal:0.1), 50 ms apart, 950 ms in all on average',
  ],
  [
    { chunkDelayMs: '0', ttftJitter: 'normal:0.1' },
    '18 chunks, the first event after 0 ms (normal:0.1), 0 ms apart, 0 ms in all on average',
  ],
  [{ chunkDelayMs: '0', ttftMs: '1' }, '18 chunks, the first event after 1 ms, 0 ms apart, 1 ms in all'],
  [
    { chunkCountJitter: 'normal:0.1', chunkDelayJitter: 'quantiles:1/2/3/4', ttftMs: '5' },
    '18 chunks (normal:0.1), the first event after 5 ms, quantiles:1/2/3/4 ms apart',
  ],
])('describeReply(%j)', (flags, text) => expect(describeReply(readConfig(flags, {}))).toBe(text))

test.each<[GivenFlags, string]>([
  [{}, '950 ms in all. Every reply streams, whatever is asked; --reply auto answers as asked.'],
  [{ reply: 'json' }, '950 ms in all, always whole.'],
  [{ reply: 'auto' }, '950 ms in all, streamed or whole as the request asks.'],
])('describeReplies(%j)', (flags, end) =>
  expect(describeReplies(readConfig(flags, {}))).toBe(`Each reply: 18 chunks, 50 ms apart, ${end}`),
)

test('faults, headers and limits are told each in its sentence', () => {
  expect(describeFaultPlan(readConfig({}, {}))).toEqual([])
  const all = {
    fault: 'hang@1%',
    honor: 'fault',
    rateLimit: '5/s',
    maxOpen: '9',
    engine: 'socket',
    closeAfter: '2',
  }
  expect(describeFaultPlan(readConfig(all, {}))).toEqual([
    'Faults: 1 % hang.',
    'The request header X-Test-Pattern picks a fault.',
    'Connections end after 2 replies.',
    'More than 5 requests per second or 9 replies under way get 429.',
  ])
})
