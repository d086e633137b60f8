// What GitHub runs: the workflows, the action of .github/deploy, and the job in the manual, as GitHub's own language service reads them.
import { describe, expect, test } from 'bun:test'
import { join } from 'node:path'
import { validate } from '@actions/languageservice'
import { TextDocument } from 'vscode-languageserver-textdocument'
import { parse } from 'yaml'
import manifest from '../../package.json' with { type: 'json' }
import { root } from '../_helpers.ts'
import { changed, configOf, readDeployed } from './_files.ts'

let asked = 0

/** The name tells whether it is a workflow or an action. The service remembers what it has read: each text has a folder of its own. */
async function complaintsAbout(name: string, text: string): Promise<string[]> {
  const found = await validate(TextDocument.create(`file:///${++asked}/${name}`, 'yaml', 0, text))
  return found.map(({ message }) => String(message))
}

const read = (file: string): Promise<string> => Bun.file(join(root, file)).text()
const ACTION = 'action.yaml'
const action = await readDeployed(ACTION)
const [, job] = /^```yaml\n(on:[^]*?)^```$/m.exec(await read('src/manual/containers.md'))!

const ci = await read('.github/workflows/ci.yml')

describe('the language service', () => {
  test.each([...new Bun.Glob('.github/workflows/*.yml').scanSync({ cwd: root, dot: true })])(
    'has nothing against %s',
    async (file) => expect(await complaintsAbout(file, await read(file))).toEqual([]),
  )

  test('has nothing against the action, and the job of the manual', async () => {
    expect(await complaintsAbout(ACTION, action)).toEqual([])
    expect(await complaintsAbout('.github/workflows/manual.yml', job!)).toEqual([])
  })

  test.each([
    ['a key that there is not', 'x.yml', ci, 'timeout-minutes', 'timeout-minute', "'timeout-minute'"],
    ['a permission that there is not', 'x.yml', ci, 'contents: read', 'contents: reads', "'reads'"],
    ['an expression', 'x.yml', ci, '${{ matrix.os }}', '${{ matrices.os }}', "'matrices'"],
    ['a step without its shell', ACTION, action, 'shell: bash', 'working-directory: x', 'missing: shell'],
    ['a job without a machine', 'x.yml', job!, 'runs-on', 'run-on', 'runs-on'],
  ])('complains of %s', async (_, name, text, from, to, complaint) => {
    const path = name === ACTION ? name : `.github/workflows/${name}`
    expect((await complaintsAbout(path, changed(text, from, to))).join('\n')).toContain(complaint)
  })
})

describe('the job of the manual', () => {
  const { jobs } = parse(job!) as {
    jobs: Record<string, { steps: { uses?: string; with?: Record<string, string>; id?: string }[] }>
  }
  const { inputs, outputs } = parse(action) as Record<'inputs' | 'outputs', Record<string, unknown>>
  const [mock] = Object.values(jobs)[0]!.steps.filter(({ uses }) => uses?.startsWith('OWNER/'))

  test('gives the action what it takes, and the mock too', () => {
    expect(mock!.uses).toBe(`OWNER/REPOSITORY/.github/deploy@v${manifest.version}`)
    for (const name of Object.keys(mock!.with!)) expect(Object.keys(inputs)).toContain(name)
    expect(() => configOf(mock!.with!['options']!.split(' '))).not.toThrow()
  })

  test('uses outputs that there are', () => {
    const used = [...job!.matchAll(new RegExp(`steps\\.${mock!.id}\\.outputs\\.(\\w+)`, 'g'))]
    expect(used.length).toBeGreaterThan(0)
    for (const [, output] of used) expect(Object.keys(outputs)).toContain(output!)
  })
})
