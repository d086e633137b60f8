// Options as a configuration file gives them: by their long names.
import type { GivenFlags } from './config.ts'
import { accept, plainText, readEntries } from './filekeys.ts'
import type { Synonyms } from './nearest.ts'
import { type OptionName, options } from './options.ts'
import { synonyms } from './synonyms.ts'
import { longName, type OptionTable } from './table.ts'
import { type Entry, Misplaced, type Tree } from './yaml.ts'

const table: OptionTable = options

/** Long names of the options that a file may give, of a scope. */
function keysOf(wanted: 'run' | 'upstream'): ReadonlyMap<string, OptionName> {
  return new Map(
    Object.entries(options)
      .filter(([name, { scope }]) => scope === wanted && name !== 'config' && !table[name]!.typedOnly)
      .map(([name]) => [longName(name), name as OptionName]),
  )
}

export const runKeys = keysOf('run')
export const upstreamKeys = keysOf('upstream')

/** As in `synonyms`, by long names. */
export const keySynonyms: Synonyms = {
  ...Object.fromEntries(Object.entries(synonyms).map(([word, names]) => [word, names.map(longName)])),
  port: ['listen'],
  upstream: ['upstreams'],
  providers: ['upstreams'],
  servers: ['upstreams'],
  backends: ['upstreams'],
  path: ['prefix'],
  id: ['name'],
  schedule: ['phases'],
  repeat: ['loop'],
}

/** An option of the run that stands in a part of the file is none of the unknown keys. */
export function refuseRunKeys(tree: Tree, what: string, own: readonly string[] = []): void {
  for (const [key, { at }] of readEntries(tree, what))
    if (runKeys.has(key) && !own.includes(key))
      throw new Misplaced(at, `${key} goes for the whole program: put it at the top of the file`)
}

/** The options that a mapping gives, as they would be typed. */
export function readTexts(
  entries: ReadonlyMap<string, Entry>,
  known: ReadonlyMap<string, OptionName>,
): GivenFlags {
  const texts: [OptionName, string][] = []
  for (const [key, { value }] of entries) {
    const name = known.get(key)
    if (name === undefined) continue
    const text = typedText(key, value)
    const { parse, secret } = table[name]!
    accept(key, value, parse, text, secret)
    texts.push([name, text])
  }
  return Object.fromEntries(texts)
}

/** Of several values a list. */
function typedText(key: string, tree: Tree): string {
  return tree.kind === 'list' && tree.items.length > 0
    ? tree.items.map((item) => plainText(key, item)).join(',')
    : plainText(key, tree)
}
