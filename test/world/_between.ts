// What stands in between in these tests: it is started here, asked there, and gone afterwards.
import { afterAll, expect } from 'bun:test'
import { chmodSync } from 'node:fs'
import { join } from 'node:path'
import type { CompareReport, ViaReport } from '../../src/bench/compare/report.ts'
import { claimPort } from '../../src/fleet/host.ts'
import { runToEnd, sourceCommand, temporaryFolder } from '../_helpers.ts'
import { leash } from '../_leash.ts'
import { statsOf } from '../fleet/_programs.ts'

/** What is in between may ask for it. */
export const KEY = 'sk-between-the-lines'
export const DELAY_MS = 20
/** What is installed, and what starts slowly. */
export const PATIENCE_MS = 300_000
const CHUNKS = 12

export interface Between {
  /** Where a file of this name lies, in a folder that is removed at the end. */
  path(name: string): string
  /** Starts a program that is ended at the end. */
  serve(command: readonly string[], environment?: Record<string, string>): void
  /** Writes `servers` into a configuration of nginx, and starts that. */
  serveNginx(nginx: string, http: string): Promise<void>
}

export function useBetween(): Between {
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
      stdio: ['ignore', 'ignore', 'inherit'],
      env: { ...process.env, ...environment },
    })
    leash(child)
    children.push(child)
  }

  async function serveNginx(nginx: string, http: string): Promise<void> {
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
        client_max_body_size 100m;
        ${temporary.map((name) => `${name}_temp_path ${path(name)};`).join('\n')}
        ${http}
      }`,
    )
    serve([nginx, '-p', folder.path, '-c', path('nginx.conf')])
  }

  return { path, serve, serveNginx }
}

export function freePort(): Promise<number> {
  return claimPort({ host: '127.0.0.1', port: 0 })
}

/** What the mock at `port` has answered as this upstream, by status. */
export async function countsOf(port: number, upstream: string): Promise<Record<string, number>> {
  const { requests } = await statsOf(port, `?upstream=${upstream}`)
  return Object.fromEntries(requests.byRoute.map(({ status, requests }) => [status, requests]))
}

/** What is told of each thing in between, which leads to `port`. */
export async function compare(port: number, vias: Readonly<Record<string, number>>): Promise<ViaReport[]> {
  const named = Object.entries(vias).flatMap(([name, at]) => ['--via', `${name}=http://127.0.0.1:${at}`])
  const settings = ['--rounds', '3', '--seconds', '0.5', '--connections', '4', '--json']
  const server = ['--', '-w', '1', '-d', String(DELAY_MS), '-c', String(CHUNKS)]
  const command = [...sourceCommand, 'compare', '--most-streams', '0', '--listen', `127.0.0.1:${port}`]
  const environment = { OPENAI_API_KEY: KEY }
  const ran = await runToEnd([...command, ...named, ...settings, ...server], [], environment, PATIENCE_MS)
  expect([ran.code, ran.stderr.split('\n').filter((line) => line.startsWith('mock-llm-api'))]).toEqual([
    0,
    [],
  ])
  return [...(JSON.parse(ran.stdout) as CompareReport).vias]
}

/** Every chunk came once and in order, and clients that left were told of. */
export function expectFaithful({ levels: [level], aborts }: ViaReport): void {
  expect(level).toMatchObject({ errors: 0, stream: { lost: 0, doubled: 0, reordered: 0, comments: 0 } })
  expect(aborts!.seen).toBeGreaterThan(0)
}
