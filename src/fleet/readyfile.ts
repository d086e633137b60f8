// The ready file: where the program serves, for whoever has started it and waits. It is there as long as all workers serve.
import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import type { RunSettings } from '../config/config.ts'
import { messageOf, RunError } from '../config/errors.ts'
import { formatAddress } from '../config/format.ts'
import type { Address } from '../config/parsers.ts'
import { STDOUT } from '../config/servingoptions.ts'
import type { Upstream } from '../config/upstreams.ts'
import { reachable } from './banner.ts'

/** What it says; `null` is what there is not. */
export interface Ready {
  readonly url: string | null
  readonly openaiBaseUrl: string | null
  readonly port: number | null
  /** The Unix socket. */
  readonly socket: string | null
  /** Of the process to send SIGTERM to. */
  readonly pid: number
  /** The certificate that a client must trust, where it is of our own making. */
  readonly certFile: string | null
  /** Where each upstream is, by its name; absent where none has one. */
  readonly upstreams?: Readonly<Record<string, Pick<Ready, 'url' | 'openaiBaseUrl'>>>
}

interface ReadyConfig {
  readonly run: Pick<RunSettings, 'listen' | 'socket'>
  readonly upstreams: readonly Pick<Upstream, 'name' | 'listen' | 'prefix'>[]
}

export function describeReady(
  { run: { listen, socket }, upstreams }: ReadyConfig,
  certFile: string | null,
  isTls: boolean,
  pid: number,
): Ready {
  const placeOf = (address: Address | null, prefix = ''): Pick<Ready, 'url' | 'openaiBaseUrl'> => {
    const url = address && `${isTls ? 'https' : 'http'}://${formatAddress(reachable(address))}${prefix}`
    return { url, openaiBaseUrl: url && `${url}/v1` }
  }
  const named = upstreams.filter(({ name }) => name !== '')
  return {
    ...placeOf(listen),
    port: listen && listen.port,
    socket: socket === '' ? null : socket,
    pid,
    certFile,
    ...(named.length > 0 && {
      upstreams: Object.fromEntries(
        named.map((one) => [one.name, placeOf(one.listen ?? listen, one.prefix)]),
      ),
    }),
  }
}

/** Takes away what an earlier run has left, and tries whether it can be written. @throws RunError saying why it cannot */
export function clearReady(path: string): void {
  if (path === '' || path === STDOUT) return
  attempt(path, () => {
    writeFileSync(beside(path), '')
    rmSync(beside(path))
    rmSync(path, { force: true })
  })
}

/** It is there as a whole or not at all. @throws RunError saying why it cannot be written */
export function writeReady(path: string, ready: Ready): void {
  if (path === STDOUT) return void process.stdout.write(`${JSON.stringify(ready)}\n`)
  attempt(path, () => {
    writeFileSync(beside(path), `${JSON.stringify(ready, null, 2)}\n`)
    renameSync(beside(path), path)
  })
}

/** It is taken away when this run ends, unless another has put its own there. */
export function removeReady(path: string): void {
  try {
    const { pid } = JSON.parse(readFileSync(path, 'utf8')) as Ready
    if (pid === process.pid) rmSync(path)
  } catch {
    // There is none: it was not wanted, or is gone already.
  }
}

function beside(path: string): string {
  return `${path}.${process.pid}.tmp`
}

function attempt(path: string, run: () => void): void {
  try {
    run()
  } catch (thrown) {
    throw new RunError(`cannot write the ready file to ${path}: ${messageOf(thrown)}`)
  }
}
