// The README and the pages of the manual, as tests read them.
import { join } from 'node:path'
import { root } from './_helpers.ts'

const folder = join(root, 'src/manual')

/** Every page of the manual, by the name of its file. */
export const pages: ReadonlyMap<string, string> = new Map(
  await Promise.all(
    [...new Bun.Glob('*.md').scanSync(folder)]
      .toSorted()
      .map(async (name) => [name, await Bun.file(join(folder, name)).text()] as const),
  ),
)

export const readme = await Bun.file(join(root, 'README.md')).text()

/** README and pages, by their paths. */
export const texts: ReadonlyMap<string, string> = new Map([
  ['README.md', readme],
  ...[...pages].map(([name, text]) => [`src/manual/${name}`, text] as const),
])

/** @throws Error where there is no such page */
export function page(name: string): string {
  const text = pages.get(`${name}.md`)
  if (text === undefined) throw new Error(`there is no page ${name}`)
  return text
}

/** The cells of every table row of a text, Markdown's code ticks removed. */
export function rowsOf(text: string): string[][] {
  return text
    .split('\n')
    .filter((line) => line.startsWith('|'))
    .map((line) =>
      line
        .split(/(?<!\\)\|/)
        .slice(1, -1)
        .map((cell) => cell.replaceAll('`', '').trim()),
    )
}

/** What is said under each heading of this depth, by the heading. */
export function sectionsOf(text: string, depth: number): ReadonlyMap<string, string> {
  const [, ...sections] = `\n${text}`.split(new RegExp(`\n${'#'.repeat(depth)} `))
  return new Map(
    sections.map((section) => {
      const end = section.indexOf('\n')
      return [section.slice(0, end), section.slice(end + 1)]
    }),
  )
}

/** The block of code of a page whose first line names this file. */
export function codeIn(name: string, file: string): string {
  const blocks = [...page(name).matchAll(/^```\w+\n(?:\/\/|#) (\S+)\n([^]*?)^```$/gm)]
  const found = blocks.find(([, named]) => named === file)
  if (found === undefined) throw new Error(`the page ${name} shows no ${file}`)
  return found[2]!
}

/** Writes a file of tests that a page shows into a folder, so that it finds the library as it is here. */
export async function writeExample(folder: string, page: string, name: string): Promise<void> {
  const code = codeIn(page, name).replace("'mock-llm-api'", JSON.stringify(join(root, 'src/index.ts')))
  await Bun.write(join(folder, name), code)
}
