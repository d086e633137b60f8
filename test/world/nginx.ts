// nginx with a plain `proxy_pass` in front, which speaks HTTP/1.0 and closes: bodies of any size, to every kind of answer.
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { chmodSync } from 'node:fs'
import { join } from 'node:path'
import { claimPort } from '../../src/fleet/host.ts'
import type { Running } from '../../src/server/server.ts'
import { engines, serveInProcess, temporaryFolder, until } from '../_helpers.ts'
import { leash } from '../_leash.ts'
import { answers, bodyOf } from '../server/_uploads.ts'

const nginx = Bun.which('nginx')
if (nginx === null) console.log('skipped: nginx is not on the PATH')
const SIZES = [2000, 100_000, 3_000_000]
/** At once, of each size. */
const TIMES = 4

describe.skipIf(nginx === null).each(engines)('engine %s behind nginx', (engine) => {
  const folder = temporaryFolder()
  const running: Running[] = []
  const ports: number[] = []
  let proxy: Bun.Subprocess | undefined

  beforeAll(async () => {
    for (const { flags } of answers) running.push(serveInProcess({ engine, ...flags }))
    for (const _ of answers) ports.push(await claimPort({ host: '127.0.0.1', port: 0 }))
    chmodSync(folder.path, 0o777)
    const path = (name: string): string => join(folder.path, name)
    const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
    const servers = running.map(
      ({ port }, i) => `server {
        listen 127.0.0.1:${ports[i]};
        location / { proxy_pass http://127.0.0.1:${port}; }
        location /unbuffered/ { proxy_request_buffering off; proxy_pass http://127.0.0.1:${port}/; }
      }`,
    )
    await Bun.write(
      path('nginx.conf'),
      `daemon off;
      ${process.getuid?.() === 0 ? 'user root;' : ''}
      pid ${path('pid')};
      error_log ${path('error.log')};
      events {}
      http {
        access_log off;
        client_max_body_size 100m;
        ${temporary.map((name) => `${name}_temp_path ${path(name)};`).join('\n')}
        ${servers.join('\n')}
      }`,
    )
    proxy = Bun.spawn([nginx!, '-p', folder.path, '-c', path('nginx.conf')], {
      stdio: ['ignore', 'ignore', 'inherit'],
    })
    leash(proxy)
    await until(() =>
      fetch(`http://127.0.0.1:${ports.at(-1)}/health`).then(
        () => true,
        () => false,
      ),
    )
  })
  afterAll(async () => {
    proxy?.kill('SIGTERM')
    await proxy?.exited
    await Promise.all(running.map((server) => server.stop(0)))
    folder.remove()
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
