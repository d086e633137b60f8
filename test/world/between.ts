// Real things in between: what `compare` says of nginx, of HAProxy with and without the option that lets chunks through, and of the
// LiteLLM proxy.
import { afterAll, describe, expect, test } from 'bun:test'
import { chmodSync } from 'node:fs'
import { join } from 'node:path'
import type { CompareReport, ViaReport } from '../../src/bench/compare/report.ts'
import { claimPort } from '../../src/fleet/host.ts'
import { runToEnd, sourceCommand, temporaryFolder } from '../_helpers.ts'
import { leash } from '../_leash.ts'

/** What is in between may ask for it. */
const KEY = 'sk-between-the-lines'
const DELAY_MS = 20
const CHUNKS = 12
const LITELLM = 'litellm[proxy]==1.108.7'
const INSTALL_MS = 300_000

const folder = temporaryFolder()
chmodSync(folder.path, 0o777)
const path = (name: string): string => join(folder.path, name)
const children: Bun.Subprocess[] = []
afterAll(async () => {
  for (const child of children) {
    child.kill('SIGTERM')
    await child.exited
  }
  folder.remove()
})

function serve(command: readonly string[], environment: Record<string, string> = {}): void {
  const child = Bun.spawn([...command], {
    stdio: ['ignore', 'ignore', 'ignore'],
    env: { ...process.env, ...environment },
  })
  leash(child)
  children.push(child)
}

function freePort(): Promise<number> {
  return claimPort({ host: '127.0.0.1', port: 0 })
}

/** What is told of each thing in between, which leads to `port`. */
async function compare(port: number, vias: Readonly<Record<string, number>>): Promise<ViaReport[]> {
  const named = Object.entries(vias).flatMap(([name, at]) => ['--via', `${name}=http://127.0.0.1:${at}`])
  const settings = ['--rounds', '3', '--seconds', '0.5', '--connections', '4', '--json']
  const server = ['--', '-w', '1', '-d', String(DELAY_MS), '-c', String(CHUNKS)]
  const command = [...sourceCommand, 'compare', '--most-streams', '0', '--listen', `127.0.0.1:${port}`]
  const environment = { OPENAI_API_KEY: KEY }
  const ran = await runToEnd([...command, ...named, ...settings, ...server], [], environment, INSTALL_MS)
  expect([ran.code, ran.stderr.split('\n').filter((line) => line.startsWith('mock-llm-api'))]).toEqual([
    0,
    [],
  ])
  return [...(JSON.parse(ran.stdout) as CompareReport).vias]
}

/** Every chunk came once and in order, and clients that left were told of. */
function expectFaithful({ levels: [level], aborts }: ViaReport): void {
  expect(level).toMatchObject({ errors: 0, stream: { lost: 0, doubled: 0, reordered: 0, comments: 0 } })
  expect(aborts!.seen).toBeGreaterThan(0)
}

const nginx = Bun.which('nginx')
if (nginx === null) console.log('skipped: nginx is not on the PATH')

describe.skipIf(nginx === null)('nginx', () => {
  test('lets chunks through', async () => {
    const [mock, port] = [await freePort(), await freePort()]
    const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
    await Bun.write(
      path('nginx.conf'),
      `daemon off;
      ${process.getuid?.() === 0 ? 'user root;' : ''}
      pid ${path('pid')};
      error_log ${path('error.log')};
      events {}
      http {
        access_log off;
        ${temporary.map((name) => `${name}_temp_path ${path(name)};`).join('\n')}
        server {
          listen 127.0.0.1:${port};
          location / { proxy_pass http://127.0.0.1:${mock}; proxy_http_version 1.1; proxy_set_header Connection ""; }
        }
      }`,
    )
    serve([nginx!, '-p', folder.path, '-c', path('nginx.conf')])
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

test(
  'the LiteLLM proxy',
  async () => {
    const found = Bun.which('python3') ?? Bun.which('python')
    if (found === null) return console.log('skipped: Python is not on the PATH')
    const venv = await runToEnd([found, '-m', 'venv', path('venv')], [], {}, INSTALL_MS)
    if (venv.code !== 0)
      return console.log(`skipped: no environment could be made: ${venv.stderr || venv.stdout}`)
    const bin = (name: string): string => join(path('venv'), 'bin', name)
    const pip = await runToEnd(
      [bin('python'), '-m', 'pip', 'install', '--quiet', LITELLM],
      [],
      {},
      INSTALL_MS,
    )
    if (pip.code !== 0) return console.log(`skipped: it could not be installed: ${pip.stderr.trim()}`)
    const [mock, port] = [await freePort(), await freePort()]
    await Bun.write(
      path('litellm.yaml'),
      `model_list:
  - model_name: mock-model
    litellm_params:
      model: openai/mock-model
      api_base: http://127.0.0.1:${mock}/v1
      api_key: mock
`,
    )
    // It does not start without a key of its own, and takes half a minute and more to start.
    serve([bin('litellm'), '--config', path('litellm.yaml'), '--host', '127.0.0.1', '--port', String(port)], {
      LITELLM_LOCAL_MODEL_COST_MAP: 'True',
      LITELLM_TELEMETRY: 'False',
      LITELLM_MASTER_KEY: KEY,
    })
    const [via] = await compare(mock, { litellm: port })
    expect(via!.levels[0]!.stream).toMatchObject({ lost: 0, doubled: 0, reordered: 0 })
    expect(via!.levels[0]!.added.ttftP50!.median).toBeGreaterThan(0)
  },
  3 * INSTALL_MS,
)
