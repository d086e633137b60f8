// The image of the Dockerfile: what it says, and its root file system put together without Docker.
import { cpSync, globSync, mkdirSync, realpathSync } from 'node:fs'
import { basename, join } from 'node:path'
import { DockerfileParser, type Copy } from 'dockerfile-ast'

export const dockerfilePath = '.github/deploy/Dockerfile'

/** The user that the image is run by. */
export interface Owner {
  readonly uid: number
  readonly gid: number
}

export interface Image {
  /** What the last stage copies: from which stage, what (patterns of paths) and to where. */
  readonly copies: readonly {
    readonly from: string
    readonly sources: readonly string[]
    readonly to: string
  }[]
  readonly environment: Readonly<Record<string, string>>
  readonly user: Owner
  readonly entrypoint: readonly string[]
  readonly healthcheck: readonly string[]
}

/** Reads the last stage. */
export function readImage(text: string): Image {
  const parsed = DockerfileParser.parse(text)
  const last = parsed.getFROMs().at(-1)!.getRange().start.line
  const own = parsed.getInstructions().filter((one) => one.getRange().start.line > last)
  const wordsOf = (keyword: string): string =>
    own.find((one) => one.getKeyword() === keyword)!.getArgumentsContent()!
  const copies = own
    .filter((one): one is Copy => one.getKeyword() === 'COPY')
    .map((copy) => {
      const paths = copy.getArguments().map((path) => path.getValue())
      return {
        from: copy.getFromFlag()!.getValue()!,
        sources: paths.slice(0, -1),
        to: paths.at(-1)!,
      }
    })
  return {
    copies,
    environment: Object.fromEntries([wordsOf('ENV').split('=')]),
    user: readOwner(wordsOf('USER')),
    entrypoint: JSON.parse(wordsOf('ENTRYPOINT')),
    healthcheck: JSON.parse(wordsOf('HEALTHCHECK').replace(/^CMD /, '')),
  }
}

function readOwner(text: string): Owner {
  const [uid, gid] = text.split(':').map(Number)
  return { uid: uid!, gid: gid! }
}

/**
 * Copies into `folder` what the image holds: `binary` as the executable, all else from this host as from the stages of Debian.
 * @throws Error where a pattern finds nothing
 */
export function makeRoot(folder: string, { copies }: Image, binary: string): void {
  for (const { from, sources, to } of copies)
    for (const source of sources) {
      if (from === 'binary') place(binary, basename(source))
      else {
        const found = globSync(source)
        if (found.length === 0) throw new Error(`${dockerfilePath} copies ${source}, which is not here`)
        for (const path of found) place(realpathSync(path), basename(path))
      }

      function place(path: string, name: string): void {
        mkdirSync(join(folder, to), { recursive: true })
        cpSync(path, join(folder, to, name))
      }
    }
}
