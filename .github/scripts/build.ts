// Builds the standalone executable: for this machine, for targets that are named (linux-x64 …), or with --all for every one, with
// checksums.
import { createHash } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { platforms } from '../../src/library/executable.ts'

/** Asset name → Bun's name of the target. */
const targets = Object.fromEntries(
  platforms.map(({ name, os }) => [
    os === 'win32' ? `${name}.exe` : name,
    name.replace('mock-llm-api', 'bun') as Bun.Build.CompileTarget,
  ]),
)

const root = join(import.meta.dir, '..', '..')
const dist = join(root, 'dist')

/** The commit the tree stands at, with `+` behind it when tracked files differ; nothing outside a checkout. */
function commit(): string | undefined {
  const git = (...args: string[]): string | undefined => {
    const { success, stdout } = Bun.spawnSync(['git', ...args], { cwd: root, stderr: 'ignore' })
    return success ? stdout.toString().trim() : undefined
  }
  const hash = git('rev-parse', '--short=7', 'HEAD')
  return hash && (git('status', '--porcelain', '--untracked-files=no') ? `${hash}+` : hash)
}

/** Compiles the program to `outfile`, for `target` or this machine. */
export async function buildExecutable(outfile: string, target?: Bun.Build.CompileTarget): Promise<void> {
  const built = commit()
  await Bun.build({
    entrypoints: [join(root, 'src', 'cli.ts')],
    minify: true,
    define: built === undefined ? {} : { BUILD_COMMIT: JSON.stringify(built) },
    compile: {
      ...(target && { target }),
      outfile,
      // The folder it is started in must not change what it does.
      autoloadDotenv: false,
      autoloadBunfig: false,
      autoloadTsconfig: false,
      autoloadPackageJson: false,
    },
  })
}

async function buildAsset(name: string, target?: Bun.Build.CompileTarget): Promise<void> {
  await buildExecutable(join(dist, name), target)
  console.log(`dist/${name}`)
}

async function writeChecksums(names: readonly string[]): Promise<void> {
  const lines = await Promise.all(
    names.map(async (name) => {
      const bytes = await Bun.file(join(dist, name)).bytes()
      return `${createHash('sha256').update(bytes).digest('hex')}  ${name}\n`
    }),
  )
  await Bun.write(join(dist, 'SHA256SUMS'), lines.join(''))
  console.log('dist/SHA256SUMS')
}

/** `mock-llm-api-linux-x64` → `linux-x64`. */
function targetOf(name: string): string {
  return name.replace(/^mock-llm-api-|\.exe$/g, '')
}

/** The assets that are asked for by their targets. */
function assetsFor(wanted: readonly string[]): string[] {
  const names = Object.keys(targets)
  if (wanted.includes('--all')) return names
  const unknown = wanted.find((word) => !names.some((name) => targetOf(name) === word))
  if (unknown === undefined) return names.filter((name) => wanted.includes(targetOf(name)))
  console.error(`there is no target ${unknown}: there are --all, ${names.map(targetOf).join(', ')}`)
  process.exit(2)
}

if (import.meta.main) {
  const wanted = process.argv.slice(2)
  const assets = assetsFor(wanted)
  mkdirSync(dist, { recursive: true })
  for (const name of assets) await buildAsset(name, targets[name])
  if (wanted.includes('--all')) await writeChecksums(assets)
  if (wanted.length === 0)
    await buildAsset(process.platform === 'win32' ? 'mock-llm-api.exe' : 'mock-llm-api')
}
