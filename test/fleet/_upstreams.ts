// Programs that serve what a configuration file says, and whatever is asked of their workers.
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { GivenFlags } from '../../src/config/config.ts'
import type { Ready } from '../../src/fleet/readyfile.ts'
import {
  chatRequest,
  type Program,
  type RawClient,
  rawClient,
  sourceCommand,
  start,
  until,
} from '../_helpers.ts'

export interface Served {
  readonly program: Program
  readonly pid: number
  readonly ready: Ready
  readonly port: number
  /** Where an upstream is. */
  at(name: string): string
}

let files = 0

/** Starts it with this file in `folder`; whoever calls ends what is in `running`. */
export async function serveYaml(
  { folder, running }: { readonly folder: string; readonly running: Set<Program> },
  yaml: string,
  flags: GivenFlags = {},
): Promise<Served> {
  const [config, readyFile] = ['yaml', 'json'].map((end) => join(folder, `${++files}.${end}`))
  await Bun.write(config!, yaml)
  const program = start(sourceCommand, {
    config: config!,
    readyFile: readyFile!,
    listen: '127.0.0.1:0',
    workers: '1',
    graceMs: '0',
    ...flags,
  })
  running.add(program)
  await until(() => {
    if (program.process.exitCode !== null) throw new Error(program.output.stderr)
    return existsSync(readyFile!)
  })
  const ready = JSON.parse(readFileSync(readyFile!, 'utf8')) as Ready
  return {
    program,
    pid: program.process.pid,
    ready,
    port: ready.port!,
    at: (name) => ready.upstreams![name]!.url!,
  }
}

export interface Told {
  readonly status: number
  readonly body: { readonly error?: { readonly message: string } } & Readonly<Record<string, unknown>>
}

/** Gives an order, or asks anything else that is answered with JSON. */
export async function order(port: number, method: string, path = '', body?: object): Promise<Told> {
  const response = await fetch(`http://127.0.0.1:${port}/control${path}`, {
    method,
    keepalive: false,
    ...(body && { body: JSON.stringify(body) }),
  })
  return { status: response.status, body: (await response.json()) as Told['body'] }
}

export interface Answered {
  readonly status: number
  readonly body: string
}

/** Asks on this connection, which is one worker's. */
export async function askOn(client: RawClient, path?: string): Promise<Answered> {
  client.send(chatRequest('', '{}', path))
  return client.response()
}

/** A connection to each of so many workers, by what tells the ids of one from those of another; it takes --unique-ids. */
export async function connectToAll(
  port: number,
  workers: number,
  path?: string,
): Promise<Map<string, RawClient>> {
  const byWorker = new Map<string, RawClient>()
  await until(async () => {
    const client = await rawClient(port)
    const [, worker] = /mock(\d{8})/.exec((await askOn(client, path)).body) ?? []
    if (worker !== undefined && !byWorker.has(worker)) byWorker.set(worker, client)
    else client.socket.destroy()
    return byWorker.size === workers
  })
  return byWorker
}

export function disconnect(clients: ReadonlyMap<string, RawClient>): void {
  for (const { socket } of clients.values()) socket.destroy()
}
