// Deliberate faults of several upstreams, of phases, and of changes while they serve.
import type { Mutant } from './mutant.ts'

const FILE = 'test/config/configfile.test.ts'
const HOSTILE = 'test/config/ruleshostile.test.ts'
const PATCH = 'test/config/patch.test.ts'
const COURSE = 'test/config/course.test.ts'
const CHANGING = 'test/server/changing.test.ts'
const FRONT = 'test/server/front.test.ts'
const STEERING = 'test/server/steering.test.ts'
const CONTROL = 'test/server/control.test.ts'
const UPSTREAMS = 'test/server/upstreams.test.ts'
const ADMISSION = 'test/server/admission.test.ts'
const FLEET = 'test/fleet/control.test.ts'
const PROGRAM = 'test/fleet/upstreams.test.ts'

export const steeredConfig: readonly Mutant[] = [
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
    from: 'upstream.phases.map((phase) => patchedPhase(phase, change))',
    to: 'upstream.phases.map((phase, i) => (i === 0 ? patchedPhase(phase, change) : phase))',
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
    tests: [FILE],
    why: 'two phases begin at one moment',
  },
  {
    file: 'src/config/phases.ts',
    from: 'if (before === undefined && afterMs > 0) phases.push',
    to: 'if (before !== undefined && afterMs > 0) phases.push',
    tests: [FILE],
    why: 'a first phase that begins later is in force at once',
  },
  {
    file: 'src/config/phases.ts',
    from: 'from + ((to - from) * i) / count',
    to: 'from + ((to - from) * i) / (count + 1)',
    tests: [FILE],
    why: 'a ramp does not come to its end',
  },
  {
    file: 'src/config/configfile.ts',
    from: "outer.prefix !== '' && inner.prefix.startsWith(`${outer.prefix}/`)",
    to: "outer.prefix !== '' && inner.prefix.startsWith(outer.prefix)",
    tests: [FILE],
    why: 'a prefix that only begins like another is refused',
  },
  {
    file: 'src/config/configfile.ts',
    from: 'other !== null && one.port !== 0',
    to: 'other !== null',
    tests: [FILE, PROGRAM],
    why: 'two ports that the system picks are taken for one',
  },
  {
    file: 'src/config/yaml.ts',
    from: 'if (!entries.has(key)) entries.set(key, entry)',
    to: 'entries.set(key, entry)',
    tests: [FILE, HOSTILE],
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
    tests: [FILE],
    why: 'there is no place for anchors',
  },
  {
    file: 'src/config/configfile.ts',
    from: "(host.includes(':') || !other.host.includes(':'))",
    to: 'host === other.host',
    tests: [FILE],
    why: 'a port of all interfaces is taken for another one',
  },
  {
    file: 'src/config/configfile.ts',
    from: 'isEverywhere && port !== 0',
    to: 'isEverywhere',
    tests: [FILE],
    why: 'two ports that the system picks on all interfaces are taken for one',
  },
  {
    file: 'src/config/upstreams.ts',
    from: 'if (listen !== null || lost === undefined) return',
    to: 'if (listen !== null) return',
    tests: [FILE],
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

export const steered: readonly Mutant[] = [
  {
    file: 'src/server/changing.ts',
    from: 'pick: (head) => this.#current.rows[i]!.value.pick(head)',
    to: 'pick: row.value.pick',
    tests: [CHANGING, CONTROL],
    why: 'paths that are registered stay with the first desk',
  },
  {
    file: 'src/server/changing.ts',
    from: '(head) => this.#current.guard(pick)(head)',
    to: 'this.#current.guard(pick)',
    tests: [CHANGING],
    why: 'a key that has been changed still opens',
  },
  {
    file: 'src/server/front.ts',
    from: "path.length === prefix.length || path[prefix.length] === '/'",
    to: 'path.length >= prefix.length',
    tests: [FRONT, UPSTREAMS],
    why: '/slowly belongs to /slow',
  },
  {
    file: 'src/server/front.ts',
    from: "const rest = path.slice(place.prefix.length) || '/'",
    to: 'const rest = path.slice(place.prefix.length)',
    tests: [FRONT],
    why: 'a prefix alone is no path',
  },
  {
    file: 'src/server/front.ts',
    from: 'isGuarded ? places[0].desk.guard(pick) : pick',
    to: 'pick',
    tests: [FRONT],
    why: 'where all have prefixes no key is asked for',
  },
  {
    file: 'src/server/front.ts',
    from: "router.find(method === 'HEAD' ? 'GET' : method, path) ??",
    to: 'router.find(method, path) ??',
    tests: [FRONT],
    why: 'where all have prefixes HEAD is not GET',
  },
  {
    file: 'src/server/front.ts',
    from: "path: `${prefix}${path === '/' ? '' : path}`",
    to: 'path: `${prefix}${path}`',
    tests: [FRONT],
    why: 'what is at a prefix is registered behind a slash',
  },
  {
    file: 'src/server/desk.ts',
    from: 'if (prefixes.length > 0 && router.findAny(rest) !== undefined)',
    to: 'if (prefixes.length > 0 && rest === undefined)',
    tests: [UPSTREAMS],
    why: 'behind a prefix that is nobody’s it is not told where the path is served',
  },
  {
    file: 'src/server/admission.ts',
    from: 'const first = this.#oldest + this.#inside - kept',
    to: 'const first = this.#oldest',
    tests: [ADMISSION],
    why: 'a smaller limit counts the oldest of those let in',
  },
  {
    file: 'src/server/admission.ts',
    from: '    this.#inside = kept\n',
    to: '    this.#inside = 0\n',
    tests: [ADMISSION],
    why: 'with another limit a new second begins',
  },
  {
    file: 'src/server/steering.ts',
    from: 'const done = this.#last.then(() => this.#carryOut(order))',
    to: 'const done = Promise.resolve().then(() => this.#carryOut(order))',
    tests: [STEERING],
    why: 'two changes at once are made side by side',
  },
  {
    file: 'src/server/steering.ts',
    from: '    await this.#hands.apply(config, await this.#hands.readFiles(config))\n    this.#config = config\n',
    to: '    this.#config = config\n    await this.#hands.apply(config, await this.#hands.readFiles(config))\n',
    tests: [STEERING],
    why: 'what could not be applied is told to be served',
  },
  {
    file: 'src/server/steering.ts',
    from: 'this.#waiting >= MOST_WAITING',
    to: 'this.#waiting > 2 * MOST_WAITING',
    tests: [STEERING],
    why: 'any number of changes may wait',
  },
  {
    file: 'src/server/steering.ts',
    from: 'finally(() => this.#waiting--)',
    to: 'finally(() => this.#waiting)',
    tests: [STEERING],
    why: 'after a thousand changes no more are taken',
  },
  {
    file: 'src/server/steering.ts',
    from: 'thrown instanceof Unchangeable ? 409',
    to: 'thrown instanceof Unchangeable ? 400',
    tests: [STEERING, CONTROL],
    why: 'what cannot change is called a mistake',
  },
  {
    file: 'src/server/steering.ts',
    from: 'this.#hands.unixMs() - phases[wanted]!.afterMs',
    to: 'this.#hands.unixMs() + phases[wanted]!.afterMs',
    tests: [STEERING],
    why: 'a phase that is entered is yet to come',
  },
  {
    file: 'src/server/steering.ts',
    from: "if (order.verb === 'restore') this.#begin",
    to: "if (order.verb === 'patch') this.#begin",
    tests: [STEERING],
    why: 'phases begin anew with every change, and not with what takes them back',
  },
  {
    file: 'src/server/control.ts',
    from: '    steer === null ? off : {',
    to: '    steer === null ? answer({ status: 200, settings: {} }) : {',
    tests: [CONTROL],
    why: 'without --control changes seem to be made',
  },
  {
    file: 'src/server/changes.ts',
    from: 'return Bun.deepEquals(spec, upstream.spec)',
    to: 'return Bun.deepEquals(spec, null)',
    tests: [CONTROL],
    why: 'scripts of other upstreams begin anew with every change',
  },
]

export const steeredFleet: readonly Mutant[] = [
  {
    file: 'src/fleet/versions.ts',
    from: '    if (this.#assigned.get(worker) === version) return\n',
    to: '    return\n',
    tests: [FLEET],
    why: 'a worker that started during a change never hears of it',
  },
  {
    file: 'src/fleet/fleet.ts',
    from: '      this.#assignment = { ...this.#assignment, config, files }\n    })',
    to: '    })',
    tests: [FLEET],
    why: 'the replacement of a worker has the settings of the start',
  },
  {
    file: 'src/fleet/versions.ts',
    from: "    await this.#ask(members, { kind: 'commit', version })\n",
    to: '',
    tests: [FLEET],
    why: 'what has been prepared is never served',
  },
  {
    file: 'src/fleet/supervisor.ts',
    from: '      countWorkers({ ...changed, run: settled }) // a limit may be too small to be shared\n',
    to: '',
    tests: [FLEET],
    why: 'two workers share a limit of one',
  },
  {
    file: 'src/fleet/supervisor.ts',
    from: '    ? config.run.listen\n    : config.upstreams[0].listen',
    to: '    ? (addressesOf(config)[0] ?? null)\n    : config.upstreams[0].listen',
    tests: [PROGRAM],
    why: 'who is on the socket alone is served at the address of another',
  },
  {
    file: 'src/fleet/supervisor.ts',
    from: '      reloads(read)\n',
    to: '',
    tests: [PROGRAM],
    why: 'SIGHUP ends a program whose rules came by a change',
  },
  {
    file: 'src/fleet/readyfile.ts',
    from: 'placeOf(one.listen ?? listen, one.prefix)',
    to: 'placeOf(listen, one.prefix)',
    tests: [PROGRAM],
    why: 'all upstreams are told to be at one address',
  },
]
