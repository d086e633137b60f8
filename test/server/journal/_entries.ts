// Requests as a journal keeps them, made without a socket.
import { keptHeaders } from '../../../src/apis/kept.ts'
import type { Reply } from '../../../src/replies/reply.ts'
import type { Card, Unfit } from '../../../src/server/card.ts'
import { Entry } from '../../../src/server/journal/entry.ts'
import { Journal } from '../../../src/server/journal/journal.ts'
import type { Account } from '../../../src/stats/ledger.ts'
import { Ledger } from '../../../src/stats/ledger.ts'
import { stream } from '../_playback.ts'
import { Tally } from '../../../src/stats/tally.ts'

export interface Asked {
  readonly method?: string
  readonly path?: string
  readonly query?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | Uint8Array
  readonly unfit?: Unfit
  readonly upstream?: string
  readonly atMs?: number
  readonly reply?: Partial<Reply>
  readonly ledger?: Account | null
  readonly extra?: Readonly<Record<string, string>>
}

/** Keeps a request that was answered so; returns its card. */
export function keep(journal: Journal, asked: Asked = {}): Card {
  const { method = 'POST', path = '/v1/chat/completions', query = '', headers = {}, body = '{}' } = asked
  const head = {
    method,
    path,
    query,
    header: (name: string) => headers[name] ?? null,
    headers: () => keptHeaders(headers),
  }
  const bytes = typeof body === 'string' ? new TextEncoder().encode(body) : body
  const { upstream = '', atMs = performance.now(), ledger = null, extra = null } = asked
  const reply = stream(3, (i) => i, { marks: finished, ...asked.reply })
  const tally = new Tally({ nowMs: 0, cpuMicros: 0, unixMs: 0 })
  const card: Card = { kind: 'card', reply, tally, counter: null, ledger, extra }
  return journal.note({ head, upstream, atMs, body: asked.unfit ?? bytes }, card)
}

const content = { part: 'content', events: 1 } as const
/** Of two chunks and what ends them. */
export const finished: Reply['marks'] = [
  { ...content, step: 0 },
  { ...content, step: 1 },
  { part: 'last', step: 2, events: 1 },
]
export const cut: Reply['marks'] = [0, 1, 2].map((step) => ({ ...content, step }))

/** The one entry of a new journal. */
export function entryOf(asked: Asked = {}): Entry {
  const journal = journalOf()
  keep(journal, asked)
  return journal.entries().next().value!
}

export const journalOf = (most = 100, limit = 1 << 20, worker = 0): Journal =>
  new Journal(most, limit, worker)
export const faulty = (pattern = 'abort:3'): Ledger => new Ledger(pattern)
export const bodies = (journal: Journal): string[] =>
  [...journal.entries()].map(({ body }) => new TextDecoder().decode(body!))
