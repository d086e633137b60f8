// The rooms of src/ and the way imports may point, checked against the real imports.
import { expect, test } from 'bun:test'
import { join } from 'node:path'
import { root } from './_helpers.ts'

/** Each room may import from itself and from the rooms listed. */
const mayImport: Readonly<Record<string, readonly string[]>> = {
  config: [],
  apis: ['config'],
  replies: ['config', 'apis'],
  stats: ['config'],
  server: ['config', 'apis', 'replies', 'stats'],
  bench: ['config', 'stats'],
  fleet: ['config', 'apis', 'replies', 'stats', 'server'],
  'cli.ts': ['config', 'bench', 'fleet'],
}

const pureRooms = ['config', 'apis', 'replies', 'stats']

const files = [...new Bun.Glob('**/*.ts').scanSync(join(root, 'src'))]

test('every file lives in a known room', () => {
  for (const file of files) expect(Object.keys(mayImport)).toContain(file.split('/')[0]!)
})

test.each(files)('%s imports only what its room may', async (file) => {
  const room = file.split('/')[0]!
  const source = await Bun.file(join(root, 'src', file)).text()
  for (const [, specifier] of source.matchAll(/^(?:import|export) [^;]*?from '(\.[^']+)'/gm)) {
    const target = join(file, '..', specifier!).split('/')[0]!
    if (target === '..') continue // package.json
    expect([room, ...mayImport[room]!]).toContain(target)
  }
})

test.each(files.filter((file) => pureRooms.includes(file.split('/')[0]!)))(
  '%s is pure: no runtime, no clock, no chance',
  async (file) => {
    const source = await Bun.file(join(root, 'src', file)).text()
    expect(source).not.toMatch(/\bBun\.|\bprocess\.|\bDate\.now|performance\.now|Math\.random|from 'node:/)
  },
)

test.each(files)('%s is small', async (file) => {
  const source = await Bun.file(join(root, 'src', file)).text()
  expect(source.split('\n').length).toBeLessThanOrEqual(300)
})

test.each(files)(
  '%s takes only types from the SDKs, so that none of their code reaches the binary',
  async (file) => {
    const source = await Bun.file(join(root, 'src', file)).text()
    const packages = [...source.matchAll(/^import (?!type )[^;]*? from '([^.'][^']*)'/gm)].map(
      ([, name]) => name!,
    )
    expect(packages.filter((name) => name !== 'citty' && !name.startsWith('node:'))).toEqual([])
  },
)

test('no file imports itself by way of others, types included', async () => {
  const imports = new Map<string, string[]>()
  for (const file of files) {
    const source = await Bun.file(join(root, 'src', file)).text()
    const found = [...source.matchAll(/^(?:import|export) [^;]*?from '(\.[^']+\.ts)'/gm)]
    imports.set(
      file,
      found.map(([, specifier]) => join(file, '..', specifier!)),
    )
  }
  const reaches = (from: string, to: string, seen = new Set<string>()): boolean =>
    (imports.get(from) ?? []).some((next) => {
      if (next === to) return true
      if (seen.has(next)) return false
      seen.add(next)
      return reaches(next, to, seen)
    })
  expect(files.filter((file) => reaches(file, file))).toEqual([])
})
