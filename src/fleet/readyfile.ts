// The ready file: where the program serves, for whoever has started it and waits. It is there as long as all workers serve.
import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import type { Config } from '../config/config.ts'
import { messageOf, RunError } from '../config/errors.ts'
import { formatAddress } from '../config/format.ts'
import { STDOUT } from '../config/servingoptions.ts'
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
}

export function describeReady(
  { listen, socket }: Pick<Config, 'listen' | 'socket'>,
  certFile: string | null,
  isTls: boolean,
  pid: number,
): Ready {
  const url = listen && `${isTls ? 'https' : 'http'}://${formatAddress(reachable(listen))}`
  return {
    url,
    openaiBaseUrl: url && `${url}/v1`,
    port: listen && listen.port,
    socket: socket === '' ? null : socket,
    pid,
    certFile,
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
