// What the commands that measure have in common: progress on stderr, children that end with them, and Ctrl-C.
import { messageOf } from '../config/errors.ts'
import { CLEAR_LINE } from '../config/terminal.ts'
import { Rig } from './client/rig.ts'

/** The exit code of a program that was ended by Ctrl-C. */
const SIGNALLED = 130

/**
 * Measures with `run` and then prints. Progress goes to stderr: on a terminal one line that is replaced, elsewhere a line a step.
 * `print` is called at the end, and also where a signal or an error ends it before. `command` runs this executable.
 */
export async function attend(
  command: readonly string[],
  run: (rig: Rig, progress: (text: string) => void) => Promise<void>,
  print: (isEnded: boolean) => void | Promise<void>,
): Promise<void> {
  const { isTTY } = process.stderr
  const clear = (): void => void (isTTY && process.stderr.write(CLEAR_LINE))
  process.stdout.on('error', () => {}) // whoever read it has gone
  const rig = new Rig(command)
  let isEnded = false
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.on(signal, () => {
      if (isEnded) return // under npm a Ctrl-C comes twice
      isEnded = true
      clear()
      void rig
        .clear()
        .then(() => print(true))
        .catch((thrown: unknown) => console.error(`mock-llm-api: ${messageOf(thrown)}`))
        .finally(() => process.exit(SIGNALLED))
    })
  const finish = async (): Promise<void> => {
    if (isEnded) await new Promise(() => {}) // what was killed has failed, of course
    clear()
    await rig.clear()
  }
  try {
    await run(rig, (text) => void process.stderr.write(isTTY ? `${CLEAR_LINE}${text}` : `${text}\n`))
  } catch (thrown) {
    await finish()
    await Promise.resolve(print(false)).catch((other) => console.error(`mock-llm-api: ${messageOf(other)}`))
    throw thrown
  }
  await finish()
  await print(false)
}
