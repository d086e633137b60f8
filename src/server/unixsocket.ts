// The Unix socket's file: claimed by the program, made by a worker, removed at the end. Nobody removes what somebody else has made.
import { existsSync, lstatSync, readFileSync, realpathSync, renameSync, rmSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { messageOf, RunError } from '../config/errors.ts'

/** The longest path that fits into a socket address (Linux: 108 bytes with the zero; 104 on macOS). */
const MAX_PATH_BYTES = 103

/** Which file it is, whatever else has been at the same path: device, number and time of birth. */
export type FileIdentity = string

/**
 * For the program, before it starts workers: removes what one that is gone has left at `path`.
 * @throws RunError when something answers there, or it is no socket, or it cannot be removed
 */
export async function claim(path: string): Promise<void> {
  try {
    const reason = await findObstacle(path)
    if (reason !== undefined) throw new Error(reason)
    rmSync(path, { force: true })
  } catch (thrown) {
    throw new RunError(`cannot listen on the socket ${path}: ${messageOf(thrown)}`)
  }
}

async function findObstacle(path: string): Promise<string | undefined> {
  const longest = Math.max(Buffer.byteLength(path), Buffer.byteLength(nameBeside(path)))
  if (longest > MAX_PATH_BYTES) return `the path has more than ${MAX_PATH_BYTES} bytes`
  if (!existsSync(dirname(path))) return 'there is no such folder'
  const found = lstatSync(path, { throwIfNoEntry: false })
  if (found === undefined) return undefined
  if (found.isSymbolicLink()) return 'it is a link: give the path where it leads'
  if (!found.isSocket()) return 'there is a file, and it is not a socket'
  if (isHeld(path) || (await answers(path))) return 'a program holds it; stop that, or choose another path'
  return undefined
}

/** The one name of the socket, whichever way its folder is reached. */
export function canonical(path: string): string {
  try {
    return join(realpathSync(dirname(path)), basename(path))
  } catch {
    return path // there is no such folder, as `claim` will say
  }
}

/**
 * For a worker: listens by `listen`, with `mode` in octal digits (`660`: whoever may write may connect) from the first moment. The socket is
 * made under another name and put in its place, since Bun removes at the end whatever has the name that it was given. `former`: what the
 * worker that this one replaces has left there, which is replaced.
 * @throws when there is anything else, or what `listen` throws
 */
export function listenAt<T>(
  path: string,
  mode: string,
  former: FileIdentity | undefined,
  listen: (path: string) => T,
): { readonly listening: T; readonly file: FileIdentity } {
  const there = identify(path)
  if (there !== undefined && there !== former)
    throw new RunError(`cannot listen on the socket ${path}: somebody else has put something there`)
  const beside = nameBeside(path)
  const before = process.umask(0o777 ^ Number.parseInt(mode, 8))
  try {
    const listening = listen(beside)
    renameSync(beside, path)
    return { listening, file: identify(path)! }
  } finally {
    process.umask(before)
    rmSync(beside, { force: true })
  }
}

/** Removes the socket if it is this one. */
export function remove(path: string, file: FileIdentity | undefined): void {
  if (file !== undefined && identify(path) === file) rmSync(path, { force: true })
}

function identify(path: string): FileIdentity | undefined {
  const found = lstatSync(path, { throwIfNoEntry: false, bigint: true })
  return found && `${found.dev}:${found.ino}:${found.birthtimeNs}`
}

/** A free name in the same folder, mostly no longer than its own. */
function nameBeside(path: string): string {
  return join(dirname(path), `.${crypto.randomUUID().slice(0, 7)}`)
}

/**
 * Whether a program has it open, be it too busy to answer or of another kind. Only Linux lists them; one that listens
 * under a relative path is not found.
 */
function isHeld(path: string): boolean {
  try {
    const lines = readFileSync('/proc/net/unix', 'utf8').split('\n')
    return lines.some((line) => line.endsWith(` ${resolve(path)}`))
  } catch {
    return false
  }
}

/** Whether anybody listens: a socket that nobody holds refuses connections. */
async function answers(path: string): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>()
  const socket = {
    open: (connection: Bun.Socket) => {
      resolve(true)
      connection.end()
    },
    connectError: (_: Bun.Socket, error: Error) =>
      resolve((error as { code?: string }).code !== 'ECONNREFUSED'),
    data: () => {},
  }
  Bun.connect({ unix: path, socket }).catch(() => {}) // connectError has been told
  return promise
}
