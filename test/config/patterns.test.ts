import { describe, expect, test } from 'bun:test'
import { readConfig, type GivenFlags } from '../../src/config/config.ts'
import { faultKinds, type PatternAsk } from '../../src/config/faults.ts'
import { parseFaultPlan, parsePattern } from '../../src/config/patterns.ts'

describe('parsePattern', () => {
  test.each([
    ['ok', []],
    ['status:429', [['status', 429]]],
    ['refuse', [['refuse']]],
    ['stall:3:2000', [['stall', 3, 2000]]],
    ['slow:100/s', [['slow', 100]]],
    ['slow:100', [['slow', 100]]],
    [
      'stall:1:5+stall:4:5',
      [
        ['stall', 1, 5],
        ['stall', 4, 5],
      ],
    ],
    // In the order in which they are applied, however they were given.
    ['split:1+crlf+garbage:2', [['garbage', 2], ['crlf'], ['split', 1]]],
    ['no-done+no-finish', [['no-finish'], ['no-done']]],
    [
      'duplicate:1+duplicate:0',
      [
        ['duplicate', 1],
        ['duplicate', 0],
      ],
    ],
    ['done+error:2:429', [['error', 2, 429], ['done']]],
    ['bom+crlf+ids+multiline', [['multiline'], ['ids'], ['crlf'], ['bom']]],
  ] as [string, (string | number)[][]][])('%s', (text, faults) => {
    const pattern = parsePattern(text)
    expect(pattern.faults.map(({ kind, args }): (string | number)[] => [kind, ...args])).toEqual(faults)
    expect(pattern.text).toBe(text)
  })

  test('what is no fault but another reply', () => {
    expect(parsePattern('unicode+finish:length+split:2')).toEqual({
      text: 'unicode+finish:length+split:2',
      faults: [{ kind: 'split', args: [2] }],
      ask: { text: 'unicode', finish: 'length' },
    })
  })

  test.each([
    ['delta:null', { shape: { nullDelta: true } }],
    ['finish:absent', { shape: { reason: null } }],
    ['finish:empty', { shape: { reason: '' } }],
    ['finish:constructor', { shape: { reason: 'constructor' } }],
    [
      'finish:stop+usage:every+finish-with-content',
      { shape: { reason: 'stop', usage: 'every', joined: true } },
    ],
    ['content-filter+code', { text: 'code', finish: 'filter' }],
    ['split-name+no-arguments', { shape: { namePieces: true, noArguments: true } }],
  ] as [string, PatternAsk][])('%s asks for other chunks', (text, ask) =>
    expect(parsePattern(text).ask).toEqual(ask),
  )

  test.each([
    ['finish:a+finish:b', 'finish:VALUE once'],
    ['finish:length+content-filter', 'one of finish:length and content-filter'],
    ['finish:length+finish:stop', 'one of finish:length and finish:VALUE'],
    ['no-finish+finish:stop', 'one of no-finish and finish:VALUE'],
    ['no-finish+delta:null', 'one of no-finish and delta:null'],
    ['delta:null+finish-with-content', 'one of delta:null and finish-with-content'],
    ['no-done+after-done:1', 'one of no-done and after-done:N'],
    ['after-done:1+end:2', 'one of after-done:N and end:N'],
    ['ping:5+keepalive:5', 'one of ping:MS and keepalive:MS'],
    ['ping:5+merge:2', 'one of ping:MS and merge:K'],
    ['done', 'done joined with error:N[:CODE], and not alone'],
    ['done+abort:3', 'done joined with error:N[:CODE]'],
    ['usage:sometimes', "usage:WHEN with never, finish, every, always, not 'sometimes'"],
    ['usage:evry', 'did you mean every?'],
    ['finish:a b', 'finish:VALUE with absent, empty, or up to 64 letters'],
    ['swap:1+swap:2', 'swap:N once'],
    ['duplicate:1+crlf+duplicate:1', 'duplicate:N once'],
    ['abrt:5', 'abort:N, to name the nearest, or ok, status:CODE'],
    ['close-after:3', 'faults of one reply; there is --close-after K, which is an option'],
    ['gzip:9', "gzip, not 'gzip:9'"],
    ['gzipp', 'gzip, to name the nearest'],
    ['slow-haed:5', 'slow-head:BYTES/S, to name the nearest'],
    ['delta:nul', 'delta:null, to name the nearest'],
    ['constructor', 'ok, status:CODE, refuse'],
    ['', 'ok, status:CODE'],
    ['finish', "finish:VALUE, not 'finish'"],
    ['ok+crlf', 'ok alone'],
    ['abort', "abort:N, not 'abort'"],
    ['abort:', "abort:N with a whole number from 0 to 1000000, not ''"],
    ['abort:-1', "not '-1'"],
    ['abort:1:2', "abort:N, not 'abort:1:2'"],
    ['refuse:1', "refuse, not 'refuse:1'"],
    ['status:200', 'status:CODE with a whole number from 400 to 599'],
    ['split:0', 'split:BYTES with a whole number from 1'],
    ['merge:1', 'merge:K with a whole number from 2'],
    ['keepalive:0', 'keepalive:MS with milliseconds from 1'],
    ['stall:1:abc', 'stall:N:MS with milliseconds'],
    ['crlf+cr', 'one of crlf and cr'],
    ['hang+crlf', 'one of hang and crlf'],
    ['crlf+status:500', 'one of crlf and status:CODE'],
    ['error:1:500:2', "error:N[:CODE], not 'error:1:500:2'"],
    ['abort:1+end:2', 'one of abort:N and end:N'],
    ['no-done+abort:1', 'one of no-done and abort:N'],
    ['merge:2+split:1', 'one of merge:K and split:BYTES'],
    ['keepalive:5+merge:2', 'one of keepalive:MS and merge:K'],
    ['short+unicode', 'one of short and unicode'],
    ['crlf+crlf', 'crlf once'],
  ])('%s is refused', (text, message) => expect(() => parsePattern(text)).toThrow(message))

  test('21 kinds at once are refused', () =>
    expect(() => parsePattern('stall:0:1+'.repeat(20) + 'crlf')).toThrow('at most 16 kinds'))

  test('every kind that is offered can be typed', () => {
    for (const [kind, { form, args, ...row }] of Object.entries(faultKinds)) {
      const text = form
        .replace('[:CODE]', ':CODE')
        .replace(':CODE', ':500')
        .replace(/:(N|K|MS|BYTES(\/S)?)/g, ':2')
        .replace(':VALUE', ':absent')
        .replace(':WHEN', ':never')
        .replace(':HOW', ':missing')
      const { faults, ask } = parsePattern('needs' in row ? `${text}+${row.needs}:1` : text)
      expect(faults.length + Object.keys(ask).length).toBe('needs' in row ? 2 : 1)
      const takes = 'ask' in row && typeof row.ask === 'function' ? 1 : args.length
      expect(form.split(':').length - kind.split(':').length).toBe(takes)
    }
  })
})

describe('parseFaultPlan', () => {
  test('rates', () => {
    const { mode, entries } = parseFaultPlan('status:500@2%, abort:5@0.25%')
    expect(mode).toBe('rates')
    expect(entries.map(({ pattern, ...rest }) => [pattern.text, rest])).toEqual([
      ['status:500', { percent: 2 }],
      ['abort:5', { percent: 0.25 }],
    ])
    expect(parseFaultPlan('crlf')).toMatchObject({ entries: [{ percent: 100 }] })
    expect(parseFaultPlan('')).toEqual({ mode: 'rates', entries: [] })
  })

  test.each([
    ['status:429x2,ok', [2, null]],
    ['status:429x2', [2]],
    ['status:429,ok', [1, null]],
    ['ok,refusex3,status:500', [1, 3, null]],
    ['split:1x2,ok', [2, null]],
  ] as [string, (number | null)[]][])('the script %s', (text, times) => {
    const plan = parseFaultPlan(text)
    expect(plan.mode).toBe('script')
    expect(plan.mode === 'script' && plan.entries.map((entry) => entry.times)).toEqual(times)
  })

  test.each([
    ['status:500@60%,abort:1@50%', 'sum up to 100 % at most, not 110 %'],
    ['status:500,abort:1', 'sum up to 100 % at most, not 200 %'],
    ['status:500@0%', 'rates above 0 %'],
    ['status:500@101%', 'up to 100 %'],
    ['status:500@0.001%', 'at most 2 decimals'],
    ['status:500@10', 'a % behind the rate, as in status:500@10%'],
    ['status:429@0.1', 'a % behind the rate, as in status:429@0.1%, or status:429@10% if a share is meant'],
    [
      'crlf+stall:1:2@1',
      'a % behind the rate, as in crlf+stall:1:2@1%, or crlf+stall:1:2@100% if a share is meant',
    ],
    ['status:500@0.001', 'rates above 0 %'],
    ['status:500@0', 'rates above 0 %'],
    ['status:500@101', 'up to 100 %'],
    ['status:500@x', 'rates above 0 %'],
    ['status:500@1@2%', 'rates above 0 %'],
    ['status:500@5x2', 'either rates (@) or a script (x and ok)'],
    ['status:500x2@5%', 'either rates (@) or a script (x and ok)'],
    ['status:500@5%,ok', 'either rates (@) or a script (x and ok)'],
    ['status:500x0,ok', 'a whole number from 1'],
    ['status:500,', 'a pattern between commas'],
  ])('%s is refused', (text, message) => expect(() => parseFaultPlan(text)).toThrow(message))

  test('ten parts of ten percent are a hundred', () => {
    const entries = Array.from({ length: 10 }, (_, i) => `abort:${i}@10%`).join(',')
    expect(parseFaultPlan(entries).entries).toHaveLength(10)
  })
})

test.each([
  [{ fault: 'abort:19' }, 'abort:19 lies beyond the reply, which has 18 content chunks: N is at most 18'],
  [{ fault: 'stall:18:5' }, 'stall:18:5 lies beyond the reply, which has 18 content chunks: N is at most 17'],
  [{ fault: 'garbage:0', chunkCount: '0' }, 'garbage:0 needs 1 content chunk, and the reply has none'],
  [{ fault: 'swap:0', chunkCount: '1' }, 'swap:0 needs 2 content chunks, and the reply has 1'],
  [{ fault: 'delta:null', reply: 'json' }, 'delta:null needs a stream, and --reply json never sends one'],
  [
    { fault: 'call-index:missing' },
    'call-index:missing needs calls of tools, which replies have with --content',
  ],
  [{ fault: 'garbage:5+end:5' }, 'garbage:5 would never be seen, because end:5 ends the reply before it'],
  [{ fault: 'gzip!+br!' }, 'one of gzip! and br!'],
  [
    { fault: 'early-fin' },
    "early-fin needs --engine socket: with --engine bun what stands around a reply is Bun's",
  ],
  [{ fault: 'gzip', stamp: 'true' }, 'gzip contradicts --stamp'],
  [{ fault: 'no-terminator', reply: 'json', engine: 'socket' }, 'no-terminator needs a stream'],
  [{ fault: 'bad-chunk:18', engine: 'socket' }, 'bad-chunk:18 lies beyond the reply'],
  [{ fault: 'no-done', reply: 'json' }, 'no-done needs a stream, and --reply json never sends one'],
  [{ fault: 'split:1', chunkCount: '100000' }, 'split:1 would make a reply of about 30000000 pieces'],
  [{ fault: 'stall:0:86400000+keepalive:1' }, 'keepalive:1 would make a reply of about'],
  [{ fault: 'long+split:1', chunkCount: '8000' }, 'split:1 would make a reply of about 35168000 pieces'],
  [{ fault: 'keepalive:1', ttftMs: '86400000' }, 'keepalive:1 would make a reply of about'],
  [{ fault: 'long', chunkCount: '10000' }, 'make a reply of 40960000 bytes'],
  [{ text: 'short', chunkBytes: '9' }, '--chunk-bytes 9 contradicts --text short, whose chunks have 1 byte'],
  [{ text: 'unicode', chunkBytes: '3' }, 'cannot hold every character'],
  [{ text: 'poems' }, '--text does not accept'],
  [{ honor: 'thyself' }, '--honor does not accept'],
  [{ fault: 'abort:1@60%,abort:2@40.01%' }, 'rates that sum up to 100 % at most, not 100.01 %'],
  [{ rateLimit: '5' }, '--rate-limit does not accept'],
  [{ rateLimit: '0/s' }, '--rate-limit does not accept'],
] as [GivenFlags, string][])('%j is refused', (flags, message) =>
  expect(() => readConfig(flags, {})).toThrow(message),
)

test.each([
  [{ fault: 'abort:18' }],
  [{ fault: 'end:0', chunkCount: '0' }],
  [{ fault: 'garbage:4+end:5' }],
  [{ fault: 'merge:3', stamp: 'true' }],
  [{ fault: 'no-done', reply: 'auto' }],
  [{ fault: 'split-name', reply: 'auto' }],
  [{ fault: 'usage:never+finish:length', reply: 'json' }],
  [{ fault: 'split:9', chunkCount: '30000' }], // a million pieces, near the limit
  [{ fault: 'slow:6000', chunkCount: '100000' }], // in twentieths of a second, not in bytes
  [{ fault: 'stall:0:1000000+keepalive:1' }],
  [{ fault: 'keepalive:86400000', ttftMs: '86400000' }],
] as [GivenFlags][])('%j is possible', (flags) => expect(readConfig(flags, {}).fault.entries).toHaveLength(1))

test.each(['4', '65536'])('--text unicode with --chunk-bytes %s is possible', (chunkBytes) =>
  expect(readConfig({ text: 'unicode', chunkBytes }, {}).chunkBytes).toBe(Number(chunkBytes)),
)
