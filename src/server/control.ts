// GET, PATCH and DELETE /control, POST /control/phase: settings that change while they are served.
import { jsonAnswer, type WholeAnswer } from '../apis/api.ts'
import { providers } from '../apis/providers.ts'
import type { Config } from '../config/upstreams.ts'
import { wholeReply } from '../replies/reply.ts'
import type { Tally } from '../stats/tally.ts'
import { type Card, type Choice, type Later, uncounted } from './card.ts'
import type { Observation } from './observe.ts'
import { pickAsked } from './query.ts'
import type { Order, Steered } from './steering.ts'

/** Has an order carried out, for all workers. */
export type Steer = (order: Order) => Promise<Steered>

const OFF = 'Nothing changes while this serves: --control lets PATCH /control change upstreams.'

/** The longest body of an order. */
const MOST_BYTES = 1 << 20

/** They are not counted, and ask for the key where there is one. `steer`: null where nothing may change. `headers`: every answer carries them. */
export function controlRoutes(
  steer: Steer | null,
  config: Pick<Config, 'upstreams'>,
  headers: Readonly<Record<string, string>>,
  tally: Tally,
): Observation[] {
  const plain = (whole: WholeAnswer): Card => uncounted(wholeReply(whole, headers), tally)
  const answer = ({ status, error, settings }: Steered): Card =>
    plain(error === undefined ? jsonAnswer(status, settings) : providers.openai.error(status, error))
  const off = answer({ status: 404, error: OFF })
  const later = (order: Order): Later => ({ kind: 'later', card: steer!(order).then(answer), counter: null })
  const withBody = (order: (text: string) => Order): Choice => ({
    kind: 'body',
    mostBytes: MOST_BYTES,
    keeps: true,
    counter: null,
    pick: (body) => {
      if (typeof body === 'string')
        return answer({ status: 413, error: `A change has at most ${MOST_BYTES} bytes.` })
      const text = textOf(body)
      return text === null ? answer({ status: 400, error: 'The body is no UTF-8 text.' }) : later(order(text))
    },
  })
  const route = (
    method: Observation['method'],
    path: string,
    keys: readonly 'upstream'[],
    pick: (upstream: string | null) => Choice,
  ): Observation => ({
    method,
    path,
    isGuarded: true,
    pick: ({ query }) =>
      steer === null ? off : pickAsked(query, keys, config, ({ upstream = null }) => pick(upstream), plain),
  })
  return [
    route('GET', '/control', [], () => later({ verb: 'show' })),
    route('PATCH', '/control', ['upstream'], (upstream) =>
      withBody((text) => ({ verb: 'patch', upstream, text })),
    ),
    route('POST', '/control/phase', ['upstream'], (upstream) =>
      withBody((text) => ({ verb: 'enter', upstream, text })),
    ),
    route('DELETE', '/control', ['upstream'], (upstream) => later({ verb: 'restore', upstream })),
  ]
}

/** Null where it is no UTF-8. */
function textOf(body: Uint8Array): string | null {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(body)
  } catch {
    return null
  }
}
