// The command of the npm package: the executable of this platform, with the same words, streams, signals and exit code.
import { spawn } from 'node:child_process'
import { constants } from 'node:os'
import { STARTED_BY_VARIABLE } from '../config/role.ts'
import { findCommand } from './executable.ts'

/** The exit code of what cannot be started. */
const NOT_FOUND = 127
/** Not SIGHUP: to listen for it would undo `nohup`. Without a listener it ends this process, and then the program. */
const SIGNALS = ['SIGINT', 'SIGTERM'] as const

function launch(): void {
  const [file, ...words] = findCommand()
  const child = spawn(file, [...words, ...process.argv.slice(2)], {
    stdio: 'inherit',
    env: { ...process.env, [STARTED_BY_VARIABLE]: String(process.pid) },
  })
  // On Windows a signal would end the program at once; there Ctrl-C reaches it by itself.
  for (const signal of SIGNALS)
    process.on(signal, () => void (process.platform === 'win32' || child.kill(signal)))
  child.on('error', ({ message }) => fail(message))
  child.on('exit', (code, signal) => {
    process.exitCode = code ?? 128 + (signal === null ? 0 : constants.signals[signal])
  })
}

function fail(message: string): void {
  console.error(`mock-llm-api: ${message}`)
  process.exitCode = NOT_FOUND
}

try {
  launch()
} catch (thrown) {
  fail((thrown as Error).message)
}
