// The rooms of src/ and the way imports may point, checked against the real imports.
import { describe, expect, test } from 'bun:test'
import { join } from 'node:path'
import { root } from './_helpers.ts'
import { importsOf, type Import, tokensOf } from './_source.ts'

/** What is loaded only when it is needed, and where. */
const lazyPackages: Readonly<Record<string, readonly string[]>> = {
  'stats/page/uplot.ts': ['uplot/LICENSE', 'uplot/dist/uPlot.iife.min.js', 'uplot/dist/uPlot.min.css'],
  'config/yaml.ts': ['yaml'],
  'fleet/tls.ts': ['selfsigned'],
}

/** Each room may import from itself and from the rooms listed. */
const mayImport: Readonly<Record<string, readonly string[]>> = {
  config: [],
  apis: ['config'],
  replies: ['config', 'apis'],
  stats: ['config'],
  server: ['config', 'apis', 'replies', 'stats'],
  bench: ['config', 'stats'],
  fleet: ['config', 'apis', 'replies', 'stats', 'server'],
  manual: ['config'],
  library: ['config', 'stats'],
  'index.ts': ['config', 'stats', 'library'],
  'cli.ts': ['config', 'bench', 'fleet', 'manual'],
}

const pureRooms = ['config', 'apis', 'replies', 'stats']

const files = [...new Bun.Glob('**/*.ts').scanSync(join(root, 'src'))].toSorted()
const sources = new Map(await Promise.all(files.map(async (file) => [file, await read(file)] as const)))
const imports = new Map(files.map((file) => [file, importsOf(sources.get(file)!)]))

function read(file: string): Promise<string> {
  return Bun.file(join(root, 'src', file)).text()
}

const roomOf = (file: string): string => file.split('/')[0]!

/** The files of src/ that `file` imports. */
function neighboursOf(file: string): string[] {
  const own = imports.get(file)!.filter(({ from }) => from.startsWith('.'))
  return own.map(({ from }) => join(file, '..', from)).filter((target) => !target.startsWith('..')) // package.json
}

describe('importsOf', () => {
  const code = (from: string): Import => ({ from, isTypeOnly: false })
  const types = (from: string): Import => ({ from, isTypeOnly: true })

  test.each([
    ['a name', "import a from 'x'", [code('x')]],
    ['several lines', "import a, { b, type C } from 'x'\nimport * as d from 'y'", [code('x'), code('y')]],
    ['comments between', "import {\n  a, // from 'z'\n  b,\n} from 'x'", [code('x')]],
    [
      'nothing but its effects, and a type',
      "import 'x'; import type { A } from 'y'",
      [code('x'), types('y')],
    ],
    [
      'a thing called type',
      "import type A from 'x'; import type from 'y'; import type, { B } from 'z'",
      [types('x'), code('y'), code('z')],
    ],
    [
      'exports of others',
      "export { a } from 'x'\nexport * from 'y'\nexport type { B } from 'z'\nexport * as c from 'x'",
      [code('x'), code('y'), types('z'), code('x')],
    ],
    ['exports of its own', "export { a }\nimport b from 'x'\nexport type { C }", [code('x')]],
    [
      'calls',
      "const a = await import('x'), b = require('y')\ntype C = import('z').C",
      [code('x'), code('y'), code('z')],
    ],
    ['attributes', "import a from 'x' with { type: 'json' }", [code('x')]],
    ['comments and texts', "// import a from 'x'\n/* import 'y' */ const a = \"import 'z'\"", []],
    ['templates', "const a = `${{ b: `import 'x'` }} import 'y'`, c = `}${/import 'z'/}`", []],
    ['divisions', "const d = 1 / 2 / import.meta.dir.length; import 'x'", [code('x')]],
    ['members', "const a = b ? { from: 'x', import: 'y' } : c.import('z')", []],
    ['names', 'export function from() {}\nexport default require', []],
  ])('%s', (_, source, expected) => expect(importsOf(source)).toEqual(expected))

  test('finds in every file what the transpiler of Bun finds, which leaves types out', () => {
    const transpiler = new Bun.Transpiler({ loader: 'ts' })
    for (const file of files) {
      const found = imports.get(file)!.map(({ from }) => from)
      expect(found).toEqual(
        expect.arrayContaining(transpiler.scanImports(sources.get(file)!).map(({ path }) => path)),
      )
    }
    expect([...imports.values()].flat().length).toBeGreaterThan(300)
  })
})

test('every file lives in a known room', () => {
  for (const file of files) expect(Object.keys(mayImport)).toContain(roomOf(file))
})

test.each(files)('%s imports only what its room may', (file) => {
  const room = roomOf(file)
  for (const target of neighboursOf(file)) expect([room, ...mayImport[room]!]).toContain(roomOf(target))
})

test.each(files.filter((file) => pureRooms.includes(roomOf(file))))(
  '%s is pure: no runtime, no clock, no chance',
  (file) => {
    const tokens = tokensOf(sources.get(file)!).map(({ text }) => text)
    const globals = tokens.filter((_, at) => tokens[at - 1] !== '.' && tokens[at + 1] !== ':')
    for (const name of ['Bun', 'process', 'performance', 'crypto', 'setTimeout', 'setInterval', 'fetch'])
      expect(globals).not.toContain(name)
    expect(tokens.join('')).not.toMatch(/Date\.now|newDate\(\)|Math\.random/)
    expect(imports.get(file)!.filter(({ from }) => /^(node|bun):/.test(from))).toEqual([])
  },
)

test.each(files)('%s is small', (file) => {
  expect(sources.get(file)!.split('\n').length).toBeLessThanOrEqual(300)
})

test.each(files)('%s takes no code of the SDKs into the binary', (file) => {
  const packages = imports
    .get(file)!
    .filter(({ from, isTypeOnly }) => !isTypeOnly && !/^(\.|node:)/.test(from))
  const known = ['citty', ...(lazyPackages[file] ?? [])]
  expect(packages.filter(({ from }) => !known.includes(from))).toEqual([])
})

test('no file imports itself by way of others, types included', () => {
  const reaches = (from: string, to: string, seen = new Set<string>()): boolean =>
    (imports.has(from) ? neighboursOf(from) : []).some((next) => {
      if (next === to) return true
      if (seen.has(next)) return false
      seen.add(next)
      return reaches(next, to, seen)
    })
  expect(files.filter((file) => reaches(file, file))).toEqual([])
})
