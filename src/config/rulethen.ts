// What a rule answers with: words of its own, a fault, and options, which are parsed as on the command line.
import type { Settings, GivenFlags } from './config.ts'
import { rowOf } from './faults.ts'
import type { Synonyms } from './nearest.ts'
import { type OptionName, options } from './options.ts'
import { parseToolName } from './parsers.ts'
import { parsePattern, type Pattern } from './patterns.ts'
import type { RuleTool, Then } from './rules.ts'
import { accept, plainText, readEntries, readMapping, readText, settleAt } from './filekeys.ts'
import { synonyms } from './synonyms.ts'
import { longName, type OptionTable } from './table.ts'
import { type Entry, Misplaced, type Tree, writeJson } from './yaml.ts'

/** Options of these topics are of one reply … */
const topicsPerRule: readonly string[] = ['replies', 'timing', 'faults']
/** … but for these, which are of all, or have another meaning in a rule: its `text` and its `fault`. */
const notPerRule: readonly string[] = [
  'reply',
  'embeddingDimensions',
  'toolName',
  'model',
  'strictModels',
  'replies',
  'repliesStrict',
  'toolRounds',
  'cachedTokens',
  'seed',
  'honor',
  'text',
  'fault',
]

/** What a rule may set, by the long names. */
const settable: ReadonlyMap<string, OptionName> = new Map(
  Object.entries(options)
    .filter(
      ([name, { scope, topic }]) =>
        scope === 'upstream' && topicsPerRule.includes(topic) && !notPerRule.includes(name),
    )
    .map(([name]) => [longName(name), name as OptionName]),
)

/** At most one of them, each the whole answer. */
const contents = ['text', 'json', 'tools'] as const
const keys = [...contents, 'status', 'fault', ...settable.keys()]

const thenSynonyms: Synonyms = {
  ...Object.fromEntries(Object.entries(synonyms).map(([word, names]) => [word, names.map(longName)])),
  message: ['text'],
  response: ['text'],
  answer: ['text'],
  body: ['json', 'text'],
  txt: ['text'],
  tool: ['tools'],
  call: ['tools'],
  calls: ['tools'],
  toolcalls: ['tools'],
  functions: ['tools'],
  code: ['status'],
}

/** @throws Misplaced */
export function readThen(tree: Tree, settle: (given: GivenFlags) => Settings): Then {
  refuseGlobal(readEntries(tree, 'then'))
  const entries = readMapping(tree, 'then', keys, thenSynonyms)
  const own = contents.filter((key) => entries.has(key))
  if (own.length > 1) throw contradiction(entries, own[1]!, own[0]!)
  const pattern = readFault(entries)
  const settings = readSettings(entries)
  refuseContradictions(entries, own[0], pattern, settings)
  const [text, json, tools] = contents.map((key) => entries.get(key)?.value)
  const then: Then = {
    ...(text && { text: readText(text, 'text', 'a text', 0) }),
    ...(json && { json: writeJson(json) }),
    ...(tools && { tools: readTools(tools) }),
    ...(pattern && { fault: pattern.text }),
    settings,
  }
  settleAt(
    tree.at,
    (key) => entries.get(key)?.at,
    () => settleThen(then, settle),
  )
  return then
}

/** What a rule sets goes with what else is given, or `settle` refuses it. */
export function settleThen(then: Then, settle: (given: GivenFlags) => Settings): void {
  const { settings, fault } = then
  // Whether a fault lies within words of the rule's own is known once they are cut into chunks.
  const isOwn = contents.some((key) => then[key] !== undefined)
  const given = { ...settings, ...(fault !== undefined && !isOwn && { fault }) }
  if (Object.keys(given).length > 0) settle(given)
}

/** An option that there is, but not for one rule, is none of the unknown keys. */
function refuseGlobal(entries: ReadonlyMap<string, Entry>): void {
  const all = Object.keys(options).map(longName)
  for (const [key, { at }] of entries)
    if (all.includes(key) && !keys.includes(key))
      throw new Misplaced(
        at,
        `${key} goes for all replies, not for those of a rule: then takes ${keys.join(', ')}`,
      )
}

function readTools(tree: Tree): RuleTool[] {
  const trees = tree.kind === 'list' ? tree.items : [tree]
  if (trees.length === 0) throw new Misplaced(tree.at, 'tools takes at least one call')
  return trees.map((one) => {
    const entries = readMapping(one, 'tools', ['name', 'arguments'], {
      args: ['arguments'],
      input: ['arguments'],
      parameters: ['arguments'],
    })
    const name = entries.get('name')
    if (name === undefined)
      throw new Misplaced(
        one.at,
        'tools takes calls with a name, as in {name: get_weather, arguments: {city: Oslo}}',
      )
    const given = entries.get('arguments')?.value
    if (given !== undefined) readEntries(given, 'arguments')
    return {
      name: accept('name', name.value, parseToolName, readText(name.value, 'name')),
      arguments: given === undefined ? '{}' : writeJson(given),
    }
  })
}

/** `status: 429` is short for `fault: status:429`. */
function readFault(entries: ReadonlyMap<string, Entry>): Pattern | undefined {
  const [status, fault] = [entries.get('status'), entries.get('fault')]
  if (status !== undefined && fault !== undefined) throw contradiction(entries, 'status', 'fault')
  if (fault !== undefined) return accept('fault', fault.value, parsePattern, readText(fault.value, 'fault'))
  if (status === undefined) return undefined
  const [parseStatus] = rowOf('status').args
  const code = accept('status', status.value, parseStatus!, plainText('status', status.value))
  return parsePattern(`status:${code}`)
}

function readSettings(entries: ReadonlyMap<string, Entry>): Then['settings'] {
  const table: OptionTable = options
  const settings: [OptionName, string][] = []
  for (const [key, { value }] of entries) {
    const name = settable.get(key)
    if (name === undefined) continue
    const text = plainText(key, value)
    accept(key, value, table[name]!.parse, text)
    settings.push([name, text])
  }
  return Object.fromEntries(settings)
}

/** Words of the rule's own leave no room for other words. */
function refuseContradictions(
  entries: ReadonlyMap<string, Entry>,
  own: (typeof contents)[number] | undefined,
  pattern: Pattern | undefined,
  { content }: Then['settings'],
): void {
  if (own === undefined) return
  const takesPlace =
    pattern !== undefined &&
    (pattern.ask.text !== undefined || pattern.faults.some(({ kind }) => rowOf(kind).alone))
  if (takesPlace) throw contradiction(entries, entries.has('status') ? 'status' : 'fault', own)
  if (content !== undefined && (content === 'tools') !== (own === 'tools'))
    throw contradiction(entries, 'content', own)
  for (const key of ['chunk-count', 'chunk-count-jitter'])
    if (entries.has(key)) throw contradiction(entries, key, own)
}

function contradiction(entries: ReadonlyMap<string, Entry>, key: string, other: string): Misplaced {
  return new Misplaced(entries.get(key)!.at, `${key} contradicts ${other}: give one of them`)
}
