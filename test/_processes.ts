// Other processes, as tests start and watch them, and waiting for a condition.
import type { GivenFlags } from '../src/config/config.ts'
import type { OptionName } from '../src/config/options.ts'
import { flagOf } from '../src/config/table.ts'
import { leash } from './_leash.ts'

/** Generous, for a busy machine; only a broken test ever waits so long. */
const PATIENCE_MS = 20_000

export interface Program {
  readonly process: Bun.Subprocess<'ignore', 'pipe', 'pipe'>
  /** All it has printed so far. */
  readonly output: { stdout: string; stderr: string }
  /** The port its banner names, once it has been printed. */
  port(): Promise<number>
}

/** Tests do not care how punctual the first seconds are, and start hundreds of workers. */
const COLD = { MOCK_LLM_NO_WARM_UP: 'true' }

/** Starts a program with flags as a Settings names them; extra arguments come last. */
export function start(
  command: readonly string[],
  flags: GivenFlags,
  environment: Record<string, string> = {},
): Program {
  const given = Object.entries(flags).map(([name, text]) => `${flagOf(name as OptionName)}=${text}`)
  const child = Bun.spawn([...command, ...given], {
    env: { ...process.env, ...COLD, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  leash(child)
  const output = { stdout: '', stderr: '' }
  void collect(child.stdout, (text) => (output.stdout += text))
  void collect(child.stderr, (text) => (output.stderr += text))
  return {
    process: child,
    output,
    port: async () => {
      const found = await until(() => {
        if (child.exitCode !== null) throw new Error(`ended with ${child.exitCode}: ${output.stderr}`)
        return /OPENAI_BASE_URL=https?:\/\/\S+:(\d+)\/v1/.exec(output.stdout)
      })
      return Number(found[1])
    },
  }
}

async function collect(stream: ReadableStream<Uint8Array>, take: (text: string) => void): Promise<void> {
  const decoder = new TextDecoder()
  for await (const bytes of stream) take(decoder.decode(bytes, { stream: true }))
}

/** Runs a program to its end. */
export async function runToEnd(
  command: readonly string[],
  args: readonly string[],
  environment: Record<string, string> = {},
  patienceMs = PATIENCE_MS,
): Promise<{ code: number; stdout: string; stderr: string }> {
  const child = Bun.spawn([...command, ...args], {
    env: { ...process.env, ...COLD, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: patienceMs,
  })
  leash(child)
  const [stdout, stderr, code] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited])
  return { code, stdout, stderr }
}

/** Waits until `probe` returns something other than undefined, null or false; its error ends the wait. */
export async function until<T>(
  probe: () => T | Promise<T>,
  patienceMs = PATIENCE_MS,
): Promise<NonNullable<T>> {
  const deadline = performance.now() + patienceMs
  for (;;) {
    const found = await probe()
    if (found !== undefined && found !== null && found !== false) return found
    if (performance.now() > deadline) throw new Error(`gave up waiting for: ${probe}`)
    await Bun.sleep(5)
  }
}

/** Whether a process is there and not a zombie. */
export function isAlive(pid: number): boolean {
  const { stdout } = Bun.spawnSync(['ps', '-o', 'stat=', '-p', String(pid)])
  const state = stdout.toString().trim()
  return state !== '' && !state.startsWith('Z')
}

/** The processes whose parent is `pid`. */
export function childrenOf(pid: number): number[] {
  const { stdout } = Bun.spawnSync(['ps', '-o', 'pid=,ppid=', '-A'])
  return [...stdout.toString().matchAll(/^\s*(\d+)\s+(\d+)$/gm)].flatMap(([, child, parent]) =>
    Number(parent) === pid ? [Number(child)] : [],
  )
}

/** Resident memory in bytes. */
export function residentBytes(pid: number): number {
  return Number(Bun.spawnSync(['ps', '-o', 'rss=', '-p', String(pid)]).stdout.toString()) * 1024
}
