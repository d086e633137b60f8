// The verdict on a client, through the server.
import { describe, expect, test } from 'bun:test'
import type { ClientVerdict } from '../../../src/stats/clientverdict.ts'
import { engines, serveInProcess } from '../../_helpers.ts'
import { useJournal } from './_journaled.ts'

describe.each(engines)('engine %s', (engine) => {
  const serve = useJournal(engine)

  test('the verdict, as JSON and as text', async () => {
    const { chat, get, url } = serve({ fault: 'status:429x1,ok', retryAfterMs: '60000' })
    expect(await get<ClientVerdict>('/verdict')).toMatchObject({
      sentence: 'There is no request to judge.',
      requests: 0,
    })
    await chat('{"a":1}', { 'x-test-session': 's' })
    await chat('{"a":1}', { 'x-test-session': 's' })
    await chat('{"b":1}', { 'x-test-session': 't' })
    const verdict = await get<ClientVerdict>('/verdict')
    expect(verdict.findings).toMatchObject([
      { rule: 'retried-too-early', severity: 'error', evidence: ['0-0', '0-1'] },
    ])
    expect(await get<ClientVerdict>('/verdict?session=t')).toMatchObject({
      sentence: 'There is nothing to object to: 1 request was judged.',
      findings: [],
    })
    for (const response of [
      await fetch(`${url}/verdict?text`),
      await fetch(`${url}/verdict`, { headers: { accept: 'text/plain' } }),
    ]) {
      expect(response.headers.get('content-type')).toBe('text/plain;charset=utf-8')
      expect(await response.text()).toStartWith(
        'There is 1 objection: 3 requests were judged.\nerror   retried-too-early: 0-0 (POST',
      )
    }
  })

  test.each(['abort:2', 'end:2', 'error:2', 'error:2+done', 'split:9+end:2'])(
    '%s, and a client that goes on with what it has',
    async (fault) => {
      const { chat, get } = serve({ fault: `${fault}x1,ok` })
      await chat('{"messages":[{"role":"user","content":"Hi"}]}')
      const messages = [
        { role: 'user', content: 'Hi' },
        { role: 'assistant', content: 'Hello world' },
        { role: 'user', content: 'Go on' },
      ]
      await chat(JSON.stringify({ messages }))
      expect((await get<ClientVerdict>('/verdict')).findings).toMatchObject([
        {
          rule: 'took-cut-for-whole',
          evidence: ['0-0', '0-1'],
          sentence: expect.stringContaining('was cut after 2 chunks, and 0-1 goes on'),
        },
      ])
    },
  )
})

test('a verdict for which many bodies are looked into is made in slices', async () => {
  const flags = { journal: '1000', chunkDelayMs: '0', fault: 'end:2x1,ok', noWarmUp: 'true' }
  const running = serveInProcess({ engine: 'socket', ...flags })
  try {
    const url = `http://127.0.0.1:${running.port}`
    const messages = [
      { role: 'user', content: 'x'.repeat(50_000) },
      { role: 'assistant', content: 'Hello world' },
    ]
    for (const body of ['{}', ...Array<string>(300).fill(JSON.stringify({ messages }))])
      await (await fetch(`${url}/v1/chat/completions`, { method: 'POST', body })).text()
    const { requests, findings, more } = (await (await fetch(`${url}/verdict`)).json()) as ClientVerdict
    expect([requests, findings.length, more]).toEqual([301, 20, { 'took-cut-for-whole': 280 }])
  } finally {
    await running.stop(0)
  }
})

test('a verdict of workers that have not answered says so, as JSON and as text', async () => {
  const running = serveInProcess(
    { journal: '5' },
    { askAll: async () => [], place: { index: 0, workers: 2 } },
  )
  const sentence = 'Nothing can be said: 2 of 2 workers have not answered in time.'
  try {
    const url = `http://127.0.0.1:${running.port}`
    expect(await (await fetch(`${url}/verdict`)).json()).toMatchObject({ sentence, missing: 2 })
    expect(await (await fetch(`${url}/verdict?text`)).text()).toBe(`${sentence}\n`)
    expect(await (await fetch(`${url}/requests`)).json()).toEqual({ requests: [], next: null, missing: 2 })
  } finally {
    await running.stop(0)
  }
})
