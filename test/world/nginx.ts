// nginx with a plain `proxy_pass` in front, which speaks HTTP/1.0 and closes: bodies of any size, to every kind of answer.
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import type { Running } from '../../src/server/server.ts'
import { engines, serveInProcess, until } from '../_helpers.ts'
import { answers, bodyOf } from '../server/_uploads.ts'
import { freePort, useBetween } from './_between.ts'

const nginx = Bun.which('nginx')
if (nginx === null) console.log('skipped: nginx is not on the PATH')
const SIZES = [2000, 100_000, 3_000_000]
/** At once, of each size. */
const TIMES = 4

describe.skipIf(nginx === null).each(engines)('engine %s behind nginx', (engine) => {
  const { serveNginx } = useBetween()
  const running: Running[] = []
  const ports: number[] = []

  beforeAll(async () => {
    for (const { flags } of answers) running.push(serveInProcess({ engine, ...flags }))
    for (const _ of answers) ports.push(await freePort())
    const servers = running.map(
      ({ port }, i) => `server {
        listen 127.0.0.1:${ports[i]};
        location / { proxy_pass http://127.0.0.1:${port}; }
        location /unbuffered/ { proxy_request_buffering off; proxy_pass http://127.0.0.1:${port}/; }
      }`,
    )
    await serveNginx(nginx!, servers.join('\n'))
    await until(() =>
      fetch(`http://127.0.0.1:${ports.at(-1)}/health`).then(
        () => true,
        () => false,
      ),
    )
  })
  afterAll(async () => {
    await Promise.all(running.map((server) => server.stop(0)))
  })

  test.each(answers.map((answer, i) => [answer.name, i] as const))(
    '%s',
    async (_, i) => {
      const answer = answers[i]!
      const { method = 'POST', path = '/v1/chat/completions', headers = '', status, ends } = answer
      const [name, value] = headers.trim().split(': ')
      const send = async (prefix: string, bytes: number): Promise<void> => {
        const response = await fetch(`http://127.0.0.1:${ports[i]}${prefix}${path}`, {
          method,
          body: bodyOf(answer, bytes),
          headers: value === undefined ? {} : { [name!]: value },
        })
        const text = await response.text()
        expect([prefix, bytes, response.status]).toEqual([prefix, bytes, status])
        expect(text).toEndWith(ends)
      }
      const all = ['', '/unbuffered'].flatMap((prefix) => SIZES.map((bytes) => ({ prefix, bytes })))
      for (let round = 0; round < TIMES; round++)
        await Promise.all(all.map(({ prefix, bytes }) => send(prefix, bytes)))
    },
    60_000,
  )
})
