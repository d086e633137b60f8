// Real things in between: what `compare` says of nginx, and of HAProxy with and without the option that lets chunks through.
import { describe, expect, test } from 'bun:test'
import { compare, DELAY_MS, expectFaithful, freePort, useBetween } from './_between.ts'

const { path, serve, serveNginx } = useBetween()

const nginx = Bun.which('nginx')
if (nginx === null) console.log('skipped: nginx is not on the PATH')

describe.skipIf(nginx === null)('nginx', () => {
  test('lets chunks through', async () => {
    const [mock, port] = [await freePort(), await freePort()]
    await serveNginx(
      nginx!,
      `server {
        listen 127.0.0.1:${port};
        location / { proxy_pass http://127.0.0.1:${mock}; proxy_http_version 1.1; proxy_set_header Connection ""; }
      }`,
    )
    const [via] = await compare(mock, { nginx: port })
    expectFaithful(via!)
    expect(via!.isSameText).toBe(true)
    expect(via!.levels[0]!.added.chunkP50!.median).toBeLessThan(DELAY_MS / 2)
  }, 120_000)
})

const haproxy = Bun.which('haproxy')
if (haproxy === null) console.log('skipped: HAProxy is not on the PATH')

describe.skipIf(haproxy === null)('HAProxy', () => {
  test('holds chunks back for about a gap, and does not with http-no-delay', async () => {
    const [mock, plain, prompt] = [await freePort(), await freePort(), await freePort()]
    const frontend = (name: string, port: number, option: string): string => `
      listen ${name}
        bind 127.0.0.1:${port}
        ${option}
        server mock 127.0.0.1:${mock}`
    await Bun.write(
      path('haproxy.cfg'),
      `global
        maxconn 2000
      defaults
        mode http
        timeout connect 5s
        timeout client 60s
        timeout server 60s
      ${frontend('plain', plain, '')}
      ${frontend('prompt', prompt, 'option http-no-delay')}
      `.replace(/^ {6}/gm, ''),
    )
    serve([haproxy!, '-f', path('haproxy.cfg')])
    const [held, through] = await compare(mock, { held: plain, through: prompt })
    for (const via of [held!, through!]) {
      expectFaithful(via)
      expect(via.isSameText).toBe(true)
    }
    const added = [held!, through!].map(({ levels }) => levels[0]!.added.chunkP50!.median)
    expect(added[0]).toBeGreaterThan(DELAY_MS / 2)
    expect(added[1]).toBeLessThan(DELAY_MS / 2)
  }, 120_000)
})
