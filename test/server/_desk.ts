// A desk without a socket: what is asked of it, and what is dealt.
import { expect } from 'bun:test'
import { createdAt } from '../_helpers.ts'
import type { Files, RequestHead } from '../../src/apis/api.ts'
import { type GivenFlags, readConfig } from '../../src/config/config.ts'
import { readRules } from '../../src/config/rulesfile.ts'
import type { BodyNeeded, Card, Choice } from '../../src/server/card.ts'
import { Complaints } from '../../src/server/complaints.ts'
import { createDesk, type Desk } from '../../src/server/desk.ts'
import type { Observation } from '../../src/server/observe.ts'
import type { WorkerPlace } from '../../src/server/place.ts'
import { Tally } from '../../src/stats/tally.ts'

export interface Table {
  readonly desk: Desk
  readonly tally: Tally
  /** Lets time pass. */
  wait(ms: number): void
}

/** A clock that stands still unless it goes on by so much whenever it is read. */
export interface Clocked {
  readonly tickMs?: number
}

export function lay(
  flags: GivenFlags,
  { index = 0, workers = 1, tickMs = 0 }: Partial<WorkerPlace> & Clocked = {},
  observed: readonly Observation[] = [],
  files: Files = {},
): Table {
  const config = readConfig({ chunkDelayMs: '0', chunkCount: '3', ...flags }, {})
  const tally = new Tally({ nowMs: 0, cpuMicros: 0, unixMs: 0 })
  let nowMs = 5000
  let ids = 0
  const clock = {
    now: () => (nowMs += tickMs),
    later: setImmediate,
    unixMs: () => 1_795_380_000_000 + nowMs,
    freshId: () => `${++ids}`,
  }
  return {
    desk: createDesk(
      { config, createdAt, files },
      observed,
      tally,
      { index, workers },
      clock,
      new Complaints(() => {}),
    ),
    tally,
    wait: (ms) => void (nowMs += ms),
  }
}

export const CHAT = '/v1/chat/completions'

export function headOf(
  method: string,
  target: string,
  headers: Readonly<Record<string, string>> = {},
): RequestHead {
  const [path, query = ''] = target.split('?')
  return { method, path: path!, query, header: (name) => headers[name] ?? null }
}

export function ask(
  { desk }: Table,
  target = CHAT,
  headers: Record<string, string> = {},
  method = 'POST',
): Choice {
  const head = headOf(method, target, { 'content-length': '2', ...headers })
  return desk.match(method, head.path)(head)
}

export function cardOf(choice: Choice): Card {
  expect(choice.kind).toBe('card')
  return choice as Card
}

export const statusOf = (choice: Choice): number => cardOf(choice).reply.status

export function withBody(choice: Choice, body: unknown): Card {
  expect(choice.kind).toBe('body')
  return cardOf((choice as BodyNeeded).pick(new TextEncoder().encode(JSON.stringify(body))))
}

export const textOf = ({ reply }: Card): string =>
  reply.frames.map((frame) => new TextDecoder().decode(frame)).join('')

/** A desk with the rules that a file would hold. */
export async function layRules(
  yaml: string,
  flags: GivenFlags = {},
  text = '',
  clocked: Clocked = {},
): Promise<Table> {
  const given = { reply: 'auto', replies: 'rules.yaml', ...flags }
  const rules = await readRules(yaml, 'rules.yaml', (more) => readConfig({ ...given, ...more }, {}))
  return lay(given, clocked, [], flags.text?.startsWith('@') ? { rules, text } : { rules })
}

export const post = (table: Table, body: object, path = CHAT, headers: Record<string, string> = {}): Card =>
  withBody(ask(table, path, headers), body)
