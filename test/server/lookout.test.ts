// What the numbers tell of a wrong set-up: what was asked for and is not served, and what a worker has open.
import { statSync } from 'node:fs'
import { afterEach, describe, expect, test } from 'bun:test'
import type { Config, GivenFlags } from '../../src/config/config.ts'
import type { Running } from '../../src/server/server.ts'
import type { Report } from '../../src/stats/report.ts'
import { rawClient, serveInProcess, until } from '../_helpers.ts'

let running: Running | undefined
afterEach(async () => {
  await running?.stop(0)
  running = undefined
})

const countsDescriptors = (statSync('/proc/self/fd', { throwIfNoEntry: false })?.size ?? 0) > 0

describe.each<Config['engine']>(['bun', 'socket'])('on engine %s', (engine) => {
  const serve = (flags: GivenFlags = {}): string => {
    running = serveInProcess({ engine, ...flags })
    return `http://127.0.0.1:${running.port}`
  }
  const statsOf = async (url: string, path = '', method = 'GET'): Promise<Report> =>
    (await (await fetch(`${url}/stats${path}`, { method })).json()) as Report

  test('paths that are not served, without their queries, until the window ends', async () => {
    const url = serve({ apiKey: 'secret' })
    for (const [method, path] of [
      ['POST', '/v1/chat/completion?key=secret'],
      ['GET', '/v1/chat/completions'],
      ['POST', '/v1/models/m:nothing'],
      ['DELETE', '/stats'],
      ['GET', '/health'],
      ['POST', '/v1/chats/completion'],
    ])
      await (await fetch(url + path, { method: method!, headers: { authorization: 'Bearer secret' } })).text()
    const expected = [
      'POST /v1/chats/completion',
      'DELETE /stats',
      'POST /v1/models/m:nothing',
      'GET /v1/chat/completions',
      'POST /v1/chat/completion',
    ]
    expect((await statsOf(url, '/reset', 'POST')).requests.unrouted).toEqual(expected)
    expect((await statsOf(url)).requests.unrouted).toEqual([])
  })

  test.skipIf(!countsDescriptors)(
    'connections are descriptors, also those that ask for nothing (Linux 6.2)',
    async () => {
      const url = serve()
      const before = (await statsOf(url)).descriptors.peak
      expect(before).toBeGreaterThan(2)
      const idle = await Promise.all(Array.from({ length: 40 }, () => rawClient(running!.port)))
      await until(async () => (await statsOf(url)).descriptors.peak >= before + 40)
      for (const { socket } of idle) socket.destroy()
      expect((await statsOf(url)).requests.peakOpen).toBe(0)
      const metrics = await (await fetch(`${url}/metrics`)).text()
      expect(metrics).toMatch(/^mock_llm_descriptors_peak \d+$/m)
    },
  )
})
