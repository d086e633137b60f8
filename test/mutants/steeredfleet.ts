// Deliberate faults of changes in several processes.
import type { Mutant } from './mutant.ts'

const VERSIONS = 'test/fleet/versions.test.ts'
const FLEET = 'test/fleet/control.test.ts'
const PROGRAM = 'test/fleet/upstreams.test.ts'

export const steeredFleet: readonly Mutant[] = [
  {
    file: 'src/fleet/versions.ts',
    from: 'members.filter((worker) => workers.has(worker))\n    for',
    to: 'members\n    for',
    tests: [VERSIONS],
    why: 'a change waits 10 s for a worker that has died meanwhile',
  },
  {
    file: 'src/fleet/versions.ts',
    from: "await this.#ask([worker], { kind: 'commit', version })",
    to: "void this.#ask([worker], { kind: 'commit', version })",
    tests: [VERSIONS],
    why: 'nobody waits for a worker that is late',
  },
  {
    file: 'src/fleet/worker.ts',
    from: '      for (const message of early.splice(0)) hear(message)\n',
    to: '      early.length = 0\n',
    tests: [FLEET],
    why: 'a worker that is starting hears of no change',
  },
  {
    file: 'src/fleet/host.ts',
    from: 'const twin = known.get(place) ?? address',
    to: 'const twin = address',
    tests: ['test/fleet/host.test.ts'],
    why: 'of two names of one address, chance says whom a connection goes to',
  },
  {
    file: 'src/fleet/supervisor.ts',
    from: '  await refuseTwins(addressesOf(config))\n',
    to: '',
    tests: [PROGRAM],
    why: 'nobody looks whether two names are one address',
  },
  {
    file: 'src/fleet/supervisor.ts',
    from: '      refuseUnknownFiles(changed, fleet.files)\n',
    to: '',
    tests: [FLEET],
    why: 'a file that nobody has read is said to be served',
  },
  {
    file: 'src/fleet/files.ts',
    from: '(await isPipe(path)) ? known : await readRulesOf(path, given)',
    to: 'await readRulesOf(path, given)',
    tests: ['test/fleet/files.test.ts'],
    why: 'stdin is read again, where nothing is left of it',
  },
  {
    file: 'src/fleet/supervisor.ts',
    from: 'fleet.ready.then(() => steering.steer(order))',
    to: 'steering.steer(order)',
    tests: [FLEET],
    why: 'what is changed before all are ready reaches none of them',
  },
  {
    file: 'src/fleet/versions.ts',
    from: '    if (this.#assigned.get(worker) === version) return\n',
    to: '    return\n',
    tests: [VERSIONS],
    why: 'a worker that started during a change never hears of it',
  },
  {
    file: 'src/fleet/fleet.ts',
    from: '      this.#assignment = { ...this.#assignment, config }\n    })',
    to: '    })',
    tests: [FLEET],
    why: 'the replacement of a worker has the settings of the start',
  },
  {
    file: 'src/fleet/versions.ts',
    from: "    await this.#ask(alive, { kind: 'commit', version })\n",
    to: '',
    tests: [VERSIONS, FLEET],
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
    file: 'src/fleet/readyfile.ts',
    from: 'placeOf(one.listen ?? listen, one.prefix)',
    to: 'placeOf(listen, one.prefix)',
    tests: [PROGRAM],
    why: 'all upstreams are told to be at one address',
  },
]
