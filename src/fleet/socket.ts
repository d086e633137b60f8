// The Unix socket's file: taken over only from a program that is gone.
import { existsSync, lstatSync, readFileSync, rmSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { messageOf, RunError } from '../config/errors.ts'

/** The longest path that fits into a socket address (Linux: 108 bytes with the zero; 104 on macOS). */
const MAX_PATH_BYTES = 103

/**
 * Removes what a program that is gone has left at `path`.
 * @throws RunError when something answers there, or it is no socket, or it cannot be removed
 */
export async function claimSocket(path: string): Promise<void> {
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

/** Whether a program has it open, be it too busy to answer or of another kind (Linux, which lists them; a path
 * that was given relative to another folder tells nothing). */
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
