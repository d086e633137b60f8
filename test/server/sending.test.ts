// Replies on engine `socket`, without a socket: what is written, kept and cut.
import { expect, test } from 'bun:test'
import { wholeReply } from '../../src/replies/reply.ts'
import { Budget } from '../../src/server/budget.ts'
import { type Outlet, SocketPlayback } from '../../src/server/engines/sending.ts'
import { runOf, USUAL } from '../../src/server/engines/wire.ts'
import { IdSource } from '../../src/server/patch.ts'
import { Scheduler } from '../../src/server/scheduler.ts'
import { Tally } from '../../src/stats/tally.ts'

/** Takes as much as it is told to of each write, and notes the rest. */
function play(taken: (bytes: number) => number): { told: string[]; rest: string } {
  const told: string[] = []
  let rest = ''
  const outlet: Outlet = {
    write: (bytes) => taken(bytes.byteLength),
    keep: (bytes) => void (rest = Buffer.from(bytes).toString()),
    finish: () => void told.push('finish'),
    cut: () => void told.push('cut'),
  }
  const reply = wholeReply({ kind: 'whole', status: 200, body: '{"a":1}' }, {})
  const tally = new Tally({ nowMs: 0, cpuMicros: 0, unixMs: 0 }, 0)
  const stage = {
    scheduler: new Scheduler(),
    tally,
    process: tally,
    ids: new IdSource(0),
    bodies: new Budget(0),
  }
  const card = { kind: 'card', reply, counter: null, ledger: null, extra: null } as const
  const playback = new SocketPlayback(card, stage, performance.now(), true, outlet, USUAL)
  playback.begin()
  if (rest !== '') playback.resume()
  return { told, rest }
}

test.each([
  ['all of it: the reply is finished', (bytes: number) => bytes, ['finish'], ''],
  ['a part: the rest is kept, and the reply finished later', (bytes: number) => bytes - 3, ['finish'], ':1}'],
  // Of a connection that is paused Bun tells nobody that its client has gone.
  ['nothing, since the client has gone: the connection is cut', () => -1, ['cut'], ''],
])('%s', (_, taken, told, rest) => expect(play(taken)).toEqual({ told, rest }))

test.each([
  [200, '', 'Content-Length: 0'],
  [200, '{}', 'Content-Length: 2'],
  [204, '', undefined], // RFC 9110, 8.6: not where there can be no body
])('the length of a %d with %j', (status, body, line) => {
  const reply = wholeReply({ kind: 'whole', status, body }, {})
  const card = { kind: 'card', reply, counter: null, ledger: null, extra: null } as const
  const lines = runOf(card, USUAL, 0, 1, true).bytes.toString().split('\r\n')
  expect(lines.find((one) => /^content-length/i.test(one))).toBe(line)
})
