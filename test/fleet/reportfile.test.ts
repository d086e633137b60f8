// Where a report can be written, and how: tried at the start, done at the end.
import { describe, expect, test } from 'bun:test'
import {
  chmodSync,
  closeSync,
  constants,
  linkSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { checkReport, writeReport } from '../../src/fleet/reportfile.ts'
import { childrenOf, runToEnd, sourceCommand, start, until } from '../_helpers.ts'
import { useFleet } from './_programs.ts'

const { folder, running } = useFleet()
const isUnix = process.platform !== 'win32'
let cases = 0

/** A folder of its own for each case. */
function place(): string {
  const path = join(folder, `case-${++cases}`)
  mkdirSync(path)
  return path
}

const old = 'the report of the last run, which is longer than the new one'

/** What is at the path before, by name. */
const shapes: Readonly<Record<string, (path: string) => void>> = {
  nothing: () => {},
  'a file': (path) => writeFileSync(path, old, { mode: 0o640 }),
  'a file that may only be written': (path) => writeFileSync(path, old, { mode: 0o200 }),
  'a file with another name': (path) => {
    writeFileSync(path, old)
    linkSync(path, `${path}.other`)
  },
  'a link to a file': (path) => {
    writeFileSync(`${path}.real`, old, { mode: 0o604 })
    symlinkSync(`${path}.real`, path)
  },
  'a relative link to nothing': (path) => symlinkSync('elsewhere.json', path),
}

describe.skipIf(!isUnix)('modes and links (Unix)', () => {
  test.each(Object.entries(shapes))('%s: tried and left as it was, then written', async (_, make) => {
    const inside = place()
    const path = join(inside, 'report.json')
    make(path)
    const before = readdirSync(inside)
    const kind = lstatSync(path, { throwIfNoEntry: false })
    const mode = statSync(path, { throwIfNoEntry: false })?.mode
    checkReport(path)
    expect(readdirSync(inside)).toEqual(before)
    if (mode !== undefined && (mode & 0o400) !== 0) expect(readFileSync(path, 'utf8')).toBe(old)
    await writeReport(path, 'new')
    chmodSync(path, statSync(path).mode | 0o400)
    expect(readFileSync(path, 'utf8')).toBe('new')
    if (kind !== undefined) expect(lstatSync(path).isSymbolicLink()).toBe(kind.isSymbolicLink())
    if (mode !== undefined) expect(statSync(path).mode).toBe(mode | 0o400)
    if (before.includes('report.json.other')) expect(readFileSync(`${path}.other`, 'utf8')).toBe('new')
    expect(readdirSync(inside).filter((name) => name.endsWith('.tmp'))).toEqual([])
  })
})

test.each([
  ['a folder', 'it is a folder', '', () => {}],
  ['a name that is too long', 'ENAMETOOLONG', 'x'.repeat(300), () => {}],
  ['a folder that is not there', 'ENOENT', 'absent/report.json', () => {}],
  ['a file for a folder', 'ENOTDIR', 'file/report.json', (path: string) => writeFileSync(dirname(path), '')],
])('%s is refused in one line', async (_, reason, name, make) => {
  const path = join(place(), name)
  make(path)
  expect(() => checkReport(path)).toThrow(`cannot write the report to ${path}: ${reason}`)
  const result = await runToEnd(sourceCommand, ['--listen', '0', '--report', path])
  expect(result.stderr).toStartWith(`mock-llm-api: cannot write the report to ${path}: `)
  expect(result.stderr.trimEnd()).not.toContain('\n')
  expect(result.code).toBe(1)
})

test('a name that just fits is no reason to fail', async () => {
  const path = join(place(), 'x'.repeat(255))
  checkReport(path)
  await writeReport(path, 'new')
  expect(readFileSync(path, 'utf8')).toBe('new')
})

/** Serves until SIGTERM with this report, run by `shell`, which ends in `exec "$@"`. */
async function run(
  shell: string,
  report: string,
  before: () => void = () => {},
): Promise<{ code: number; output: { stdout: string; stderr: string } }> {
  const command = ['bash', '-c', shell, 'bash', ...sourceCommand]
  const program = start(command, { listen: '127.0.0.1:0', workers: '1', report })
  running.add(program)
  await program.port()
  before()
  program.process.kill('SIGTERM')
  const code = await program.process.exited
  await until(() => program.output.stdout.includes('verdict'))
  return { code, output: program.output }
}

describe.skipIf(!isUnix)('whole programs (a Unix shell)', () => {
  test.each([
    ['a socket', 'exec "$@"'],
    ['a pipe', 'exec "$@" > >(cat)'],
  ])('/dev/stdout that is %s: after the summary', async (_, shell) => {
    const { code, output } = await run(shell, '/dev/stdout')
    expect(code).toBe(0)
    await until(() => output.stdout.includes('\n}\n'))
    expect(JSON.parse(output.stdout.slice(output.stdout.indexOf('\n{\n'))).requests.total).toBe(0)
  })

  test('/dev/stdout that is a file: nothing that was printed is lost', async () => {
    const file = join(place(), 'out')
    const command = ['bash', '-c', `exec "$@" > ${file}`, 'bash', ...sourceCommand]
    const program = start(command, { listen: '127.0.0.1:0', workers: '1', report: '/dev/stdout' })
    running.add(program)
    await until(
      () => statSync(file, { throwIfNoEntry: false }) && readFileSync(file, 'utf8').includes('curl'),
    )
    program.process.kill('SIGTERM')
    expect(await program.process.exited).toBe(0)
    const text = readFileSync(file, 'utf8')
    expect(text).toStartWith('mock-llm-api ')
    expect(text).toContain('verdict')
    expect(JSON.parse(text.slice(text.indexOf('\n{\n'))).requests.total).toBe(0)
  })

  test('a pipe whose reader comes later', async () => {
    const pipe = join(place(), 'pipe')
    expect(Bun.spawnSync(['mkfifo', pipe]).success).toBe(true)
    let reader = -1
    const { code } = await run('exec "$@"', pipe, () => {
      reader = openSync(pipe, constants.O_RDONLY | constants.O_NONBLOCK)
    })
    expect(code).toBe(0)
    expect(JSON.parse(readFileSync(reader, 'utf8')).requests.total).toBe(0)
    closeSync(reader)
    expect(lstatSync(pipe).isFIFO()).toBe(true)
  })

  test.each([
    ['a pipe that nobody reads', 'pipe', (path: string) => void Bun.spawnSync(['mkfifo', path]), () => {}],
    [
      'a folder that has gone',
      'in/report.json',
      (path: string) => mkdirSync(dirname(path)),
      (path: string) => void Bun.spawnSync(['rm', '-r', dirname(path)]),
    ],
    ['a disk that is full', '/dev/full', () => {}, () => {}],
  ])('%s: the report is on stderr', async (_, name, make, spoil) => {
    if (name === '/dev/full' && process.platform !== 'linux') return console.log('skipped: no /dev/full here')
    const path = name.startsWith('/') ? name : join(place(), name)
    make(path)
    const { code, output } = await run('exec "$@"', path, () => spoil(path))
    expect(code).toBe(1)
    await until(() => output.stderr.includes('\nmock-llm-api: '))
    const [json, line] = output.stderr.split('\nmock-llm-api: ')
    expect(JSON.parse(json!).requests.total).toBe(0)
    expect(line).toStartWith(`cannot write the report to ${path}: `)
  })
})

test.skipIf(!isUnix)('a run that fails, and whose report cannot be written, tells both (Unix)', async () => {
  const report = join(place(), 'in', 'report.json')
  mkdirSync(dirname(report))
  const program = start(sourceCommand, { listen: '127.0.0.1:0', workers: '1', report })
  running.add(program)
  await program.port()
  rmSync(dirname(report), { recursive: true })
  await until(() => {
    for (const pid of childrenOf(program.process.pid))
      try {
        process.kill(pid, 'SIGKILL')
      } catch {} // it has just ended
    return program.process.exitCode !== null
  })
  await until(() => program.output.stderr.includes('giving up'))
  expect(program.process.exitCode).toBe(1)
  expect(program.output.stderr).toContain('"requests": {')
  expect(program.output.stderr).toContain(`mock-llm-api: cannot write the report to ${report}: `)
})

const mounts = process.platform === 'linux' && Bun.spawnSync(['unshare', '-rm', 'true']).success
test.skipIf(!mounts)('a file that is a mount point is written in place (mounting needs Linux)', async () => {
  const inside = place()
  const [path, real] = [join(inside, 'report.json'), join(inside, 'real.json')]
  writeFileSync(path, '')
  writeFileSync(real, old)
  const shell = `exec unshare -rm bash -c 'mount --bind ${real} ${path} && exec "$@"' bash "$@"`
  const { code, output } = await run(shell, path)
  expect([code, output.stderr]).toEqual([0, ''])
  expect(JSON.parse(readFileSync(real, 'utf8')).requests.total).toBe(0)
  expect(readFileSync(path, 'utf8')).toBe('')
})
