// How long answers took: streams and answers that are one body apart, whatever faults do to them.
import { afterEach, describe, expect, test } from 'bun:test'
import type { Settings, GivenFlags } from '../../src/config/config.ts'
import type { Running } from '../../src/server/server.ts'
import type { Report } from '../../src/stats/report.ts'
import { serveInProcess, until } from '../_helpers.ts'

let running: Running | undefined
afterEach(async () => {
  await running?.stop(0)
  running = undefined
})

/** TTFT 60 ms, and 200 ms for all of a reply. */
const TIMES: GivenFlags = { ttftMs: '60', chunkCount: '7', chunkDelayMs: '20' }

describe.each<Settings['engine']>(['bun', 'socket'])('on engine %s', (engine) => {
  test.each<[string, GivenFlags, string, Partial<Record<'ttftMs' | 'wholeMs', number>>]>([
    ['a stream', {}, '/v1/chat/completions', { ttftMs: 60 }],
    ['a whole reply', { reply: 'json' }, '/v1/chat/completions', { wholeMs: 200 }],
    ['embeddings take the TTFT', {}, '/v1/embeddings', { wholeMs: 60 }],
    ['whatever the kind of reply', { reply: 'json' }, '/v1/embeddings', { wholeMs: 60 }],
    ['no model counts tokens', {}, '/v1/messages/count_tokens', {}],
    ['nor lists them', {}, '/api/chat/nothing', {}],
    ['a stream in pieces', { fault: 'split:40' }, '/v1/chat/completions', { ttftMs: 60 }],
    ['a body in pieces', { reply: 'json', fault: 'split:40' }, '/v1/chat/completions', { wholeMs: 200 }],
    ['a body that stalls', { fault: 'stall:0:50' }, '/v1/embeddings', { wholeMs: 110 }],
    ['a refusal', { fault: 'status:500' }, '/v1/chat/completions', {}],
  ])('%s', async (_, flags, path, expected) => {
    running = serveInProcess({ engine, ...TIMES, ...flags })
    const url = `http://127.0.0.1:${running.port}`
    await (await fetch(url + path, { method: 'POST', body: '{}' })).text()
    const report = (await until(async () => {
      const told = (await (await fetch(`${url}/stats`)).json()) as Report
      return told.requests.open === 0 && told.requests.total === 1 && told
    })) as Report
    for (const name of ['ttftMs', 'wholeMs'] as const) {
      const { count, p50 } = report[name]
      expect([name, count]).toEqual([name, expected[name] === undefined ? 0 : 1])
      if (p50 !== null) expect(p50).toBeGreaterThanOrEqual(expected[name]! - 0.5)
    }
    const played = Object.keys(expected).length
    expect(report.requests.completed).toBe(played)
    const metrics = await (await fetch(`${url}/metrics`)).text()
    expect(metrics).toContain(`mock_llm_ttft_seconds_count ${report.ttftMs.count}\n`)
    expect(metrics).toContain(`mock_llm_whole_answer_seconds_count ${report.wholeMs.count}\n`)
  })
})
