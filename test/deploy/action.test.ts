// The script of the action, run as GitHub runs it; only what brings the binary of a release is replaced.
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { chmodSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'
import { isAlive, runToEnd, sourceCommand, temporaryFolder, until } from '../_helpers.ts'
import { leash } from '../_leash.ts'
import { readDeployed } from './_files.ts'

const { runs } = parse(await readDeployed('action.yaml')) as {
  runs: { steps: [{ run: string; env: Record<string, string> }] }
}
const [{ run, env }] = runs.steps
const canRun = process.platform === 'linux' && Bun.which('jq') !== null
if (!canRun) console.log('skipped: the action is tried on Linux with jq')

/** `download` writes a program of that name; `verify` finds it there. */
const GH = `#!/bin/sh
echo "$*" >> "$(dirname "$0")/asked"
case "$1 $2" in
  'release download')
    while [ "$1" != --pattern ]; do shift; done
    printf '#!/bin/sh\\nexec ${sourceCommand.join(' ')} "$@"\\n' > "$4/$2" ;;
  'attestation verify') test -f "$3" ;;
esac`

describe.skipIf(!canRun)('the action', () => {
  const folder = temporaryFolder()
  const bin = join(folder.path, 'bin')
  beforeAll(async () => {
    mkdirSync(bin)
    await Bun.write(join(bin, 'gh'), GH)
    chmodSync(join(bin, 'gh'), 0o755)
  })
  afterAll(folder.remove)

  const act = async (options: string, arch = 'X64') => {
    const outputs = join(folder.path, 'outputs')
    await Bun.write(outputs, '')
    const ended = await runToEnd(['bash', '--noprofile', '--norc', '-eo', 'pipefail', '-c', run], [], {
      PATH: `${bin}:${process.env['PATH']}`,
      RUNNER_OS: 'Linux',
      RUNNER_ARCH: arch,
      RUNNER_TEMP: folder.path,
      GITHUB_OUTPUT: outputs,
      REPOSITORY: 'owner/repository',
      VERSION: 'v1.2.3',
      OPTIONS: options,
    })
    const text = await Bun.file(outputs).text()
    return { ...ended, outputs: Object.fromEntries(new URLSearchParams(text.trim().replaceAll('\n', '&'))) }
  }

  test('is given its variables', () =>
    expect(Object.keys(env).toSorted()).toEqual(['GH_TOKEN', 'OPTIONS', 'REPOSITORY', 'VERSION']))

  test('starts a mock that serves with its options, and reports when it is stopped', async () => {
    const { code, stderr, outputs } = await act('--chunk-count 3 --workers 1')
    expect([code, stderr]).toEqual([0, ''])
    const pid = Number(outputs['pid'])
    leash({ pid, exited: until(() => !isAlive(pid)).then(() => 0) })
    const answer = await fetch(`${outputs['url']}/v1/chat/completions`, { method: 'POST' })
    expect((await answer.text()).match(/^data: /gm)).toHaveLength(5)
    process.kill(pid, 'SIGTERM')
    await until(() => !isAlive(pid))
    expect(await Bun.file(outputs['report']!).json()).toMatchObject({ requests: { total: 1 } })
    const asked = await Bun.file(join(bin, 'asked')).text()
    expect(asked).toStartWith(
      'release download v1.2.3 --repo owner/repository --pattern mock-llm-api-linux-x64 ',
    )
    expect(asked).toMatch(/^attestation verify \S+\/mock-llm-api-linux-x64 --repo owner\/repository$/m)
  })

  test.each([
    ['options that are refused', '--chunk-count many', 'X64', "--chunk-count does not accept 'many'"],
    ['a machine that there is no binary for', '', 'RISCV', 'there is no mock-llm-api for Linux on RISCV'],
  ])('tells of %s', async (_, options, arch, complaint) => {
    const { code, stdout, outputs } = await act(options, arch)
    expect([code, outputs]).toEqual([1, {}])
    expect(stdout).toMatch(/^::error::/m)
    expect(stdout).toContain(complaint)
  })
})
