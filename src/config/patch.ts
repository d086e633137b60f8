// Changes of upstreams while they serve, as JSON says them.
import { type GivenFlags, readSettings } from './config.ts'
import { UsageError } from './errors.ts'
import { readMapping } from './filekeys.ts'
import { keySynonyms, readTexts, runKeys, upstreamKeys } from './fileoptions.ts'
import type { OptionName } from './options.ts'
import { settingsOfRun } from './settings.ts'
import type { Config, Phase, Upstream } from './upstreams.ts'
import { Misplaced, readYaml } from './yaml.ts'

/** It cannot be changed while it serves; `message` says why. */
export class Unchangeable extends UsageError {}

/** A change of options. */
export interface Patch {
  /** As they would be typed. */
  readonly set: GivenFlags
  /** These are again what they were at the start. */
  readonly unset: readonly OptionName[]
}

/**
 * Reads a mapping of upstream options by their long names; null stands for what was at the start.
 * @throws UsageError naming what is not accepted; Unchangeable for what belongs to the run
 */
export async function readPatch(text: string): Promise<Patch> {
  return readYaml(text, 'body', (root) => {
    if (root === null) throw new Misplaced(0, 'is empty: it takes options, as in {"chunk-delay-ms": 20}')
    if (root.kind === 'mapping')
      for (const key of root.entries.keys())
        if (runKeys.has(key))
          throw new Unchangeable(`${key} cannot change while the program serves: start it again with another`)
    const entries = readMapping(root, 'a change', [...upstreamKeys.keys()], keySynonyms)
    const isUnset = (key: string): boolean => {
      const { value } = entries.get(key)!
      return value.kind === 'scalar' && value.value === null
    }
    const keys = [...entries.keys()]
    return {
      set: readTexts(
        new Map(keys.filter((key) => !isUnset(key)).map((key) => [key, entries.get(key)!])),
        upstreamKeys,
      ),
      unset: keys.filter(isUnset).map((key) => upstreamKeys.get(key)!),
    }
  })
}

/** All that has been changed. */
export function applyPatch(before: GivenFlags, { set, unset }: Patch): GivenFlags {
  const kept = Object.entries(before).filter(([name]) => !unset.includes(name as OptionName))
  return { ...Object.fromEntries(kept), ...set }
}

/**
 * A configuration with what has been changed of its upstreams, by their names: in all of their phases.
 * @throws UsageError when it contradicts something else, or comes to a reply that is too long
 */
export function patchedConfig(start: Config, changes: ReadonlyMap<string, GivenFlags>): Config {
  const upstreams = start.upstreams.map((upstream): Upstream => {
    const change = changes.get(upstream.name) ?? {}
    if (Object.keys(change).length === 0) return upstream
    const phases = upstream.phases.map((phase) => patchedPhase(upstream.name, phase, change))
    return { ...upstream, phases: phases as unknown as Upstream['phases'] }
  })
  return { ...start, upstreams: upstreams as unknown as Config['upstreams'] }
}

function patchedPhase(name: string, { afterMs, given, settings }: Phase, change: GivenFlags): Phase {
  const changed = { ...given, ...change }
  try {
    // What belongs to the run stays.
    const settled = { ...readSettings(changed, {}), ...settingsOfRun(settings) }
    return { afterMs, given: changed, settings: settled }
  } catch (thrown) {
    if (!(thrown instanceof UsageError) || name === '') throw thrown
    throw new UsageError(`${name}: ${thrown.message}`)
  }
}
