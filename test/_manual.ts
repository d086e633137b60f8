// The code that the manual shows: tests run it as it stands.
import { join } from 'node:path'
import { root } from './_helpers.ts'

/** The block of code of a page whose first line names this file. */
export async function codeIn(page: string, file: string): Promise<string> {
  const text = await Bun.file(join(root, 'src/manual', page)).text()
  const found = [...text.matchAll(/^```\w+\n(?:\/\/|#) (\S+)\n([^]*?)^```$/gm)].find(
    ([, name]) => name === file,
  )
  if (found === undefined) throw new Error(`${page} shows no ${file}`)
  return found[2]!
}
