// h2spec, a client that breaks the rules of HTTP/2 on purpose, one case at a time: built with the Go at hand, and its report.
import { join } from 'node:path'
import { runToEnd } from '../_helpers.ts'

const MODULE = 'github.com/summerwind/h2spec'
/** The last version that the module proxy has. It names no dependencies itself, hence those below. */
const VERSION = 'v2.2.1+incompatible'
const GO_MOD = `module ${MODULE}

go 1.21

require (
	github.com/fatih/color v1.19.0
	github.com/spf13/cobra v1.10.2
	golang.org/x/net v0.62.0
)
`
const BUILD_MS = 300_000

/**
 * Builds it in `folder`, and returns the command that runs it. Its requests are made POST, where they are GET: so what is asked for
 * is a reply that streams. Throws what Go says when that cannot be done.
 */
export async function buildH2spec(go: string, folder: string): Promise<string> {
  const { Dir: fetched } = JSON.parse(await run(go, ['mod', 'download', '-json', `${MODULE}@${VERSION}`]))
  const source = join(folder, 'source')
  for (const name of new Bun.Glob('**/*.go').scanSync(fetched))
    await Bun.write(join(source, name), Bun.file(join(fetched, name)))
  const file = join(source, 'spec', 'util.go')
  const text = await Bun.file(file).text()
  const changed = text.replace('":method", "GET"', '":method", "POST"')
  if (changed === text) throw new Error('h2spec asks otherwise than it did')
  await Bun.write(file, changed)
  await Bun.write(join(source, 'go.mod'), GO_MOD)
  const command = join(folder, 'h2spec')
  await run(go, ['build', '-C', source, '-mod=mod', '-o', command, './cmd/h2spec'])
  return command
}

async function run(go: string, args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await runToEnd([go], args, { GOWORK: 'off' }, BUILD_MS)
  if (code !== 0) throw new Error(`go ${args[0]}: ${stderr}`)
  return stdout
}

export interface Verdict {
  readonly cases: number
  /** The names of the cases that failed: section and what was tried. */
  readonly failed: readonly string[]
}

/** The report that `--junit-report` makes. */
export function readReport(xml: string): Verdict {
  const cases = [
    ...xml.matchAll(/<testcase package="([^"]*)" classname="([^"]*)"[^>]*>([^]*?)<\/testcase>/g),
  ].map(([, section, tried, inner]) => ({
    name: `${section}: ${tried!.replaceAll('&#34;', '"').replaceAll('&#39;', "'")}`,
    isFailed: inner!.trim() !== '',
  }))
  return { cases: cases.length, failed: cases.filter(({ isFailed }) => isFailed).map(({ name }) => name) }
}
