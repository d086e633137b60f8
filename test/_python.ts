// Python with packages in an environment of its own, made before the tests of a file and removed after them.
import { afterAll, beforeAll } from 'bun:test'
import { join } from 'node:path'
import { runToEnd, temporaryFolder } from './_helpers.ts'

const INSTALL_MS = 180_000

export interface Python {
  /** Where the environment lies. */
  readonly folder: string
  /** The program, or undefined where there is none. */
  readonly program: string | undefined
  /** Why there is none. */
  readonly reason: string
}

export function usePython(packages: readonly string[]): Python {
  const folder = temporaryFolder()
  let program: string | undefined
  let reason = ''
  afterAll(folder.remove)
  beforeAll(async () => {
    const found = Bun.which('python3') ?? Bun.which('python')
    if (found === null) return void (reason = 'Python is not on the PATH')
    const venv = await runToEnd([found, '-m', 'venv', folder.path], [], {}, INSTALL_MS)
    const own = join(folder.path, process.platform === 'win32' ? 'Scripts' : 'bin', 'python')
    if (venv.code !== 0) return void (reason = `no environment could be made: ${venv.stderr || venv.stdout}`)
    const pip = await runToEnd([own, '-m', 'pip', 'install', '--quiet', ...packages], [], {}, INSTALL_MS)
    if (pip.code !== 0) return void (reason = `the packages could not be installed: ${pip.stderr.trim()}`)
    program = own
  }, 2 * INSTALL_MS)
  return {
    folder: folder.path,
    get program() {
      return program
    },
    get reason() {
      return reason
    },
  }
}
