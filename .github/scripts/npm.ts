// Makes the npm packages in dist/npm of the executables in dist: mock-llm-api (command, library, types), and one package for each
// platform whose executable is there. Nothing is fetched and no script runs when they are installed.
import {
  chmodSync,
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import manifest from '../../package.json' with { type: 'json' }
import { packageFor, type Platform, platforms } from '../../src/library/executable.ts'

const root = join(import.meta.dir, '..', '..')
const { name, version, description, license } = manifest

/** npm's provenance names the repository, which must be the one that the workflow runs in. */
const repository = process.env['GITHUB_REPOSITORY']
const common = {
  version,
  description,
  license,
  ...(repository && { repository: { type: 'git', url: `git+https://github.com/${repository}.git` } }),
}

/** Makes the packages of the executables in `dist` and says the folders. @throws Error when there is none */
export async function makePackages(dist: string): Promise<string[]> {
  const out = join(dist, 'npm')
  rmSync(out, { recursive: true, force: true })
  const own = packageFor(process.platform, process.arch, false)
  const made = platforms.flatMap((platform) => {
    const file = executableOf(platform)
    // The one that is built for this machine alone has no platform in its name.
    const built = [file.replace(name, platform.name), ...(platform.name === own ? [file] : [])].map((each) =>
      join(dist, each),
    )
    const found = built.find((path) => existsSync(path))
    return found === undefined ? [] : [makePlatform(join(out, platform.name), platform, found)]
  })
  if (made.length === 0) throw new Error(`there is no executable in ${dist}: bun run build makes one`)
  return [await makeMain(join(out, name)), ...made]
}

function executableOf({ os }: Platform): string {
  return os === 'win32' ? `${name}.exe` : name
}

function makePlatform(folder: string, platform: Platform, built: string): string {
  const { os, cpu, libc } = platform
  mkdirSync(folder, { recursive: true })
  const target = join(folder, executableOf(platform))
  copyFileSync(built, target)
  chmodSync(target, 0o755)
  writeManifest(folder, {
    name: platform.name,
    ...common,
    description: `The executable of ${name} for ${platform.name.slice(name.length + 1)}`,
    os: [os],
    cpu: [cpu],
    ...(libc !== null && { libc: [libc] }),
  })
  copyFileSync(join(root, 'LICENSE'), join(folder, 'LICENSE'))
  return folder
}

/** What runs in Node, each as one file. */
const bundles = [
  { entry: 'src/index.ts', naming: 'index.js', format: 'esm' },
  {
    entry: 'src/index.ts',
    naming: 'index.cjs',
    format: 'cjs',
    // Else the path of the machine that builds it would stand there.
    define: { 'import.meta.url': 'importMetaUrl' },
    banner: "const importMetaUrl = require('node:url').pathToFileURL(__filename).href",
  },
  { entry: 'src/library/launch.ts', naming: 'launch.js', format: 'esm', banner: '#!/usr/bin/env node' },
] as const

async function makeMain(folder: string): Promise<string> {
  mkdirSync(folder, { recursive: true })
  for (const { entry, ...how } of bundles)
    await Bun.build({ entrypoints: [join(root, entry)], outdir: folder, target: 'node', ...how })
  chmodSync(join(folder, 'launch.js'), 0o755)
  writeTypes(join(folder, 'types'))
  // The compiler takes declarations for modules of the kind that the package beside them says.
  cpSync(join(folder, 'types'), join(folder, 'types-cjs'), { recursive: true })
  writeManifest(join(folder, 'types-cjs'), { type: 'commonjs' })
  copyFileSync(join(root, 'LICENSE'), join(folder, 'LICENSE'))
  writeFileSync(join(folder, 'README.md'), withLinks(readFileSync(join(root, 'README.md'), 'utf8')))
  writeManifest(folder, {
    name,
    ...common,
    keywords: [
      'openai',
      'anthropic',
      'gemini',
      'ollama',
      'llm',
      'mock',
      'sse',
      'streaming',
      'benchmark',
      'testing',
    ],
    type: 'module',
    bin: { [name]: 'launch.js' },
    exports: {
      '.': {
        import: { types: './types/src/index.d.ts', default: './index.js' },
        require: { types: './types-cjs/src/index.d.ts', default: './index.cjs' },
      },
      './package.json': './package.json',
    },
    types: './types/src/index.d.ts',
    engines: { node: '>=20' },
    optionalDependencies: Object.fromEntries(platforms.map((platform) => [platform.name, version])),
  })
  return folder
}

/** Pictures and pages are in the repository, not in the package. */
function withLinks(readme: string): string {
  if (!repository) return readme
  return readme
    .replace(
      /!\[([^\]]*)\]\((?!https?:)/g,
      `![$1](https://raw.githubusercontent.com/${repository}/v${version}/`,
    )
    .replace(/(?<!!)\[([^\]]+)\]\((?!https?:|#)/g, `[$1](https://github.com/${repository}/blob/v${version}/`)
}

/** The declarations of the library, as the compiler writes them. */
function writeTypes(folder: string): void {
  const config = join(folder, 'tsconfig.json')
  mkdirSync(folder, { recursive: true })
  const compilerOptions = {
    noEmit: false,
    declaration: true,
    emitDeclarationOnly: true,
    outDir: folder,
    rootDir: root,
    typeRoots: [join(root, 'node_modules', '@types')],
  }
  writeFileSync(
    config,
    JSON.stringify({
      extends: join(root, 'tsconfig.json'),
      compilerOptions,
      include: [],
      files: [join(root, 'src', 'index.ts')],
    }),
  )
  const { exitCode, stdout } = Bun.spawnSync(
    [process.execPath, join(root, 'node_modules', 'typescript', 'bin', 'tsc'), '--project', config],
    { stderr: 'inherit' },
  )
  if (exitCode !== 0) throw new Error(`the types cannot be made: ${stdout.toString()}`)
  rmSync(config)
}

function writeManifest(folder: string, content: object): void {
  writeFileSync(join(folder, 'package.json'), `${JSON.stringify(content, null, 2)}\n`)
}

if (import.meta.main)
  for (const folder of await makePackages(join(root, 'dist'))) console.log(folder.slice(root.length + 1))
