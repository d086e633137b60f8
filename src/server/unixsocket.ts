// The Unix socket's file: claimed by the program, taken over by each worker that replaces another, removed at the end.
import { chmodSync, existsSync, lstatSync, readFileSync, rmSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { messageOf, RunError } from '../config/errors.ts'

/** The longest path that fits into a socket address (Linux: 108 bytes with the zero; 104 on macOS). */
const MAX_PATH_BYTES = 103

/**
 * For the program, before it starts workers: removes what one that is gone has left at `path`.
 * @throws RunError when something answers there, or it is no socket, or it cannot be removed
 */
export async function claim(path: string): Promise<void> {
  const refuse = (reason: string): RunError => new RunError(`cannot listen on the socket ${path}: ${reason}`)
  if (Buffer.byteLength(path) > MAX_PATH_BYTES) throw refuse(`the path has more than ${MAX_PATH_BYTES} bytes`)
  if (!existsSync(dirname(path))) throw refuse('there is no such folder')
  const found = lstatSync(path, { throwIfNoEntry: false })
  if (found === undefined) return
  if (found.isSymbolicLink()) throw refuse('it is a link: give the path where it leads')
  if (!found.isSocket()) throw refuse('there is a file, and it is not a socket')
  if (isHeld(path) || (await answers(path)))
    throw refuse('a program holds it; stop that, or choose another path')
  try {
    rmSync(path)
  } catch (thrown) {
    throw refuse(messageOf(thrown))
  }
}

/** For a worker, before it listens: removes what the worker that it replaces has left. What is no socket stays, and fails it. */
export function takeOver(path: string): void {
  if (lstatSync(path, { throwIfNoEntry: false })?.isSocket()) rmSync(path)
}

/** For a worker that listens: `mode` in octal digits (`660`), whoever may write may connect. */
export function permit(path: string, mode: string): void {
  chmodSync(path, Number.parseInt(mode, 8))
}

/** For the program at its end: removes the file, unless it is somebody else's by now. */
export async function release(path: string): Promise<void> {
  await claim(path).catch(() => {}) // what cannot be claimed is not ours
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
