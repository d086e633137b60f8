// Changes of a configuration, as one worker makes them: first all of it is prepared, and when every worker has done so it is served.
import type { NamedFiles } from '../apis/api.ts'
import { messageOf } from '../config/errors.ts'
import type { Config } from '../config/upstreams.ts'
import type { ServedUpstream } from './served.ts'

export type ChangeQuestion =
  /** Answered with null, or why it cannot be. */
  | {
      readonly kind: 'prepare'
      readonly version: number
      readonly config: Config
      readonly files: NamedFiles
    }
  /** What was prepared is served from now on, or never. */
  | { readonly kind: 'commit' | 'discard'; readonly version: number }

/** State: what has been prepared, and waits for its commit. */
export class Changes {
  readonly #upstreams: readonly ServedUpstream[]
  readonly #prepared = new Map<number, () => void>()

  constructor(upstreams: readonly ServedUpstream[]) {
    this.#upstreams = upstreams
  }

  answer(question: ChangeQuestion): string | null {
    if (question.kind === 'prepare') return this.#prepare(question)
    if (question.kind === 'commit') this.#prepared.get(question.version)?.()
    this.#prepared.delete(question.version)
    return null
  }

  #prepare({ version, config, files }: Extract<ChangeQuestion, { kind: 'prepare' }>): string | null {
    try {
      const steps = this.#upstreams.map((upstream) => {
        const spec = config.upstreams.find(({ name }) => name === upstream.spec.name)!
        // What has not changed goes on with its replies, its scripts and its rates.
        return Bun.deepEquals(spec, upstream.spec)
          ? () => upstream.reload(files)
          : upstream.prepare(spec, files)
      })
      this.#prepared.set(version, () => {
        for (const step of steps) step()
      })
      return null
    } catch (thrown) {
      return messageOf(thrown)
    }
  }
}

export function isChange(question: { readonly kind: string }): question is ChangeQuestion {
  return question.kind === 'prepare' || question.kind === 'commit' || question.kind === 'discard'
}
