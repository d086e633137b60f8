// Where the executable is that the library and the command of the npm package start.
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { MockError } from './error.ts'

/** One package each; so are the files of a release called. `libc` is told on Linux. */
export const platforms = [
  { name: 'mock-llm-api-linux-x64', os: 'linux', cpu: 'x64', libc: 'glibc' },
  { name: 'mock-llm-api-linux-arm64', os: 'linux', cpu: 'arm64', libc: 'glibc' },
  { name: 'mock-llm-api-linux-x64-musl', os: 'linux', cpu: 'x64', libc: 'musl' },
  { name: 'mock-llm-api-linux-arm64-musl', os: 'linux', cpu: 'arm64', libc: 'musl' },
  { name: 'mock-llm-api-darwin-x64', os: 'darwin', cpu: 'x64', libc: null },
  { name: 'mock-llm-api-darwin-arm64', os: 'darwin', cpu: 'arm64', libc: null },
  { name: 'mock-llm-api-windows-x64', os: 'win32', cpu: 'x64', libc: null },
] as const satisfies readonly Platform[]

export interface Platform {
  readonly name: string
  /** As `process.platform` and `process.arch` say. */
  readonly os: string
  readonly cpu: string
  readonly libc: 'glibc' | 'musl' | null
}

/** The package for a platform; undefined where there is none. */
export function packageFor(os: string, cpu: string, isMusl: boolean): string | undefined {
  const libc = os === 'linux' ? (isMusl ? 'musl' : 'glibc') : null
  return platforms.find((row) => row.os === os && row.cpu === cpu && row.libc === libc)?.name
}

/**
 * The words that start the program: the executable of this platform's package, or Bun with the source where this file is source.
 * @throws MockError saying what is missing
 */
export function findCommand(): readonly [string, ...string[]] {
  const here = fileURLToPath(import.meta.url)
  if (here.endsWith('.ts'))
    return [process.versions.bun ? process.execPath : 'bun', join(dirname(here), '..', 'cli.ts')]
  const { platform, arch } = process
  const name = packageFor(platform, arch, isMusl())
  if (name === undefined)
    throw new MockError(
      `there is no mock-llm-api for ${platform} on ${arch}: there are ${platforms.map((row) => row.name.slice('mock-llm-api-'.length)).join(', ')}`,
    )
  const path = locate(name, platform === 'win32' ? 'mock-llm-api.exe' : 'mock-llm-api')
  if (path === undefined)
    throw new MockError(
      `the package ${name}, which holds the executable for this system, is not installed: install mock-llm-api again, with optional dependencies`,
    )
  return [path]
}

function locate(name: string, file: string): string | undefined {
  try {
    const path = join(dirname(createRequire(import.meta.url).resolve(`${name}/package.json`)), file)
    return existsSync(path) ? path : undefined
  } catch {
    return undefined // not installed
  }
}

/** Which C library runs here: only glibc tells its version. */
function isMusl(): boolean {
  if (process.platform !== 'linux') return false
  const report = process.report as { excludeNetwork?: boolean; getReport(): object }
  report.excludeNetwork = true // it would take as long as a lookup of names
  const { header } = report.getReport() as { readonly header: Readonly<Record<string, unknown>> }
  return header['glibcVersionRuntime'] === undefined
}
