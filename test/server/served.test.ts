// An upstream as it is served: rules that are read again reach what is served now, and what comes to be served.
import { expect, test } from 'bun:test'
import { readConfigFile } from '../../src/config/configfile.ts'
import { readRules } from '../../src/config/rulesfile.ts'
import { Complaints } from '../../src/server/complaints.ts'
import { createRoom } from '../../src/server/room.ts'
import { ServedUpstream } from '../../src/server/served.ts'
import { Tally } from '../../src/stats/tally.ts'
import { createdAt } from '../_helpers.ts'
import { cardOf, CHAT, headOf, textOf } from './_desk.ts'

const reading = { nowMs: 0, cpuMicros: 0, unixMs: 0 }
const bytes = new TextEncoder().encode('{"messages": []}')
const config = await readConfigFile(
  'reply: auto\nreplies: r.yaml\nphases: [{after: 0s}, {after: 1h}, {after: 2h}]',
  'c.yaml',
  { flags: { chunkDelayMs: '0' }, environment: {} },
)
const filesSaying = async (text: string) => ({
  texts: {},
  rules: { 'r.yaml': await readRules(`- when: {}\n  then: {text: ${text}}`, 'r.yaml') },
})

test('rules that are read again count in every phase, also after a change', async () => {
  let unixMs = 0
  const clock = { now: () => 0, later: () => {}, unixMs: () => unixMs, freshId: () => '' }
  const room = createRoom({ index: 0, workers: 1 }, clock, new Complaints(() => {}), new Tally(reading))
  const [spec] = config.upstreams
  const first = await filesSaying('FIRST')
  const upstream = new ServedUpstream(
    spec,
    {
      room,
      createdAt,
      files: first,
      newTally: (underWay) => new Tally(reading, 0, underWay),
      observed: [],
      prefixes: [],
      all: config.upstreams,
      isAlone: true,
      isSteered: true,
      mostSessions: 0,
    },
    0,
  )
  const said = (): string | undefined => {
    const choice = upstream.desk.match('POST', CHAT)(headOf('POST', CHAT, { 'content-length': '16' }))
    const card = cardOf(choice.kind === 'body' ? choice.pick(bytes) : choice)
    return /FIRST|SECOND|THIRD/.exec(textOf(card))?.[0]
  }
  const enter = (hours: number): void => upstream.begin(unixMs - hours * 3_600_000)
  expect(said()).toBe('FIRST')
  upstream.prepare(spec, first)()
  upstream.reload(await filesSaying('SECOND'))
  expect(said()).toBe('SECOND')
  enter(1)
  expect(said()).toBe('SECOND')
  upstream.reload(await filesSaying('THIRD'))
  for (const hours of [2, 1, 0]) {
    enter(hours)
    expect([hours, said()]).toEqual([hours, 'THIRD'])
  }
  upstream.end()
})
