// Configuration files as tests write them.
import { type Given, readConfigFile } from '../../src/config/configfile.ts'
import type { Config, Phase } from '../../src/config/upstreams.ts'

export const nothing: Given = { flags: {}, environment: {} }

export function read(text: string, given: Partial<Given> = {}): Promise<Config> {
  return readConfigFile(text, 'c.yaml', { ...nothing, ...given })
}

export async function refusalOf(text: string, given: Partial<Given> = {}): Promise<string> {
  return read(text, given).then(
    () => 'accepted',
    (thrown: unknown) => String(thrown),
  )
}

/** Time and some settings of each phase. */
export function courseOf(phases: readonly Phase[]): unknown[][] {
  return phases.map(({ afterMs, settings: { ttftMs, chunkDelayMs, fault } }) => [
    afterMs,
    ttftMs,
    chunkDelayMs,
    fault.entries.map(({ pattern }) => pattern.text).join(),
  ])
}
