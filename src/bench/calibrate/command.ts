// The command `calibrate`: its output.
import type { Surroundings } from '../surroundings.ts'
import type { CalibrateConfig } from '../../config/calibrate.ts'
import { RunError } from '../../config/errors.ts'
import { plural } from '../../config/format.ts'
import { attend } from '../terminal.ts'
import { calibrate } from './calibrate.ts'
import { type ForeignReport, measureForeign } from './foreign.ts'
import { renderCalibration, renderForeign } from './render.ts'
import type { Calibration } from './results.ts'

/**
 * Measures and prints. `command` runs this executable.
 * @throws RunError when something cannot be measured
 */
export async function runCalibrate(
  config: CalibrateConfig,
  command: readonly string[],
  known: Omit<Surroundings, 'progress'>,
): Promise<void> {
  let own: Calibration | undefined
  let foreign: ForeignReport | undefined
  await attend(
    command,
    async (rig, progress) => {
      const given = { ...known, progress }
      if (config.url === null) own = await calibrate(config, given, rig)
      else foreign = await measureForeign(config, config.url, given, rig)
    },
    () => {
      const found = own ?? foreign
      if (found === undefined) return
      const text = own !== undefined ? renderCalibration(own) : renderForeign(foreign!)
      process.stdout.write(config.json ? `${JSON.stringify(found, null, 2)}\n` : text)
    },
  )
  if (foreign !== undefined && foreign.errors > 0)
    throw new RunError(
      `${plural(foreign.errors, 'request')} failed, the first because: ${foreign.errorKinds[0]![0]}`,
    )
}
