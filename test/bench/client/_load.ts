// What the tests of loads have in common: servers that answer byte for byte what they are told to, and a load of them.
import { afterAll } from 'bun:test'
import { runLoad } from '../../../src/bench/client/load.ts'
import type { LoadPlan } from '../../../src/bench/client/plan.ts'
import type { LoadResult } from '../../../src/bench/client/tally.ts'
import { loadPlan, targetTo } from '../_results.ts'

const servers = new Set<{ stop(now?: boolean): void }>()
afterAll(() => {
  for (const server of servers) server.stop(true)
})

/** What requests begin with. */
const REQUEST = 'POST /v1/chat/completions HTTP/1.1\r\n'
export const EVENTS = 'data: 1\n\ndata: 2\n\ndata: [DONE]\n\n'
const TYPE = 'Content-Type: text/event-stream\r\n'
export const OK = `HTTP/1.1 200 OK\r\n${TYPE}Content-Length: ${EVENTS.length}\r\n\r\n${EVENTS}`
export const UNTIL_CLOSE = `HTTP/1.1 200 OK\r\n${TYPE}\r\n${EVENTS}`

/** What a server says to a request, and whether it then closes. Null: nothing. */
export type Answer = { readonly say: string; readonly close?: boolean } | null

export interface Seen {
  readonly port: number
  /** How many connections and requests there were. */
  connections: number
  requests: number
  /** No further connection is accepted. */
  close(): void
}

/** Answers request after request, on whatever connection, counted from 0; a greeting comes before any. */
export function serve(answer: (request: number) => Answer, greeting = ''): Seen {
  const listener = Bun.listen({
    hostname: '127.0.0.1',
    port: 0,
    socket: {
      open: (socket) => {
        seen.connections++
        if (greeting !== '') socket.write(greeting)
      },
      data: (socket, bytes) => {
        for (let i = bytes.toString().split(REQUEST).length - 1; i > 0; i--) {
          const next = answer(seen.requests++)
          if (next === null) continue
          socket.write(next.say)
          if (next.close) socket.end()
        }
      },
    },
  })
  servers.add(listener)
  const seen: Seen = { port: listener.port, connections: 0, requests: 0, close: () => listener.stop() }
  return seen
}

export function load(
  port: number,
  change: Partial<LoadPlan> = {},
  onMeasuring?: () => void,
): Promise<LoadResult> {
  return runLoad(loadPlan({ target: targetTo(port), measureMs: 250, ...change }), onMeasuring)
}
