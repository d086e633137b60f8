// The command of the npm package: the executable of this platform, with the same words, streams, signals and exit code.
import { spawn } from 'node:child_process'
import { constants } from 'node:os'
import { findCommand } from './executable.ts'

/** The exit code of what cannot be started. */
const NOT_FOUND = 127

function launch(): void {
  const [file, ...words] = findCommand()
  const child = spawn(file, [...words, ...process.argv.slice(2)], { stdio: 'inherit' })
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => child.kill(signal))
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
