// Deliberate faults of what configuration files and changes are read as.
import type { Mutant } from './mutant.ts'

const FILE = 'test/config/configfile.test.ts'
const REFUSED = 'test/config/configrefused.test.ts'
const PHASES = 'test/config/phases.test.ts'
const HOSTILE = 'test/config/ruleshostile.test.ts'
const PATCH = 'test/config/patch.test.ts'
const COURSE = 'test/config/course.test.ts'
const STEERING = 'test/server/steering.test.ts'
const CONTROL = 'test/server/control.test.ts'
const PROGRAM = 'test/fleet/upstreams.test.ts'

export const steeredConfig: readonly Mutant[] = [
  {
    file: 'src/config/faults.ts',
    from: "return pattern.split('+').some((part) => {",
    to: 'return [pattern].some((part) => {',
    tests: ['test/stats/traces.test.ts'],
    why: 'a fault beside others breaks nothing',
  },
  {
    file: 'src/config/phases.ts',
    from: '  if (count >= room) throw',
    to: '  if (count > room) throw',
    tests: [PHASES, REFUSED],
    why: 'there may be a phase too many',
  },
  {
    file: 'src/config/filekeys.ts',
    from: 'return tree.source\n',
    to: 'return String(tree.value)\n',
    tests: [PATCH, FILE, REFUSED],
    why: 'a key of digits loses its first 0',
  },
  {
    file: 'src/config/fileoptions.ts',
    from: 'accept(key, value, parse, text, secret)',
    to: 'accept(key, value, parse, text)',
    tests: [PATCH, FILE, REFUSED],
    why: 'a key that is refused is told',
  },
  {
    file: 'src/config/settings.ts',
    from: 'isAlike ? first : {}',
    to: 'first',
    tests: [FILE, REFUSED],
    why: 'what is printed of quantiles in one phase contradicts itself',
  },
  {
    file: 'src/config/parsers.ts',
    from: '  return { host: usualHost(given),',
    to: '  return { host: given,',
    tests: [FILE, REFUSED, 'test/config/parsers.test.ts'],
    why: 'one address that is spelled in two ways is taken for two',
  },
  {
    file: 'src/config/upstreams.ts',
    from: "  if (lost === undefined && socket !== '')",
    to: "  if (lost === undefined && socket === 'x')",
    tests: [FILE, REFUSED],
    why: 'a socket is promised that nobody serves',
  },
  {
    file: 'src/config/patch.ts',
    from: '...readSettings(changed, {}), ...settingsOfRun(settings)',
    to: '...readSettings(changed, {})',
    tests: [PATCH],
    why: 'a change of an upstream forgets what belongs to the run',
  },
  {
    file: 'src/config/patch.ts',
    from: 'const changed = { ...given, ...change }',
    to: 'const changed = { ...change, ...given }',
    tests: [PATCH, STEERING],
    why: 'what was given at the start beats a change',
  },
  {
    file: 'src/config/patch.ts',
    from: 'upstream.phases.map((phase) => patchedPhase(upstream.name, phase, change))',
    to: 'upstream.phases.map((phase, i) => (i === 0 ? patchedPhase(upstream.name, phase, change) : phase))',
    tests: [PATCH],
    why: 'a change is over with the first phase',
  },
  {
    file: 'src/config/patch.ts',
    from: '!unset.includes(name as OptionName)',
    to: 'unset.length >= 0',
    tests: [PATCH, STEERING],
    why: 'null takes nothing back',
  },
  {
    file: 'src/config/patch.ts',
    from: '        if (runKeys.has(key))\n',
    to: "        if (key === 'workers')\n",
    tests: [PATCH],
    why: 'what cannot change is told to be unknown',
  },
  {
    file: 'src/config/settings.ts',
    from: '...phases[0].settings, ...settingsOfRun(run)',
    to: '...phases[0].settings, ...run',
    tests: [STEERING, CONTROL],
    why: 'of one upstream it is told what was at the start',
  },
  {
    file: 'src/config/phases.ts',
    from: 'before !== undefined && afterMs <= before',
    to: 'before !== undefined && afterMs < before',
    tests: [PHASES, REFUSED],
    why: 'two phases begin at one moment',
  },
  {
    file: 'src/config/phases.ts',
    from: 'if (before === undefined && afterMs > 0) phases.push',
    to: 'if (before !== undefined && afterMs > 0) phases.push',
    tests: [PHASES, REFUSED],
    why: 'a first phase that begins later is in force at once',
  },
  {
    file: 'src/config/phases.ts',
    from: 'from + ((to - from) * i) / count',
    to: 'from + ((to - from) * i) / (count + 1)',
    tests: [PHASES, REFUSED],
    why: 'a ramp does not come to its end',
  },
  {
    file: 'src/config/configfile.ts',
    from: "outer.prefix !== '' && inner.prefix.startsWith(`${outer.prefix}/`)",
    to: "outer.prefix !== '' && inner.prefix.startsWith(outer.prefix)",
    tests: [FILE, REFUSED],
    why: 'a prefix that only begins like another is refused',
  },
  {
    file: 'src/config/configfile.ts',
    from: 'other !== null && one.port !== 0',
    to: 'other !== null',
    tests: [FILE, REFUSED, PROGRAM],
    why: 'two ports that the system picks are taken for one',
  },
  {
    file: 'src/config/yaml.ts',
    from: 'if (!entries.has(key)) entries.set(key, entry)',
    to: 'entries.set(key, entry)',
    tests: [FILE, REFUSED, HOSTILE],
    why: 'what is merged beats the own keys of a mapping',
  },
  {
    file: 'src/config/yaml.ts',
    from: 'merged += tree.entries.size',
    to: 'merged = tree.entries.size',
    tests: [HOSTILE],
    why: 'mappings that are merged a thousand times fill the memory',
  },
  {
    file: 'src/config/yaml.ts',
    from: "key.value === MERGE && key.type === 'PLAIN'",
    to: 'key.value === MERGE',
    tests: [HOSTILE],
    why: 'in JSON << is no key',
  },
  {
    file: 'src/config/configfile.ts',
    from: "!key.startsWith('x-')",
    to: "key !== 'x-'",
    tests: [FILE, REFUSED],
    why: 'there is no place for anchors',
  },
  {
    file: 'src/config/configfile.ts',
    from: "(host.includes(':') || !other.host.includes(':'))",
    to: 'host === other.host',
    tests: [FILE, REFUSED],
    why: 'a port of all interfaces is taken for another one',
  },
  {
    file: 'src/config/configfile.ts',
    from: 'isEverywhere && port !== 0',
    to: 'isEverywhere',
    tests: [FILE, REFUSED],
    why: 'two ports that the system picks on all interfaces are taken for one',
  },
  {
    file: 'src/config/upstreams.ts',
    from: 'if (listen !== null || lost === undefined) return',
    to: 'if (listen !== null) return',
    tests: [FILE, REFUSED],
    why: 'listen: none is refused where each upstream has an address',
  },
  {
    file: 'src/config/course.ts',
    from: 'afterMs <= sinceMs - beganMs',
    to: 'afterMs < sinceMs - beganMs',
    tests: [COURSE],
    why: 'a phase is not in force at its very moment',
  },
  {
    file: 'src/config/course.ts',
    from: 'beganMs + next }',
    to: 'next }',
    tests: [COURSE],
    why: 'from the second round on the next phase is long over',
  },
  {
    file: 'src/config/course.ts',
    from: 'Math.max(0, Math.floor(sinceMs / loopMs))',
    to: 'Math.floor(sinceMs / loopMs)',
    tests: [COURSE],
    why: 'before it begins a loop is in a round of its own',
  },
]
