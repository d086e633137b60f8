// YAML and JSON (which is a part of YAML), from text to a tree that knows where everything stands. What could grow without end is
// bounded: the parser takes about 1 µs and up to 900 bytes for each word and sign.
import type { Alias, Node, Pair, Scalar, YAMLMap, YAMLSeq } from 'yaml'
import { Unacceptable } from './parsers.ts'
import { UsageError } from './errors.ts'
import { clipText, quoteText } from './format.ts'

interface Base {
  /** Where it stands in the text. */
  readonly at: number
  /** How much it is with everything in it, what aliases stand for included: characters and values. */
  readonly size: number
  /** How many lists and mappings stand in each other, this one included. */
  readonly depth: number
}

export type Tree =
  | (Base & {
      readonly kind: 'scalar'
      readonly value: string | number | boolean | null
      /** As it was written, where it is no text. */
      readonly source: string
    })
  | (Base & { readonly kind: 'list'; readonly items: readonly Tree[] })
  | (Base & { readonly kind: 'mapping'; readonly entries: ReadonlyMap<string, Entry> })

export interface Entry {
  /** Where its key stands. */
  readonly at: number
  readonly value: Tree
}

/** Something is wrong at a place; `message` says what, and what is accepted. */
export class Misplaced extends Unacceptable {
  readonly at: number

  constructor(at: number, message: string) {
    super(message)
    this.at = at
  }
}

const MOST_CHARS = 1 << 24
/** Words and signs of the text. */
const MOST_PIECES = 1_000_000
const MOST_DEPTH = 100
/** What aliases make of a text. Without them no text comes to more: a value takes two characters at least. */
const MOST_SIZE = 2 * MOST_CHARS
const MOST_SENTENCE = 120
/** A key whose value is no value: what other mappings have besides. In quotes, and so in JSON, it is a key like any other. */
const MERGE = '<<'
/** What the parser has open besides lists and mappings: the document, and a scalar or comment. */
const PARSER_OWN = 2

/**
 * Reads the one document of a text and hands it to `use`, null when there is none.
 * @throws UsageError as `FILE:LINE:COLUMN: what is wrong`, also for what `use` finds misplaced
 */
export async function readYaml<T>(
  text: string,
  file: string,
  use: (root: Tree | null, lineOf: (at: number) => number) => T,
): Promise<T> {
  const { Composer, isAlias, isMap, isScalar, isSeq, LineCounter, Parser, Lexer } = await import('yaml') // 60 ms
  const lines = new LineCounter()
  /** Keys that mappings have from others, which is a copy each. */
  let merged = 0
  try {
    return use(compose(tokenize(text.replace(/^\uFEFF/, ''))), (at) => lines.linePos(at).line)
  } catch (thrown) {
    if (!(thrown instanceof Misplaced)) throw thrown
    const { line, col } = lines.linePos(thrown.at)
    throw new UsageError(`${file}:${Math.max(line, 1)}:${Math.max(col, 1)}: ${thrown.message}`)
  }

  function tokenize(source: string) {
    if (source.length > MOST_CHARS)
      throw new Misplaced(0, `has ${source.length} characters: at most ${MOST_CHARS} are read`)
    lines.addNewLine(0)
    const parser = new Parser(lines.addNewLine)
    const tokens = []
    let pieces = 0
    for (const lexeme of new Lexer().lex(source)) {
      for (const token of parser.next(lexeme)) tokens.push(token)
      if (parser.stack.length > MOST_DEPTH + PARSER_OWN) throw tooDeep(parser.offset)
      if (++pieces > MOST_PIECES)
        throw new Misplaced(parser.offset, `has more than ${MOST_PIECES} words and signs up to here`)
    }
    return [...tokens, ...parser.end()]
  }

  function compose(tokens: ReturnType<typeof tokenize>): Tree | null {
    // Its own search for duplicate keys takes quadratic time.
    const composer = new Composer({
      prettyErrors: false,
      uniqueKeys: false,
      stringKeys: true,
      schema: 'core',
      version: '1.2',
    })
    let root: Node | null = null
    let count = 0
    for (const { contents, errors, warnings, range } of composer.compose(tokens)) {
      const [fault] = [...errors, ...warnings]
      if (fault !== undefined) throw new Misplaced(fault.pos[0], `is not YAML or JSON: ${sentence(fault)}`)
      if (++count > 1) throw new Misplaced(range[0], 'begins a second document: a file holds one')
      root = contents
    }
    return root === null ? null : grow(root, new Map())
  }

  type Anchors = Map<string, { tree?: Tree }>

  /** What aliases stand for is grown once. */
  function grow(node: Node, anchors: Anchors): Tree {
    if (isAlias(node)) return bounded(follow(node, anchors))
    const kept: { tree?: Tree } = {}
    const { anchor } = node as Scalar | YAMLMap | YAMLSeq
    if (anchor) anchors.set(anchor, kept)
    const tree = bounded(growNew(node, anchors))
    kept.tree = tree
    return tree
  }

  function follow({ source, range }: Alias, anchors: Anchors): Tree {
    const at = range?.[0] ?? 0
    const kept = anchors.get(source)
    if (kept === undefined)
      throw new Misplaced(at, `*${source} stands for nothing: no &${source} is before it`)
    if (kept.tree === undefined) throw new Misplaced(at, `*${source} stands within what it stands for`)
    return { ...kept.tree, at }
  }

  function growNew(node: Node, anchors: Anchors): Tree {
    const at = node.range?.[0] ?? 0
    if (isScalar(node)) return growScalar(node, at)
    if (isSeq(node)) {
      const items = node.items.map((item) => grow(item as Node, anchors))
      return { kind: 'list', at, items, ...sumOf(items) }
    }
    if (!isMap(node)) throw new Misplaced(at, 'is neither a value, a list nor a mapping')
    const entries = new Map<string, Entry>()
    let others: Tree | undefined
    let end = at
    for (const { key, value } of node.items as Pair<Scalar<string>, Node | null>[]) {
      const place = key.range?.[0] ?? end
      if (entries.has(key.value)) throw new Misplaced(place, `the key ${quoteText(key.value)} is given twice`)
      end = key.range?.[1] ?? end
      const tree = value === null ? nothing(end) : grow(value, anchors)
      entries.set(key.value, { at: place, value: tree })
      if (key.value === MERGE && key.type === 'PLAIN') others = tree
    }
    if (others !== undefined) {
      entries.delete(MERGE)
      merge(entries, others)
    }
    const keys = [...entries.keys()].reduce((sum, key) => sum + key.length + 1, 0)
    return {
      kind: 'mapping',
      at,
      entries,
      ...sumOf(
        [...entries.values()].map(({ value }) => value),
        keys,
      ),
    }
  }

  /** Adds what is not there yet: own keys win, then those of the earlier mapping. */
  function merge(entries: Map<string, Entry>, others: Tree): void {
    for (const tree of others.kind === 'list' ? others.items : [others]) {
      if (tree.kind !== 'mapping')
        throw new Misplaced(
          tree.at,
          `${MERGE} takes a mapping or a list of mappings, as in ${MERGE}: *base, not ${describeTree(tree)}`,
        )
      merged += tree.entries.size
      if (merged > MOST_PIECES)
        throw new Misplaced(tree.at, `${MERGE} copies more than ${MOST_PIECES} keys up to here`)
      for (const [key, entry] of tree.entries) if (!entries.has(key)) entries.set(key, entry)
    }
  }

  function growScalar({ value, source = '' }: Scalar, at: number): Tree {
    const isText = typeof value === 'string'
    if (!isText && typeof value !== 'number' && typeof value !== 'boolean' && value !== null)
      throw new Misplaced(at, 'is no text, number, true, false or null')
    return { kind: 'scalar', at, value, source, size: 1 + (isText ? value.length : source.length), depth: 0 }
  }
}

/** What a tree is called in a message. */
export function describeTree(tree: Tree): string {
  if (tree.kind === 'list') return tree.items.length === 0 ? 'an empty list' : 'a list'
  if (tree.kind === 'mapping') return tree.entries.size === 0 ? 'an empty mapping' : 'a mapping'
  const { value, source } = tree
  if (value === null) return 'nothing'
  if (typeof value === 'string') return value === '' ? 'an empty text' : `the text ${quoteText(value)}`
  return typeof value === 'number' ? `the number ${clipText(source)}` : source
}

/**
 * The tree as compact JSON text. A number that is written as JSON writes numbers stays as it is, digit by digit.
 * @throws Misplaced on what JSON has no number for
 */
export function writeJson(tree: Tree): string {
  if (tree.kind === 'list') return `[${tree.items.map(writeJson).join()}]`
  if (tree.kind === 'mapping')
    return `{${[...tree.entries].map(([key, { value }]) => `${JSON.stringify(key)}:${writeJson(value)}`).join()}}`
  const { value, source, at } = tree
  if (typeof value !== 'number') return JSON.stringify(value)
  if (/^-?(0|[1-9]\d*)(\.\d+)?(e[+-]?\d+)?$/i.test(source)) return source
  if (!Number.isFinite(value)) throw new Misplaced(at, `JSON has no number ${clipText(source)}`)
  return JSON.stringify(value)
}

function nothing(at: number): Tree {
  return { kind: 'scalar', at, value: null, source: '', size: 1, depth: 0 }
}

function sumOf(trees: readonly Tree[], own = 0): { size: number; depth: number } {
  let size = 1 + own
  let depth = 0
  for (const tree of trees) {
    size += tree.size
    depth = Math.max(depth, tree.depth)
  }
  return { size, depth: depth + 1 }
}

/** Aliases may make a few lines into anything. */
function bounded(tree: Tree): Tree {
  if (tree.depth > MOST_DEPTH) throw tooDeep(tree.at)
  if (tree.size > MOST_SIZE)
    throw new Misplaced(tree.at, `aliases make more than ${MOST_SIZE} characters of this`)
  return tree
}

function tooDeep(at: number): Misplaced {
  return new Misplaced(at, `lists and mappings stand in each other more than ${MOST_DEPTH} times`)
}

/** The parser's own words, on one line. */
function sentence({ code, message }: { readonly code: string; readonly message: string }): string {
  if (code === 'NON_STRING_KEY') return 'a key is a text'
  const words = clipText(message.split('\n', 1)[0]!.replace(/\.$/, ''), MOST_SENTENCE)
  return /^(Nested mappings|Block collections) are not allowed/.test(words)
    ? `${words}: put a value with a colon into quotes`
    : words
}
