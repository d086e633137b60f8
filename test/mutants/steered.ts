// Deliberate faults of several upstreams, of phases, and of changes while they serve.
import type { Mutant } from './mutant.ts'

const CHANGING = 'test/server/changing.test.ts'
const FRONT = 'test/server/front.test.ts'
const FILES = 'test/server/knownfiles.test.ts'
const STEERING = 'test/server/steering.test.ts'
const CONTROL = 'test/server/control.test.ts'
const QUERY = 'test/server/query.test.ts'
const UPSTREAMS = 'test/server/upstreams.test.ts'
const ADMISSION = 'test/server/admission.test.ts'
const PROGRAM = 'test/fleet/upstreams.test.ts'

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
    from: 'return this.#current.hasKey(head)',
    to: 'return this.#desks[0]!.hasKey(head)',
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
    from: "const rest = path.slice(tenant.prefix.length) || '/'",
    to: 'const rest = path.slice(tenant.prefix.length)',
    tests: [FRONT],
    why: 'a prefix alone is no path',
  },
  {
    file: 'src/server/server.ts',
    from: 'known.length === 0 || known.includes(true)',
    to: 'known.length === 0 || known[0] === true',
    tests: [CONTROL],
    why: 'only the key of the first opens what belongs to the program',
  },
  {
    file: 'src/server/query.ts',
    from: 'if (!keys.some((one) => one === name)) throw',
    to: 'if (false) throw',
    tests: [QUERY],
    why: 'a key that is misspelt is passed over',
  },
  {
    file: 'src/server/query.ts',
    from: 'if (Object.hasOwn(asked, name)) throw',
    to: 'if (false) throw',
    tests: [QUERY],
    why: 'the last of two counts',
  },
  {
    file: 'src/server/query.ts',
    from: 'wanted === undefined || names.includes(wanted)',
    to: 'wanted !== null',
    tests: [QUERY],
    why: 'an upstream that is not there is asked all the same',
  },
  {
    file: 'src/server/desk.ts',
    from: 'sinceMs > Number.NEGATIVE_INFINITY && (config',
    to: '(config',
    tests: [UPSTREAMS],
    why: 'all is ready from the first moment',
  },
  {
    file: 'src/server/unrouted.ts',
    from: 'return refuseAt(`${prefix}${head.path}`, head',
    to: 'return refuseAt(head.path, head',
    tests: [UPSTREAMS],
    why: 'what nobody serves is told without its prefix',
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
    file: 'src/server/unrouted.ts',
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
    from: '    await this.#hands.apply(config)\n    this.#config = config\n',
    to: '    this.#config = config\n    await this.#hands.apply(config)\n',
    tests: [STEERING],
    why: 'what could not be applied is told to be served',
  },
  {
    file: 'src/server/server.ts',
    from: 'ownOf(began, upstream.spec.name)',
    to: 'began[upstream.spec.name]',
    tests: [PROGRAM],
    why: 'the phases of an upstream that is called constructor never begin',
  },
  {
    file: 'src/server/steering.ts',
    from: '    await this.#hands.begin(',
    to: '    void this.#hands.begin(',
    tests: [STEERING],
    why: 'a phase is said to be entered before it is',
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
    from: "if (order.verb === 'restore') await this.#begin",
    to: "if (order.verb === 'patch') await this.#begin",
    tests: [STEERING],
    why: 'phases begin anew with every change, and not with what takes them back',
  },
  {
    file: 'src/server/control.ts',
    from: 'steer === null ? off : pickAsked',
    to: 'steer === null ? answer({ status: 200, settings: {} }) : pickAsked',
    tests: [CONTROL],
    why: 'without --control changes seem to be made',
  },
  {
    file: 'src/server/control.ts',
    from: "new TextDecoder('utf-8', { fatal: true })",
    to: 'new TextDecoder()',
    tests: [CONTROL],
    why: 'a body that is no UTF-8 is guessed at',
  },
  {
    file: 'src/server/changes.ts',
    from: 'return Bun.deepEquals(spec, upstream.spec)',
    to: 'return Bun.deepEquals(spec, null)',
    tests: [CONTROL],
    why: 'scripts of other upstreams begin anew with every change',
  },
  {
    file: 'src/server/knownfiles.ts',
    from: 'file !== undefined && !Object.hasOwn(known.texts, file)',
    to: 'file !== undefined && !(file in known.texts)',
    tests: [FILES],
    why: 'what every object has is taken for a file',
  },
  {
    file: 'src/server/knownfiles.ts',
    from: '(more) => readSettings({ ...given, ...more }, {})',
    to: '(more) => readSettings(more, {})',
    tests: [FILES],
    why: 'rules are not held against what a change says',
  },
]
