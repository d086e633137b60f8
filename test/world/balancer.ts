// nginx as a load balancer over three upstreams behind prefixes: each is asked as often as its weight says, and one that fails is gone around.
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import type { Running } from '../../src/server/server.ts'
import { engines, serveFile, until } from '../_helpers.ts'
import { countsOf, freePort, useBetween } from './_between.ts'

const nginx = Bun.which('nginx')
if (nginx === null) console.log('skipped: nginx is not on the PATH')
const WEIGHTS = { a: 5, b: 3, c: 2 }
const ROUNDS = 20
const PER_ROUND = 10

describe.skipIf(nginx === null).each(engines)('engine %s behind nginx', (engine) => {
  const { serveNginx } = useBetween()
  let mock: Running
  let url: string
  let through: string

  beforeAll(async () => {
    mock = await serveFile(
      `control: true
chunk-delay-ms: 0
upstreams: [{ name: a, prefix: /a }, { name: b, prefix: /b }, { name: c, prefix: /c }]
`,
      { engine },
    )
    url = `http://127.0.0.1:${mock.port}`
    const port = await freePort()
    const names = Object.entries(WEIGHTS)
    const ports = await Promise.all(names.map(freePort))
    // A server of `upstream` is an address and no path: what adds the prefix is a server too.
    await serveNginx(
      nginx!,
      `upstream providers {
        ${names.map(([, weight], i) => `server 127.0.0.1:${ports[i]} weight=${weight} max_fails=0;`).join('\n')}
      }
      server {
        listen 127.0.0.1:${port};
        location / { proxy_pass http://providers; proxy_next_upstream http_503 non_idempotent; }
      }
      ${names.map(([name], i) => `server { listen 127.0.0.1:${ports[i]}; location / { proxy_pass ${url}/${name}/; } }`).join('\n')}`,
    )
    through = `http://127.0.0.1:${port}/v1/chat/completions`
    await until(() =>
      fetch(`http://127.0.0.1:${port}/health`).then(
        ({ ok }) => ok,
        () => false,
      ),
    )
  })
  afterAll(async () => void (await mock.stop(0)))

  /** Asks through nginx, ten times at once, and tells who answered how often. */
  async function ask(): Promise<Record<string, number>> {
    await fetch(`${url}/stats/reset`, { method: 'POST' })
    const answered: Record<string, number> = {}
    for (let round = 0; round < ROUNDS; round++)
      await Promise.all(
        Array.from({ length: PER_ROUND }, async () => {
          const response = await fetch(through, { method: 'POST', body: '{"stream":true}' })
          expect(await response.text()).toEndWith('data: [DONE]\n\n')
          const who = `${response.status} ${response.headers.get('x-mock-upstream')}`
          answered[who] = (answered[who] ?? 0) + 1
        }),
      )
    return answered
  }

  test('each is asked as often as its weight says', async () => {
    expect(await ask()).toEqual({ '200 a': 5 * ROUNDS, '200 b': 3 * ROUNDS, '200 c': 2 * ROUNDS })
    for (const [name, weight] of Object.entries(WEIGHTS))
      expect([name, await countsOf(mock.port, name)]).toEqual([name, { 200: weight * ROUNDS }])
  })

  test('one that fails is asked, and gone around', async () => {
    const change = (method: string): Promise<Response> =>
      fetch(`${url}/control?upstream=b`, {
        method,
        ...(method === 'PATCH' && { body: '{"fault": "status:503"}' }),
      })
    expect((await change('PATCH')).status).toBe(200)
    const answered = await ask()
    expect(Object.keys(answered).toSorted()).toEqual(['200 a', '200 c'])
    expect(answered['200 a']! + answered['200 c']!).toBe(ROUNDS * PER_ROUND)
    expect(Object.keys(await countsOf(mock.port, 'b'))).toEqual(['503'])
    expect((await change('DELETE')).status).toBe(200)
    expect(Object.keys(await ask()).toSorted()).toEqual(['200 a', '200 b', '200 c'])
  })
})
