// Which playback answers a request with a prepared reply: settled once, before the first request.
import type { Reply } from '../replies/reply.ts'
import type { RequestCounter } from '../stats/tally.ts'
import {
  AccountedPatchedPlayback,
  AccountedStreamPlayback,
  AccountedWholePlayback,
  PatchedPlayback,
  type Playback,
  type Stage,
  StreamPlayback,
  WholePlayback,
  wholeResponse,
} from './playback.ts'

/** Answers one request, which arrived at `arrivedMs` on the clock of `performance.now()`. */
export type Player = (request: Request, arrivedMs: number) => Response | Promise<Response>

/** The function that answers one request with `reply`. What kind of reply it is is settled here, at boot. */
export function createPlayer(reply: Reply, stage: Stage, counter: RequestCounter): Player {
  const { ledger } = stage
  if (reply.frames.length === 0)
    return () => {
      ledger?.complete()
      return refuse(counter)
    }
  if (!reply.played)
    return () => {
      ledger?.complete()
      return playWhole(reply, stage, counter)
    }
  const atOnce = reply.dueMs[0]! <= 0
  const Kind = kindOf(reply, stage)
  return (request, arrivedMs) => {
    counter.requests++
    const playback = new Kind(reply, stage, arrivedMs)
    return atOnce ? playback.respond() : playback.respondWhenDue(request.signal)
  }
}

type Kind = new (reply: Reply, stage: Stage, arrivedMs: number) => Playback

function kindOf({ whole, places }: Reply, { ledger }: Stage): Kind {
  if (whole) return ledger === null ? WholePlayback : AccountedWholePlayback
  if (places === null) return ledger === null ? StreamPlayback : AccountedStreamPlayback
  return ledger === null ? PatchedPlayback : AccountedPatchedPlayback
}

/** Resets the connection before any byte. To throw nothing at all is the one way of which Bun writes nothing to stderr. */
function refuse(counter: RequestCounter): Response {
  counter.requests++
  const pull = (): never => {
    throw undefined
  }
  return new Response(new ReadableStream({ type: 'direct', pull }))
}

/** Answers with a single body, at once. */
export function playWhole(reply: Reply, stage: Stage, counter: RequestCounter): Response {
  counter.requests++
  stage.tally.bytes += reply.frames[0]!.byteLength
  return wholeResponse(reply, stage)
}
