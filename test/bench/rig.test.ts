// The processes of a measurement: a plan reaches a client whatever its size.
import { afterAll, expect, test } from 'bun:test'
import { Rig } from '../../src/bench/drive.ts'
import { probe, renderRequest } from '../../src/bench/probe.ts'
import { serveInProcess, sourceCommand } from '../_helpers.ts'

const rig = new Rig(sourceCommand)
afterAll(() => rig.clear())

test('a client measures replies of 25,000 events', async () => {
  const server = serveInProcess({ chunkCount: '25000', chunkDelayMs: '0' })
  try {
    const url = new URL(`http://127.0.0.1:${server.port}/v1/chat/completions`)
    const request = renderRequest(url, undefined)
    const { delimiter, events, steps } = await probe(url, request)
    const plan = {
      host: url.hostname,
      port: server.port,
      request,
      delimiter,
      events,
      connections: 1,
      rate: null,
      rampMs: 0,
      warmMs: 0,
      measureMs: 500,
      due: { ttftMs: 0, delayMs: 0, steps },
    }
    const { errors, events: arrived } = await rig.load(plan, 1)
    expect(errors).toBe(0)
    expect(arrived).toBeGreaterThan(0)
  } finally {
    await server.stop(0)
  }
}, 60_000)
