// The command `calibrate`: its progress, its output, and Ctrl-C.
import type { CalibrateConfig } from '../../config/calibrate.ts'
import { RunError } from '../../config/errors.ts'
import { plural } from '../../config/format.ts'
import { CLEAR_LINE } from '../../config/terminal.ts'
import { calibrate } from './calibrate.ts'
import { Rig } from '../client/rig.ts'
import { measureForeign } from './foreign.ts'
import { renderCalibration, renderForeign } from './render.ts'
import type { Surroundings } from './results.ts'

/** The exit code of a program that was ended by Ctrl-C. */
const SIGNALLED = 130

/**
 * Measures and prints. Progress goes to stderr: on a terminal one line that is replaced, elsewhere a line a step. `command` runs
 * this executable.
 * @throws RunError when something cannot be measured
 */
export async function runCalibrate(
  config: CalibrateConfig,
  command: readonly string[],
  known: Omit<Surroundings, 'progress'>,
): Promise<void> {
  const { isTTY } = process.stderr
  const say = (text: string): void => void process.stderr.write(isTTY ? `${CLEAR_LINE}${text}` : `${text}\n`)
  process.stdout.on('error', () => {}) // whoever read it has gone
  const rig = new Rig(command)
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.on(signal, () => {
      if (isTTY) process.stderr.write(CLEAR_LINE)
      void rig.clear().then(() => process.exit(SIGNALLED))
    })
  const surroundings: Surroundings = { ...known, progress: say }
  try {
    const [found, text] =
      config.url === null
        ? await calibrate(config, surroundings, rig).then(
            (result) => [result, renderCalibration(result)] as const,
          )
        : await measureForeign(config, config.url, surroundings, rig).then(
            (result) => [result, renderForeign(result)] as const,
          )
    if (isTTY) process.stderr.write(CLEAR_LINE)
    process.stdout.write(config.json ? `${JSON.stringify(found, null, 2)}\n` : text)
    if ('errors' in found && found.errors > 0)
      throw new RunError(`${plural(found.errors, 'request')} failed, the first because: ${found.error}`)
  } catch (thrown) {
    if (isTTY) process.stderr.write(CLEAR_LINE)
    throw thrown
  } finally {
    await rig.clear()
  }
}
