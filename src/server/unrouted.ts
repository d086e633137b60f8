// What is answered where nothing is served, and in whose form.
import type { RequestHead, Route, Setup, WholeAnswer } from '../apis/api.ts'
import type { ProviderName } from '../apis/ask.ts'
import { unrouted } from '../apis/catalogue.ts'
import { keptHeaders } from '../apis/kept.ts'
import { Lately } from '../apis/lately.ts'
import { providers, refusal } from '../apis/providers.ts'
import { clientOf } from '../apis/routes/paths.ts'
import { orList } from '../config/nearest.ts'
import type { Card } from './card.ts'
import type { Router } from './match.ts'
import type { Clock, Site } from './room.ts'

/** To find what was meant takes 2 ms, in which no stream goes on: a client that asks for the same again and again costs that once. */
const MOST_HINTS = 64

/** What it takes from its desk. */
interface UnroutedParts extends Pick<Site, 'tally' | 'prefixes'> {
  readonly upstream: Setup['upstream'] | undefined
  readonly clock: Pick<Clock, 'unixMs'>
  readonly router: Router<{ readonly route: Route | undefined }>
  /** Whether it may be told what is there. */
  lets(head: RequestHead): boolean
  /** `isNobodys`: it does not say whose answer it is. */
  plain(provider: ProviderName, answer: WholeAnswer, name: string, isNobodys?: boolean): Card
}

export interface Unrouted {
  /** In whose form a request is refused: that of its path, and where that is shared or nobody's, that of its client. */
  providerOf(head: RequestHead): ProviderName
  /** The answer to a request that cannot be made out, in the form of the provider whose path it is. */
  refuse(status: number, message: string, path: string): Card
  /** The answer where its desk serves nothing. */
  answer(head: RequestHead): Card
  /** The same where somebody else knows what is served: `allowed` are the methods that the path takes. */
  answerFor(head: RequestHead, allowed: ReadonlySet<string>, hint: string): Card
}

export function createUnrouted(parts: UnroutedParts): Unrouted {
  const { tally, prefixes, upstream, clock, router, lets, plain } = parts
  const { prefix = '' } = upstream ?? {}

  const providerOf = (head: RequestHead): ProviderName => {
    const route = router.findAny(head.path)?.route
    return route === undefined || route.isShared ? clientOf(head) : route.provider
  }

  /** Refuses what came to `path`. */
  const refuseAt = (
    path: string,
    head: RequestHead,
    allowed: ReadonlySet<string>,
    hint: string | undefined,
    isNobodys = false,
  ): Card => {
    const provider = providerOf(head)
    tally.unrouted.note(head.method, path, clock.unixMs())
    const told = { method: head.method, path, header: (name: string) => head.header(name) }
    return plain(provider, unrouted(provider, told, allowed, hint), 'unrouted', isNobodys)
  }

  /** What is served behind a prefix that is nobody's may be meant of any upstream here; of the rest what is spelled alike. */
  const meantBy = ({ method, path }: RequestHead): readonly string[] => {
    const [, rest = ''] = /^\/[^/]*(\/.*)$/.exec(path) ?? []
    if (prefixes.length > 0 && router.findAny(rest) !== undefined)
      return [...prefixes, ''].map((prefix) => `${prefix}${rest}`)
    const meant = router.meant(method, path)
    return meant.length === 0 ? prefixes : meant.map((one) => `${prefix}${one}`)
  }
  const hints = new Lately<readonly string[]>(MOST_HINTS)
  const hintsFor = (head: RequestHead): readonly string[] => {
    const key = `${head.method} ${head.path}`
    const known = hints.get(key) ?? meantBy(head)
    hints.set(key, known)
    return known
  }

  return {
    providerOf,
    refuse: (status, message, path) => {
      const provider = providerOf({
        method: '',
        path,
        query: '',
        header: () => null,
        headers: () => keptHeaders({}),
      })
      return plain(provider, providers[provider].error(status, message), 'unrouted')
    },
    answerFor: (head, allowed, hint) => refuseAt(head.path, head, allowed, hint, true),
    answer: (head) => {
      if (!lets(head)) {
        const provider = providerOf(head)
        tally.unrouted.note(head.method, `${prefix}${head.path}`, clock.unixMs())
        return plain(provider, refusal(provider, 401, null), 'unrouted')
      }
      // A row with this very method has looked at the path and refused it: for it there is no such path.
      const isRefused = router.find(head.method, head.path) !== undefined
      const allowed = isRefused ? new Set<string>() : router.methods(head.path)
      const meant = allowed.size > 0 ? [] : hintsFor(head)
      const hint = meant.length === 0 ? undefined : `did you mean ${orList(meant)}?`
      return refuseAt(`${prefix}${head.path}`, head, allowed, hint)
    },
  }
}
