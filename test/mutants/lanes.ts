// Copies of the repository in which faults are tried, one after the other in each; the working tree is only read.
import { spawn, spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { groupBytes, type TestRun } from './mutant.ts'

/** What tests read, besides the packages. */
const NEEDED = [
  ...['src', 'test', '.github', '.ci'],
  ...['package.json', 'bun.lock', 'bunfig.toml', 'tsconfig.json', 'README.md', 'LICENSE'],
]

/** A fault may make tests take all the memory there is; usually they take a tenth of this. */
const MOST_BYTES = 3 * 2 ** 30
const LOOK_MS = 250

/** One copy. */
export interface Lane {
  readonly root: string
  /** Runs test files of the copy; kills them, and what they have started, when that takes longer, or too much memory. */
  run(tests: readonly string[], limitMs: number): Promise<TestRun>
}

/** State: a folder with the copies, and the tests that run. */
export class Lanes {
  readonly #folder = realpathSync(mkdtempSync(join(tmpdir(), 'mutants-')))
  readonly #running = new Set<number>()
  readonly lanes: readonly Lane[]

  constructor(root: string, count: number) {
    this.lanes = Array.from({ length: count }, (_, i) => this.#copy(root, String(i)))
  }

  #copy(root: string, name: string): Lane {
    const copy = join(this.#folder, name)
    // Short: there are sockets in it, whose paths have a limit.
    const temporary = join(this.#folder, `t${name}`)
    mkdirSync(copy)
    mkdirSync(temporary)
    for (const entry of NEEDED.filter((entry) => existsSync(join(root, entry))))
      cpSync(join(root, entry), join(copy, entry), { recursive: true })
    symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'))
    return { root: copy, run: (tests, limitMs) => this.#run(copy, temporary, tests, limitMs) }
  }

  /** In a group of processes of its own: with `--bail` whatever a test has started stays behind. */
  async #run(cwd: string, temporary: string, tests: readonly string[], limitMs: number): Promise<TestRun> {
    const args = ['test', '--timeout', '30000', '--bail', ...tests.map((file) => `./${file}`)]
    const child = spawn(process.execPath, args, {
      cwd,
      env: { ...process.env, TMPDIR: temporary, NO_COLOR: '1' },
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    })
    const { promise, resolve, reject } = Promise.withResolvers<number | null>()
    child.on('error', reject)
    child.on('exit', resolve)
    let output = ''
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (text: string) => (output += text))
    const read = Promise.all(
      [child.stdout, child.stderr].map((stream) => new Promise((end) => stream.on('close', end))),
    )
    const { pid } = child
    if (pid !== undefined) this.#running.add(pid)
    const limit = setTimeout(() => this.#kill(pid), limitMs)
    const look = setInterval(() => {
      if (pid !== undefined && groupBytes(pid, listProcesses()) > MOST_BYTES) this.#kill(pid)
    }, LOOK_MS)
    try {
      const code = await promise
      this.#kill(pid)
      await read
      return { code, output }
    } finally {
      clearTimeout(limit)
      clearInterval(look)
    }
  }

  #kill(pid: number | undefined): void {
    if (pid === undefined || !this.#running.delete(pid)) return
    try {
      process.kill(-pid, 'SIGKILL')
    } catch {
      // They have all gone.
    }
  }

  /** Ends what runs and removes the copies. */
  remove(): void {
    for (const pid of [...this.#running]) this.#kill(pid)
    rmSync(this.#folder, { recursive: true, force: true })
  }
}

/** Lines of a group and of kilobytes; nothing where there is no such program. */
function listProcesses(): string {
  return spawnSync('ps', ['-A', '-o', 'pgid=,rss='], { encoding: 'utf8' }).stdout ?? ''
}
