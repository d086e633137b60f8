// What the parts of a file of rules have in common: mappings whose keys are known, and texts.
import { quoteText } from './format.ts'
import { nearNames, orList, type Synonyms } from './nearest.ts'
import { describeTree, type Entry, Misplaced, type Tree } from './yaml.ts'

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
    const hint = near.length === 0 ? '' : `; did you mean ${orList(near)}?`
    throw new Misplaced(at, `${what} does not accept ${quoteText(key)}: it takes ${known.join(', ')}${hint}`)
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
  if (!value.isWellFormed())
    throw new Misplaced(at, `${what} has half a surrogate pair, which UTF-8 cannot hold`)
  if (value.length < least) throw new Misplaced(at, `${what} takes ${accepted}, not an empty one`)
  return value
}
