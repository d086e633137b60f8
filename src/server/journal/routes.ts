// GET and DELETE /requests, GET /requests/count, GET /verdict: what the workers have kept, whichever of them is asked.
import { jsonAnswer, type RequestHead, type WholeAnswer } from '../../apis/api.ts'
import { providers } from '../../apis/providers.ts'
import type { Config } from '../../config/upstreams.ts'
import { wholeReply } from '../../replies/reply.ts'
import { findAttempts } from '../../stats/attempts.ts'
import { renderClientVerdict } from '../../stats/clientverdict.ts'
import { type Card, type Later, uncounted } from '../card.ts'
import type { Tally } from '../../stats/tally.ts'
import type { Observation } from '../observe.ts'
import { type Asked, pickAsked } from '../query.ts'
import { cursorAt, filterKeys, type QueryKey, readFilter } from './filter.ts'
import { askVerdict } from './judging.ts'
import { type AskAll, type JournalAnswers, type JournalQuestion, mergePages } from './questions.ts'

export interface JournalRoutes {
  /** Null: nothing is kept. */
  readonly askAll: AskAll | null
  /** So many should answer. */
  readonly workers: number
  /** Which upstreams may be asked about. */
  readonly config: Pick<Config, 'upstreams'>
  /** Every answer carries them. */
  readonly headers: Readonly<Record<string, string>>
  readonly unixMs: () => number
  /** Where their bytes are counted. */
  readonly tally: Tally
}

type Answering = (wanted: ReturnType<typeof readFilter>, head: RequestHead) => Promise<WholeAnswer>

const OFF = 'No request is kept: --journal N keeps the last N of each worker.'

/** They are not counted, not kept, and ask for the key where there is one: they show prompts. */
export function journalRoutes({
  askAll,
  workers,
  config,
  headers,
  unixMs,
  tally,
}: JournalRoutes): Observation[] {
  const ask = async <Kind extends JournalQuestion['kind']>(
    question: Extract<JournalQuestion, { kind: Kind }>,
  ): Promise<readonly JournalAnswers[Kind][]> => (await askAll!(question)) as readonly JournalAnswers[Kind][]

  /** Workers that have not answered in time. */
  const missing = (answers: readonly unknown[]): { missing?: number } =>
    answers.length < workers ? { missing: workers - answers.length } : {}

  const route = (
    method: Observation['method'],
    path: string,
    keys: readonly QueryKey[],
    answer: Answering,
  ): Observation => {
    const plain = (whole: WholeAnswer): Card => uncounted(wholeReply(whole, headers), tally)
    return {
      method,
      path,
      isGuarded: true,
      pick: (head) => {
        if (askAll === null) return plain(providers.openai.error(404, OFF))
        const pick = (asked: Asked<QueryKey>): Later => {
          return { kind: 'later', card: answer(readFilter(asked), head).then(plain), counter: null }
        }
        return pickAsked(head.query, keys, config, pick, plain)
      },
    }
  }

  const sum = (kind: 'count' | 'forget', name: string): Answering => {
    return async (wanted) => {
      const answers = await ask<'count' | 'forget'>({ kind, wanted })
      return jsonAnswer(200, { [name]: answers.reduce((total, one) => total + one, 0), ...missing(answers) })
    }
  }

  return [
    route('GET', '/requests', [...filterKeys, 'limit', 'cursor'], async (wanted) => {
      const pages = await ask<'requests'>({ kind: 'requests', wanted })
      const { requests, hasMore } = mergePages(pages, wanted.limit)
      const fingerprints = [...new Set(requests.map(({ fingerprint }) => fingerprint))]
      const alike = await ask<'alike'>({ kind: 'alike', fingerprints })
      const { retryOf } = findAttempts(alike.flat())
      const last = requests.at(-1)
      return jsonAnswer(200, {
        requests: requests.map((one) => ({ ...one, retryOf: retryOf.get(one.id)?.id ?? null })),
        next: hasMore && last !== undefined ? cursorAt(last) : null,
        ...missing(pages),
      })
    }),
    route('GET', '/requests/count', filterKeys, sum('count', 'count')),
    route('DELETE', '/requests', filterKeys, sum('forget', 'forgotten')),
    route('GET', '/verdict', ['session', 'upstream', 'since', 'text'], async (wanted, head) => {
      const verdict = await askVerdict(askAll!, wanted, workers, unixMs)
      if (wanted.text === undefined && !wantsText(head)) return jsonAnswer(200, verdict)
      return {
        kind: 'whole',
        status: 200,
        body: renderClientVerdict(verdict),
        headers: { 'Content-Type': 'text/plain;charset=utf-8' },
      }
    }),
  ]
}

function wantsText(head: RequestHead): boolean {
  return /\btext\/plain\b/.test(head.header('accept') ?? '')
}
