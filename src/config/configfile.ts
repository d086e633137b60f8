// The file of --config: from YAML or JSON to upstreams and their phases. Keys are the long names of options; what is wrong is told with
// its line and column.
import { type GivenFlags, givenTexts, readSettings, type Settings } from './config.ts'
import { accept, plainText, readMapping, settleAt } from './filekeys.ts'
import { keySynonyms, readTexts, refuseRunKeys, runKeys, upstreamKeys } from './fileoptions.ts'
import { clientHost, formatAddress, quoteText } from './format.ts'
import { type Address, parseListen, parseName, parsePrefix, Unacceptable, yesOrNo } from './parsers.ts'
import { phaseKeys, readPhases, type SettleMore } from './phases.ts'
import { type Config, refuseNowhere, singleUpstream, type Upstream } from './upstreams.ts'
import { describeTree, type Entry, Misplaced, readYaml, type Tree } from './yaml.ts'

const MOST_UPSTREAMS = 256
/** Phases of all upstreams. */
const MOST_IN_ALL = 10_000

const ownKeys = ['name', 'listen', 'prefix'] as const
const topKeys = ['upstreams', 'any-prefix', ...phaseKeys, ...runKeys.keys(), ...upstreamKeys.keys()]
const keysOfUpstream = [...ownKeys, ...phaseKeys, ...upstreamKeys.keys()]

/** What else is given: more than the file says, and less than a phase. */
export interface Given {
  readonly flags: GivenFlags
  readonly environment: Readonly<Record<string, string | undefined>>
}

/** The configuration without a file. @throws UsageError */
export function readConfig({ flags, environment }: Given): Config {
  const config = singleUpstream(readSettings(flags, environment), givenTexts(flags, environment))
  refuseNowhere(config)
  return config
}

/**
 * The configuration that a file comes to, with what is given besides.
 * @throws UsageError as `FILE:LINE:COLUMN: what is wrong`, or about what is given besides
 */
export async function readConfigFile(text: string, file: string, given: Given): Promise<Config> {
  return readYaml(text, file, (root) => {
    if (root === null || (root.kind === 'scalar' && root.value === null))
      throw new Misplaced(0, 'is empty: it takes options by their long names, as in chunk-delay-ms: 20')
    const top = readMapping(withoutNotes(root), 'a configuration', topKeys, keySynonyms)
    const texts = readTexts(top, new Map([...runKeys, ...upstreamKeys]))
    const placeOf = placesIn([top])
    const run = settleAt(null, placeOf, () => readSettings(given.flags, given.environment, texts))
    const list = readList(top.get('upstreams')?.value)
    let phases = 0
    const upstreams = list.map((tree) => {
      const upstream = readUpstream(tree, top, texts, given)
      phases += upstream.phases.length
      if (phases > MOST_IN_ALL)
        throw new Misplaced(tree!.at, `comes to more than ${MOST_IN_ALL} phases with those before it`)
      return upstream
    })
    const anyPrefix = readAnyPrefix(top.get('any-prefix'), upstreams)
    refuseMistakable(upstreams, list, run.listen)
    const config = { run, upstreams: upstreams as unknown as Config['upstreams'], anyPrefix }
    settleAt(null, placeOf, () => refuseNowhere(config))
    return config
  })
}

/** Keys that begin with `x-` say nothing: they keep what anchors stand for, as in files of compose. */
function withoutNotes(tree: Tree): Tree {
  if (tree.kind !== 'mapping') return tree
  return { ...tree, entries: new Map([...tree.entries].filter(([key]) => !key.startsWith('x-'))) }
}

/** Where there is no list, the whole file is about one upstream without a name. */
function readList(tree: Tree | undefined): readonly (Tree | null)[] {
  if (tree === undefined) return [null]
  if (tree.kind !== 'list')
    throw new Misplaced(
      tree.at,
      `upstreams takes a list, as in [{name: a, prefix: /a}], not ${describeTree(tree)}`,
    )
  if (tree.items.length === 0) throw new Misplaced(tree.at, 'upstreams takes at least one')
  if (tree.items.length > MOST_UPSTREAMS)
    throw new Misplaced(
      tree.items[MOST_UPSTREAMS]!.at,
      `is upstream ${MOST_UPSTREAMS + 1} of ${tree.items.length}: at most ${MOST_UPSTREAMS} are served`,
    )
  return tree.items
}

function readUpstream(
  tree: Tree | null,
  top: ReadonlyMap<string, Entry>,
  defaults: GivenFlags,
  given: Given,
): Upstream {
  if (tree !== null) refuseRunKeys(tree, 'an upstream', ownKeys)
  const own =
    tree === null ? new Map<string, Entry>() : readMapping(tree, 'an upstream', keysOfUpstream, keySynonyms)
  if (tree !== null && !own.has('name'))
    throw new Misplaced(tree.at, 'an upstream needs a name, as in {name: fast, prefix: /fast}')
  const texts = { ...defaults, ...readTexts(own, upstreamKeys) }
  const { environment } = given
  const base: SettleMore = (more, entries) => {
    const flags = { ...given.flags, ...more }
    const placeOf = placesIn([entries, own, top])
    return {
      given: givenTexts(flags, environment, texts),
      settings: settleAt(null, placeOf, () => readSettings(flags, environment, texts)),
    }
  }
  const read = <T>(key: (typeof ownKeys)[number], parse: (text: string) => T, otherwise: T): T => {
    const entry = own.get(key)
    return entry === undefined ? otherwise : accept(key, entry.value, parse, plainText(key, entry.value))
  }
  const usual = base({}, new Map())
  // What an upstream says of its phases takes the place of what is said for all.
  const timed = phaseKeys.some((key) => own.has(key)) ? own : top
  return {
    name: read('name', parseName, ''),
    listen: read('listen', parseOwnListen, null),
    prefix: read('prefix', parsePrefix, ''),
    ...readPhases(timed, usual, base),
  }
}

/** Where a key stands: in the first of these that has it. */
function placesIn(all: readonly ReadonlyMap<string, Entry>[]): (key: string) => number | undefined {
  return (key) => all.find((entries) => entries.has(key))?.get(key)!.at
}

/** An upstream is always somewhere. */
function parseOwnListen(text: string): Address {
  const address = parseListen(text)
  if (address === null)
    throw new Unacceptable('an address, as in :9002; without listen an upstream is at that of the program')
  return address
}

function readAnyPrefix(entry: Entry | undefined, upstreams: readonly Upstream[]): boolean {
  if (entry === undefined) return false
  const given = accept('any-prefix', entry.value, yesOrNo, plainText('any-prefix', entry.value))
  if (given && upstreams.every(({ prefix }) => prefix === ''))
    throw new Misplaced(entry.at, 'any-prefix changes nothing: no upstream has a prefix, so any will do')
  return given
}

/** Of two upstreams it must be clear which one is asked. */
function refuseMistakable(
  upstreams: readonly Upstream[],
  trees: readonly (Tree | null)[],
  address: Settings['listen'],
): void {
  for (const [i, one] of upstreams.entries())
    for (const other of upstreams.slice(0, i)) {
      const reason = refusePair(one, other, address)
      if (reason !== undefined) throw new Misplaced(trees[i]!.at, reason)
    }
}

/** Why one could be taken for the other, if it could. */
function refusePair(one: Upstream, other: Upstream, address: Settings['listen']): string | undefined {
  if (one.name === other.name) return `is the second upstream with the name ${quoteText(one.name)}`
  const [here, there] = [one.listen ?? address, other.listen ?? address]
  if (!isOneAddress(here, there))
    return here !== null && there !== null && (takesIn(here, there) || takesIn(there, here))
      ? `cannot be told from ${other.name}, since ${formatAddress(here)} and ${formatAddress(there)} are one port of this host: give one of them another port, or both the same address`
      : undefined
  if (one.prefix === other.prefix)
    return one.prefix === ''
      ? `cannot be told from ${other.name}, which has no prefix and the same address: give one of them a prefix, or another listen`
      : `cannot be told from ${other.name}, which has the same prefix ${one.prefix} at the same address`
  const [outer, inner] = one.prefix.length < other.prefix.length ? [one, other] : [other, one]
  if (outer.prefix !== '' && inner.prefix.startsWith(`${outer.prefix}/`))
    return `cannot be told from ${other.name}: the prefix ${inner.prefix} lies within ${outer.prefix}`
  return undefined
}

/** The same one, or written the same; a port of 0 is another one each time. */
function isOneAddress(one: Address | null, other: Address | null): boolean {
  if (one === other) return true
  return one !== null && other !== null && one.port !== 0 && formatAddress(one) === formatAddress(other)
}

/** Does who listens on all interfaces get what comes to the other address? Those of IPv6 are those of IPv4 as well. */
function takesIn({ host, port }: Address, other: Address): boolean {
  const isEverywhere = clientHost(host) !== host
  return (
    isEverywhere && port !== 0 && port === other.port && (host.includes(':') || !other.host.includes(':'))
  )
}
