// The file of --replies: from YAML or JSON to rules. What is wrong in it is told with its line and column.
import { type Settings, type GivenFlags, readSettings } from './config.ts'
import { UsageError } from './errors.ts'
import { quoteText } from './format.ts'
import type { Synonyms } from './nearest.ts'
import { Unacceptable } from './parsers.ts'
import { compileRegex } from './regex.ts'
import { readEntries, readMapping, readText } from './filekeys.ts'
import type { Rule, When } from './rules.ts'
import { readThen, settleThen } from './rulethen.ts'
import { describeTree, Misplaced, readYaml, type Tree } from './yaml.ts'

const MOST_RULES = 10_000
const MOST_NAME = 100
const MOST_TURNS = 1_000_000

const EXAMPLE = 'a list of rules, as in - then: {text: Hello}'

/**
 * The rules of a file, in its order. `settle` says what the options of a rule come to, and refuses what contradicts each other: with
 * what else is given, where the caller has more than the rule.
 * @throws UsageError as `FILE:LINE:COLUMN: what is wrong`
 */
export async function readRules(
  text: string,
  file: string,
  settle: (given: GivenFlags) => Settings = (given) => readSettings(given, {}),
): Promise<readonly Rule[]> {
  return readYaml(text, file, (root, lineOf) => {
    if (root === null || (root.kind === 'scalar' && root.value === null))
      throw new Misplaced(0, `is empty: it takes ${EXAMPLE}`)
    if (root.kind !== 'list') throw new Misplaced(root.at, `is ${describeTree(root)}: it takes ${EXAMPLE}`)
    const { items } = root
    if (items.length === 0) throw new Misplaced(root.at, `holds no rules: it takes ${EXAMPLE}`)
    if (items.length > MOST_RULES)
      throw new Misplaced(
        items[MOST_RULES]!.at,
        `is rule ${MOST_RULES + 1} of ${items.length}: at most ${MOST_RULES} are read`,
      )
    return items.map((tree, i) => readRule(tree, `rule ${i + 1} (line ${lineOf(tree.at)})`, settle))
  })
}

/** Rules that have been read go with other settings as well. @throws UsageError naming the first that does not */
export function refuseContradicted(
  rules: readonly Rule[],
  file: string,
  settle: (given: GivenFlags) => Settings,
): void {
  for (const { name, then } of rules)
    try {
      settleThen(then, settle)
    } catch (thrown) {
      throw thrown instanceof UsageError ? new UsageError(`${file}: ${name}: ${thrown.message}`) : thrown
    }
}

function readRule(tree: Tree, name: string, settle: (given: GivenFlags) => Settings): Rule {
  const entries = readMapping(tree, 'a rule', ['name', 'when', 'then'], { if: ['when'], match: ['when'] })
  const then = entries.get('then')
  if (then === undefined) throw new Misplaced(tree.at, 'a rule needs then, which says what is answered')
  const given = entries.get('name')
  return {
    name: given === undefined ? name : readName(given.value),
    when: readWhen(entries.get('when')?.value),
    then: readThen(then.value, settle),
  }
}

function readName(tree: Tree): string {
  const name = readText(tree, 'name')
  if (name.length > MOST_NAME || /[\p{Cc}\u2028\u2029]/u.test(name))
    throw new Misplaced(tree.at, `name takes one line of at most ${MOST_NAME} characters`)
  return name
}

/** How each condition is read. */
const readers: { readonly [Key in keyof When]-?: (tree: Tree) => NonNullable<When[Key]> } = {
  model: (tree) => readText(tree, 'model'),
  path: readPath,
  contains: readContains,
  matches: readMatches,
  header: readHeader,
  turn: readTurn,
}

const whenSynonyms: Synonyms = {
  prompt: ['contains'],
  text: ['contains'],
  message: ['contains'],
  user: ['contains'],
  includes: ['contains'],
  regex: ['matches'],
  regexp: ['matches'],
  pattern: ['matches'],
  url: ['path'],
  endpoint: ['path'],
  route: ['path'],
}

function readWhen(tree: Tree | undefined): When {
  if (tree === undefined || (tree.kind === 'scalar' && tree.value === null)) return {}
  const entries = readMapping(tree, 'when', Object.keys(readers), whenSynonyms)
  return Object.fromEntries(
    [...entries].map(([key, { value }]) => [key, readers[key as keyof When](value)]),
  ) as When
}

function readPath(tree: Tree): string {
  const path = readText(tree, 'path')
  if (!/^[/*]/.test(path))
    throw new Misplaced(tree.at, `path takes a text that begins with / or *, not ${describeTree(tree)}`)
  return path
}

function readContains(tree: Tree): string[] {
  if (tree.kind !== 'list') return [readText(tree, 'contains', 'a text or a list of texts')]
  if (tree.items.length === 0) throw new Misplaced(tree.at, 'contains takes at least one text')
  return tree.items.map((item) => readText(item, 'contains'))
}

function readMatches(tree: Tree): string {
  const text = readText(tree, 'matches', 'a regular expression')
  try {
    compileRegex(text)
  } catch (thrown) {
    if (!(thrown instanceof Unacceptable)) throw thrown
    throw new Misplaced(tree.at, `matches does not accept ${quoteText(text)}: it takes ${thrown.message}`)
  }
  return text
}

function readHeader(tree: Tree): Record<string, string> {
  const header = new Map<string, string>()
  for (const [given, { at, value }] of readEntries(tree, 'header')) {
    const name = given.toLowerCase()
    if (!/^[\w!#$%&'*+.^`|~-]+$/.test(name))
      throw new Misplaced(at, `header takes names of headers, not ${quoteText(given)}`)
    if (header.has(name)) throw new Misplaced(at, `the header ${name} is given twice`)
    header.set(name, readText(value, `the header ${name}`, 'a text', 0))
  }
  if (header.size === 0) throw new Misplaced(tree.at, 'header takes at least one name and value')
  return Object.fromEntries(header)
}

function readTurn(tree: Tree): NonNullable<When['turn']> {
  const accepted = `a whole number from 1 to ${MOST_TURNS}, or a range as in 2-4 or 2-`
  const [, first, dash, last] =
    tree.kind === 'scalar' ? (/^(\d{1,7})(?:(-)(\d{0,7}))?$/.exec(String(tree.value)) ?? []) : []
  const from = Number(first)
  const to = dash === undefined ? from : last === '' ? null : Number(last)
  if (first === undefined || from < 1 || (to ?? from) < from || (to ?? from) > MOST_TURNS)
    throw new Misplaced(tree.at, `turn takes ${accepted}, not ${describeTree(tree)}`)
  return { from, to }
}
