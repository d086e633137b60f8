// An upstream that changes: whichever desk is in force is asked, by its rows too.
import { expect, test } from 'bun:test'
import { Changing } from '../../src/server/changing.ts'
import type { SettledDesk } from '../../src/server/desk.ts'
import { cardOf, CHAT, headOf, lay, statusOf } from './_desk.ts'

const statuses = ['200', '500', '503']
const desks = statuses.map((status) => lay(status === '200' ? {} : { fault: `status:${status}` }).desk)
const head = headOf('POST', CHAT, { 'content-length': '2' })

/** By path, and as an engine asks that has registered the rows. */
function statusesOf(changing: Changing): number[] {
  const row = changing.rows.find(({ method, path }) => method === 'POST' && path === CHAT)!
  return [statusOf(changing.match('POST', CHAT)(head)), statusOf(row.value.pick(head))]
}

test('the first is asked, then whichever is entered', () => {
  const changing = new Changing((phase) => desks[phase]!, 0)
  expect(statusesOf(changing)).toEqual([200, 200])
  for (const [phase, status] of [
    [2, 503],
    [1, 500],
    [0, 200],
  ] as const) {
    changing.enter(phase)
    expect(statusesOf(changing)).toEqual([status, status])
  }
})

test('others take their place, the one that is named first', () => {
  const changing = new Changing(() => desks[0]!, 0)
  const { rows } = changing
  changing.replace((phase) => desks[phase + 1]!, 1)
  expect(statusesOf(changing)).toEqual([503, 503])
  expect(changing.rows).toBe(rows) // engines have them already
})

test('the desk of a phase is made when it is first asked, or before', () => {
  const made: number[] = []
  const make = (phase: number): SettledDesk => {
    made.push(phase)
    return desks[phase]!
  }
  const changing = new Changing(make, 0)
  changing.enter(1)
  changing.enter(2)
  expect(made).toEqual([0])
  changing.deskOf(1)
  expect(statusesOf(changing)).toEqual([503, 503])
  changing.enter(1)
  expect(statusesOf(changing)).toEqual([500, 500])
  expect(made).toEqual([0, 1, 2])
  changing.replace(make, 1)
  expect(made).toEqual([0, 1, 2])
  expect(statusesOf(changing)).toEqual([500, 500])
  expect(made).toEqual([0, 1, 2, 1])
})

test('what was dealt stays as it is', () => {
  const changing = new Changing((phase) => desks[phase]!, 0)
  const card = cardOf(changing.match('POST', CHAT)(head))
  const { frames } = card.reply
  changing.enter(1)
  expect(card.reply.status).toBe(200)
  expect(card.reply.frames).toBe(frames)
})

test('the same paths are served whatever the settings are', () => {
  const usual = lay({}).desk.rows.map(({ method, path }) => `${method} ${path}`)
  for (const flags of [
    { reply: 'auto', replies: 'r.yaml' },
    { fault: 'status:500', honor: 'fault', apiKey: 'k' },
    { model: 'a,b', rateLimit: '3/s', maxOpen: '2', noPage: 'true' },
    { profile: 'reasoning', content: 'reasoning' },
  ])
    expect(lay(flags).desk.rows.map(({ method, path }) => `${method} ${path}`)).toEqual(usual)
})

test('plans of faults begin anew in all of them', () => {
  const scripted = [lay({ fault: 'status:429x1,ok' }), lay({ fault: 'status:503x1,ok' })]
  const changing = new Changing((phase) => scripted[phase]!.desk, 0)
  const script = (): number[] => [0, 1].map(() => statusesOf(changing)[0]!)
  expect(script()).toEqual([429, 200])
  changing.enter(1)
  expect(script()).toEqual([503, 200])
  changing.restart()
  expect(script()).toEqual([503, 200])
  changing.enter(0)
  expect(script()).toEqual([429, 200])
})

test('the key is that of the desk in force', () => {
  const [open, locked] = [lay({}), lay({ apiKey: 'secret' })]
  const changing = new Changing((phase) => [open.desk, locked.desk][phase]!, 0)
  const has = (key: string): boolean | null =>
    changing.hasKey(headOf('GET', '/x', { authorization: `Bearer ${key}` }))
  expect(has('any')).toBeNull()
  changing.enter(1)
  expect([has('any'), has('secret')]).toEqual([false, true])
})

test('refusals and failures are those of the desk in force', () => {
  const changing = new Changing(() => lay({}).desk, 0)
  expect(changing.refuse(400, 'no', '/v1/messages').reply.status).toBe(400)
  expect(changing.fail(new Error('x')).reply.status).toBe(500)
})
