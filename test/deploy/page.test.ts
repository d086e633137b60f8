// The page of the manual about containers: its commands are accepted, and its figures are those of the code and the files.
import { expect, test } from 'bun:test'
import { join } from 'node:path'
import manifest from '../../package.json' with { type: 'json' }
import { calibrateOptions, readCalibrateConfig } from '../../src/config/calibrate.ts'
import { readConfig } from '../../src/config/config.ts'
import { guardArguments } from '../../src/config/flags.ts'
import { SPARE_MS, STOP_MS } from '../../src/fleet/banner.ts'
import { root } from '../_helpers.ts'
import { configOf, readDeployed } from './_files.ts'

const page = await Bun.file(join(root, 'src/manual/containers.md')).text()
const flat = page.replace(/\s+/g, ' ')
const image = `ghcr.io/OWNER/REPOSITORY:${manifest.version}`

/** What stands in blocks of a shell, a command a line. */
const commands = [...page.matchAll(/^```sh\n([^]*?)^```$/gm)]
  .flatMap(([, block]) => block!.replaceAll('\\\n', '').split('\n'))
  .map((line) => line.replace(/ # .*/, '').trim())

/** What follows the image, or the program inside it. */
const given = commands.flatMap((line) => {
  const [, words] = / (?:ghcr\.io\S+|(?:mock|--) mock-llm-api) ?(.*)$/.exec(line) ?? []
  return words === undefined ? [] : [words.split(' ').filter((word) => word !== '')]
})

test('the program takes what its containers are given', () => {
  expect(given.length).toBeGreaterThanOrEqual(5)
  for (const [command, ...rest] of given)
    if (command === 'calibrate') {
      const words = guardArguments(rest, calibrateOptions) as string[]
      readCalibrateConfig(Object.fromEntries(words.map((word) => word.slice(2).split('='))), {})
    } else if (command === 'health') expect(rest).toEqual([])
    else configOf([command!, ...rest])
})

test('every image is the one of this version', () => {
  for (const [named] of page.matchAll(/ghcr\.io[^\s`]+/g)) expect(named).toBe(image)
})

test('every file is there', async () => {
  const files = [...page.matchAll(/\.github\/[\w/]+\.\w+/g)].map(([file]) => file)
  expect(files.length).toBeGreaterThanOrEqual(5)
  for (const file of files) expect([file, await Bun.file(join(root, file)).exists()]).toEqual([file, true])
})

test('the times are those of the program and of the files', async () => {
  const { graceMs } = readConfig({}, {})
  const kubernetes = await readDeployed('kubernetes.yaml')
  const [, grace] = /terminationGracePeriodSeconds: (\d+)/.exec(kubernetes)!
  const [, sleep] = /preStop:\s+sleep:\s+seconds: (\d+)/.exec(kubernetes)!
  const [, interval] = /HEALTHCHECK --interval=(\d+)s/.exec(await readDeployed('Dockerfile'))!
  for (const sentence of [
    `The grace period of ${graceMs / 1000} s leaves time for summary and report before \`docker stop\` kills, after ${STOP_MS / 1000} s`,
    `\`docker stop -t ${(20_000 + SPARE_MS) / 1000}\` for \`--grace-ms 20s\``,
    `| grace period, ${grace} s`,
    `| preStop, ${sleep} s`,
    `Docker asks \`mock-llm-api health\` every ${interval} s`,
  ])
    expect(flat).toContain(sentence)
})

test('what a worker is worth is what was measured elsewhere in the manual', async () => {
  const names = ['README.md', ...new Bun.Glob('src/manual/*.md').scanSync(root)]
  const others = names.filter((name) => !name.endsWith('/containers.md'))
  const texts = await Promise.all(others.map((name) => Bun.file(join(root, name)).text()))
  const [, requests] = /answered ([\d,]+) requests\/s/.exec(flat)!
  const [, streams] = /had ([\d,]+) streams on time/.exec(flat)!
  const measured = new RegExp(`^ +1 +${requests} [^]*^Most streams on time: more than ${streams}$`, 'm')
  expect(texts.some((text) => measured.test(text))).toBe(true)
})
