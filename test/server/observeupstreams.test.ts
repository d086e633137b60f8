// The numbers of several upstreams, asked for over HTTP.
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import type { Running } from '../../src/server/server.ts'
import type { Report } from '../../src/stats/report.ts'
import { serveInProcess } from '../_helpers.ts'
import { collectionOf, factsOf, seen, THREE } from '../stats/_upstreams.ts'

const collection = collectionOf([
  ['fast', 0, seen(100)],
  ['slow', 1, seen(20, 503)],
  ['slow', 1, seen(2, 200), 'a b'],
])
let named: Running
let unnamed: Running
let resets = 0
beforeAll(async () => {
  const collect = async (reset: boolean) => {
    if (reset) resets++
    return collection
  }
  named = serveInProcess({}, { facts: await factsOf(`sessions: 3\n${THREE}`), collect })
  unnamed = serveInProcess({})
})
afterAll(async () => void (await Promise.all([named, unnamed].map((server) => server.stop(0)))))

const ask = (server: Running, target: string, method = 'GET'): Promise<Response> =>
  fetch(`http://127.0.0.1:${server.port}${target}`, { method })

describe('/stats', () => {
  test.each([
    ['/stats', 122],
    ['/stats?upstream=fast', 100],
    ['/stats?upstream=slow', 22],
    ['/stats?upstream=other', 0],
    ['/stats?session=a%20b', 2],
    ['/stats?session=a+b&upstream=slow', 2],
    ['/stats?session=a+b&upstream=fast', 0],
    ['/stats?session=nobody', 0],
    ['/stats?buckets&upstream=fast', 100],
  ])('GET %s: %d requests', async (target, total) => {
    const report = (await (await ask(named, target)).json()) as Report
    expect(report.requests.total).toBe(total)
    expect('upstreams' in report).toBe(!target.includes('upstream='))
    expect('buckets' in report).toBe(target.includes('buckets'))
  })

  test.each([
    [() => named, 'nope', "No upstream is called 'nope': there are fast, slow, other."],
    [() => named, '', "No upstream is called '': there are fast, slow, other."],
    [() => unnamed, 'fast', "No upstream is called 'fast': there is one, which has no name."],
  ])('case %#: an unknown name is refused, and nothing is reset', async (server, name, message) => {
    for (const [method, path] of [
      ['GET', '/stats'],
      ['POST', '/stats/reset'],
    ] as const) {
      const response = await ask(server(), `${path}?upstream=${name}`, method)
      expect(response.status).toBe(404)
      expect(await response.json()).toEqual({
        error: { message, type: 'invalid_request_error', param: 'upstream', code: null },
      })
    }
    expect(resets).toBe(0)
  })

  test.each([
    [() => named, 'GET /stats?upsteam=fast', 'Did you mean upstream?'],
    [() => named, 'POST /stats/reset?upstream=fast', 'A reset goes for all upstreams and sessions.'],
    [() => named, 'POST /stats/reset?session=a', 'A reset goes for all upstreams and sessions.'],
    [() => unnamed, 'GET /stats?session=a', 'There are no sessions: --sessions N'],
  ])('case %#: what it does not take is refused, and nothing is reset', async (server, request, message) => {
    const [method, target] = request.split(' ')
    const response = await ask(server(), target!, method)
    expect([response.status, await response.text()]).toEqual([400, expect.stringContaining(message)])
    expect(resets).toBe(0)
  })

  test('POST /stats/reset begins a window', async () => {
    const report = (await (await ask(named, '/stats/reset', 'POST')).json()) as Report
    expect([report.requests.total, resets]).toEqual([122, 1])
  })
})

test('/metrics are of all, whatever is asked', async () => {
  const text = await (await ask(named, '/metrics?upstream=nope')).text()
  expect(text).toContain('mock_llm_events_sent_total{upstream="slow"} 440\n')
  expect(text).toContain('mock_llm_workers 1\n')
})
