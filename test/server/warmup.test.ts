// A worker is warm before it serves, and nobody notices how.
import { afterAll, expect, test } from 'bun:test'
import { readSettings } from '../../src/config/config.ts'
import { singleUpstream } from '../../src/config/upstreams.ts'
import { warmUp } from '../../src/server/warmup.ts'
import type { Report } from '../../src/stats/report.ts'
import { createdAt, engines, sourceCommand, start } from '../_helpers.ts'

const programs: ReturnType<typeof start>[] = []
afterAll(async () => {
  for (const { process } of programs) process.kill('SIGKILL')
  await Promise.all(programs.map(({ process }) => process.exited))
})

test.each(engines)('engine %s: what it did to get warm is in no number', async (engine) => {
  const flags = { engine, listen: '127.0.0.1:0', workers: '1', noWarmUp: 'false' }
  const program = start(sourceCommand, { ...flags, fault: 'status:429x1,ok', rateLimit: '10/s' })
  programs.push(program)
  const url = `http://127.0.0.1:${await program.port()}`
  const { requests, sent, faults } = (await (await fetch(`${url}/stats`)).json()) as Report
  expect([requests.total, sent.events, sent.bytes, faults.length]).toEqual([0, 0, 0, 0])
  expect((await fetch(`${url}/v1/chat/completions`, { method: 'POST' })).status).toBe(429)
})

test.each([
  {},
  { engine: 'socket' },
  { reply: 'json' },
  { reply: 'auto', engine: 'socket' },
  { chunkCount: '0' },
  { apiKey: 'k', maxBodyBytes: '1', maxOpen: '1', fault: 'hang', stamp: 'true' },
  { profile: 'reasoning' },
])('with %j it ends within a second or so, and leaves nothing listening', async (flags) => {
  const startedMs = performance.now()
  await warmUp({ config: singleUpstream(readSettings(flags, {})), createdAt })
  expect(performance.now() - startedMs).toBeLessThan(5000)
})
