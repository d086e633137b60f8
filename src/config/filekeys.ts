// What files of rules and of configurations have in common: mappings whose keys are known, texts, and values as they would be typed.
import { UsageError } from './errors.ts'
import { quoteText } from './format.ts'
import { nearNames, orList, type Synonyms } from './nearest.ts'
import { Unacceptable } from './parsers.ts'
import { describeTree, type Entry, Misplaced, type Tree } from './yaml.ts'

/** More names than this are not told to whoever has misspelt one. */
const MOST_LISTED = 30

/** The entries of what has to be a mapping, whatever its keys. */
export function readEntries(tree: Tree, what: string): ReadonlyMap<string, Entry> {
  if (tree.kind === 'mapping') return tree.entries
  throw new Misplaced(tree.at, `${what} takes a mapping, not ${describeTree(tree)}`)
}

/**
 * The same where only some keys are known.
 * @throws Misplaced naming an unknown key, all that are known, and the nearest
 */
export function readMapping(
  tree: Tree,
  what: string,
  known: readonly string[],
  synonyms: Synonyms = {},
): ReadonlyMap<string, Entry> {
  const entries = readEntries(tree, what)
  for (const [key, { at }] of entries) {
    if (known.includes(key)) continue
    const near = nearNames(key, known, synonyms)
    const hint = near.length === 0 ? '' : `did you mean ${orList(near)}?`
    const accepted = hint !== '' && known.length > MOST_LISTED ? '' : `it takes ${known.join(', ')}`
    throw new Misplaced(
      at,
      `${what} does not accept ${quoteText(key)}: ${[accepted, hint].filter((part) => part !== '').join('; ')}`,
    )
  }
  return entries
}

/** A text that can be sent, of so many characters at least. */
export function readText(tree: Tree, what: string, accepted = 'a text', least = 1): string {
  if (tree.kind !== 'scalar' || typeof tree.value !== 'string') {
    const isTyped = tree.kind === 'scalar' && tree.value !== null
    const hint = isTyped ? `: put it in quotes, '${tree.source}'` : ''
    throw new Misplaced(tree.at, `${what} takes ${accepted}, not ${describeTree(tree)}${hint}`)
  }
  const { value, at } = tree
  refuseHalves(what, value, at)
  if (value.length < least) throw new Misplaced(at, `${what} takes ${accepted}, not an empty one`)
  return value
}

function refuseHalves(what: string, text: string, at: number): void {
  if (!text.isWellFormed())
    throw new Misplaced(at, `${what} has half a surrogate pair, which UTF-8 cannot hold`)
}

/** A value as it would be typed on the command line: a number as it is written, since it may be meant for a text. */
export function plainText(key: string, tree: Tree): string {
  if (tree.kind !== 'scalar' || tree.value === null)
    throw new Misplaced(tree.at, `${key} takes one value, not ${describeTree(tree)}`)
  if (typeof tree.value !== 'string') return tree.source
  refuseHalves(key, tree.value, tree.at)
  return tree.value
}

/** What a parser makes of a text that stands in a file. A secret is not told, not even when it is refused. */
export function accept<T>(
  key: string,
  { at }: Tree,
  parse: (text: string) => T,
  text: string,
  isSecret = false,
): T {
  try {
    return parse(text)
  } catch (thrown) {
    if (!(thrown instanceof Unacceptable)) throw thrown
    throw new Misplaced(
      at,
      `${key} does not accept ${isSecret ? 'what was given' : quoteText(text)}: it takes ${thrown.message}`,
    )
  }
}

/**
 * Runs `settle`; what it refuses is told by the names of the file, where the first of them stands. Where none does it is told at `at`,
 * or, without that, of what is given besides the file.
 * @throws Misplaced, or UsageError
 */
export function settleAt<T>(
  at: number | null,
  placeOf: (key: string) => number | undefined,
  settle: () => T,
): T {
  try {
    return settle()
  } catch (thrown) {
    if (!(thrown instanceof UsageError)) throw thrown
    let first: number | undefined
    const message = thrown.message.replace(/--([a-z-]*[a-z])/g, (flag, name: string) => {
      const place = placeOf(name)
      first ??= place
      return place === undefined ? flag : name
    })
    const place = first ?? at
    throw place === null ? thrown : new Misplaced(place, message)
  }
}
