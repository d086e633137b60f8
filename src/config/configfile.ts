// The file of --config: from YAML or JSON to upstreams and their phases. Keys are the long names of options; what is wrong is told with
// its line and column.
import { type GivenFlags, givenTexts, readSettings, type Settings } from './config.ts'
import { accept, plainText, readEntries, readMapping, settleAt } from './filekeys.ts'
import { keySynonyms, readTexts, runKeys, upstreamKeys } from './fileoptions.ts'
import { plural, quoteText } from './format.ts'
import { parseListen, parseName, parsePrefix, yesOrNo } from './parsers.ts'
import { phaseKeys, readPhases, type SettleMore } from './phases.ts'
import { type Config, singleUpstream, type Upstream } from './upstreams.ts'
import { describeTree, type Entry, Misplaced, readYaml, type Tree } from './yaml.ts'

export const MOST_UPSTREAMS = 256

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
  return singleUpstream(readSettings(flags, environment), givenTexts(flags, environment))
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
    const run = settle([top], given, texts)
    const list = readList(top.get('upstreams')?.value)
    const upstreams = list.map((tree) => readUpstream(tree, top, texts, given))
    const anyPrefix = readAnyPrefix(top.get('any-prefix'), upstreams)
    refuseMistakable(upstreams, list, run.listen)
    return { run, upstreams: upstreams as unknown as Config['upstreams'], anyPrefix }
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
  if (tree !== null) refuseRunKeys(tree)
  const own =
    tree === null ? new Map<string, Entry>() : readMapping(tree, 'an upstream', keysOfUpstream, keySynonyms)
  if (tree !== null && !own.has('name'))
    throw new Misplaced(tree.at, 'an upstream needs a name, as in {name: fast, prefix: /fast}')
  const texts = { ...defaults, ...readTexts(own, upstreamKeys) }
  const places = [own, top]
  const base: SettleMore = (more, entries) => {
    const flags = { ...given.flags, ...more }
    return {
      given: givenTexts(flags, given.environment, texts),
      settings: settle([entries, ...places], { ...given, flags }, texts),
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
    listen: read('listen', parseListen, null),
    prefix: read('prefix', parsePrefix, ''),
    ...readPhases(timed, usual, base),
  }
}

/** An option of the run that stands in an upstream is none of the unknown keys. */
function refuseRunKeys(tree: Tree): void {
  for (const [key, { at }] of readEntries(tree, 'an upstream'))
    if (runKeys.has(key) && key !== 'listen')
      throw new Misplaced(at, `${key} goes for the whole program: put it at the top of the file`)
}

function settle(
  places: readonly ReadonlyMap<string, Entry>[],
  { flags, environment }: Given,
  texts: GivenFlags,
): Settings {
  const placeOf = (key: string): number | undefined =>
    places.find((entries) => entries.has(key))?.get(key)!.at
  return settleAt(null, placeOf, () => readSettings(flags, environment, texts))
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
  const placeOf = ({ listen }: Upstream): string => JSON.stringify(listen ?? address)
  for (const [i, one] of upstreams.entries()) {
    const at = trees[i]?.at ?? 0
    if (one.listen === null && address === null && one.name !== '' && trees[i] !== null) continue
    for (const other of upstreams.slice(0, i)) {
      if (one.name === other.name)
        throw new Misplaced(at, `is the second upstream with the name ${quoteText(one.name)}`)
      if (placeOf(one) !== placeOf(other) || one.listen?.port === 0) continue
      if (one.prefix === other.prefix)
        throw new Misplaced(
          at,
          one.prefix === ''
            ? `cannot be told from ${other.name}, which has no prefix and the same address: give one of them a prefix, or another listen`
            : `cannot be told from ${other.name}, which has the same prefix ${one.prefix} at the same address`,
        )
      const [outer, inner] = one.prefix.length < other.prefix.length ? [one, other] : [other, one]
      if (outer.prefix !== '' && inner.prefix.startsWith(`${outer.prefix}/`))
        throw new Misplaced(
          at,
          `cannot be told from ${other.name}: the prefix ${inner.prefix} lies within ${outer.prefix}`,
        )
    }
  }
}

/** `3 upstreams: fast, slow and broken`. */
export function describeUpstreams(upstreams: readonly Pick<Upstream, 'name'>[]): string {
  return `${plural(upstreams.length, 'upstream')}: ${upstreams.map(({ name }) => name).join(', ')}`
}
