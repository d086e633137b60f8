// What each kind of fault does: a reply in, another one out. Nothing here knows of an API, a socket or a clock.
import { remember } from '../apis/content.ts'
import type { FaultKind } from '../config/faults.ts'
import type { Pattern } from '../config/patterns.ts'
import { type Fault, type Mark, NO_EVENT, NOTHING, type Reply } from './reply.ts'
import { keepAlive, merge, split, trickle, TURN_MS } from './writes.ts'

/** A fault with its arguments. `refuse` makes the provider's error of a status. */
type MakeFault = (args: readonly number[], refuse: (status: number) => Reply) => Fault

const decoder = new TextDecoder()
const encoder = new TextEncoder()

/** All faults of a pattern, one after the other; undefined when it has none. */
export function createFault({ faults }: Pattern, refuse: (status: number) => Reply): Fault | undefined {
  const made = faults.map(({ kind, args }) => makers[kind](args, refuse))
  if (made.length === 0) return undefined
  return (reply, failure) => made.reduce((changed, fault) => fault(changed, failure), reply)
}

const makers: Readonly<Record<FaultKind, MakeFault>> = {
  status: ([code], refuse) => {
    const refusal = refuse(code!)
    return () => refusal
  },
  refuse: () => (reply) => ({ ...unanswered(reply), frames: [], dueMs: new Float64Array(), ending: 'reset' }),
  hang: () => (reply) => ({
    ...unanswered(reply),
    frames: [NOTHING],
    dueMs: Float64Array.of(Number.POSITIVE_INFINITY),
  }),
  'headers-then-hang': () => (reply) => {
    const firstMs = reply.dueMs[0]!
    return {
      ...asStream(reply),
      frames: [comment(reply), NOTHING],
      dueMs: Float64Array.of(firstMs, Number.POSITIVE_INFINITY),
      marks: [NO_EVENT, NO_EVENT],
      faultMs: firstMs,
    }
  },
  garbage: ([chunk]) => rewriteChunk(chunk!, (json) => `{${json}`),
  'truncate-event': ([chunk]) =>
    rewriteChunk(chunk!, (json) => json.slice(0, json.length >> 1).toWellFormed()),
  'no-finish': () => without('finish'),
  'no-done': () => without('done'),
  stall:
    ([chunk, ms]) =>
    (reply) => {
      const from = indexOfChunk(reply, chunk!)
      const dueMs = reply.dueMs.map((due, i) => (i < from ? due : due + ms!))
      return {
        ...reply,
        played: true,
        dueMs,
        faultMs: Math.min(reply.faultMs, from === 0 ? 0 : dueMs[from - 1]!),
      }
    },
  abort:
    ([chunks]) =>
    (reply) => {
      const { kept, nextMs } = cutAfter(reply, chunks!)
      const begun = complete(kept, nextMs)
      // In a later turn than the last frame: together with it, the connection would take it along.
      const resetMs = Math.max(nextMs, begun.dueMs.at(-1)! + TURN_MS)
      return { ...append(begun, NOTHING, resetMs, NO_EVENT), ending: 'reset' }
    },
  end:
    ([chunks]) =>
    (reply) => {
      const { kept, nextMs } = cutAfter(reply, chunks!)
      return append(complete(kept, nextMs), NOTHING, nextMs, NO_EVENT)
    },
  error:
    ([chunks]) =>
    (reply, failure) => {
      if (reply.framing === null) return reply
      const { kept, nextMs } = cutAfter(reply, chunks!)
      return append(kept, failure(kept.frames.length), nextMs, { part: 'last', step: chunks!, events: 1 })
    },
  multiline: () => {
    // Line breaks are white space between the tokens of JSON; a client joins the lines with them.
    const spread = remember((frame: Uint8Array) =>
      rewriteJson(frame, (json) =>
        isJson(json) ? JSON.stringify(JSON.parse(json), null, 1).replaceAll('\n', '\ndata: ') : json,
      ),
    )
    return (reply) => (isSse(reply) ? mapFrames(reply, spread) : reply)
  },
  keepalive:
    ([everyMs]) =>
    (reply) =>
      isSse(reply) ? keepAlive(reply, everyMs!) : reply,
  crlf: () => {
    const end = remember((frame: Uint8Array) => rewriteText(frame, (text) => text.replace(/\r?\n/g, '\r\n')))
    return (reply) => (isSse(reply) || reply.framing === 'ndjson' ? mapFrames(reply, end) : reply)
  },
  cr: () => {
    const end = remember((frame: Uint8Array) => rewriteText(frame, (text) => text.replace(/\r?\n/g, '\r')))
    return (reply) => (isSse(reply) ? mapFrames(reply, end) : reply)
  },
  merge:
    ([count]) =>
    (reply) =>
      reply.framing === null ? reply : merge(reply, count!),
  split: ([bytes]) => {
    const change = split(bytes!)
    return (reply) => change(asStream(reply))
  },
  slow: ([bytesPerSecond]) => {
    const change = trickle(bytesPerSecond!)
    return (reply) => ({
      ...change(asStream(reply)),
      faultMs: Math.min(reply.faultMs, reply.dueMs[0]!),
    })
  },
}

/** A reply of which the client never sees a byte. Status 0 stands for none. */
function unanswered(reply: Reply): Reply {
  return { ...asStream(reply), status: 0, marks: [NO_EVENT], faultMs: 0 }
}

/** A body that is sent in pieces has no length. */
function asStream(reply: Reply): Reply {
  return { ...reply, whole: false, played: true }
}

/** What completes the headers without saying anything: they leave with the first byte of the body. */
function comment(reply: Reply): Uint8Array {
  return encoder.encode(isSse(reply) ? ':\n\n' : '\n')
}

/** A reply of no frame gets one that completes its headers. */
function complete(reply: Reply, dueMs: number): Reply {
  return reply.frames.length > 0 ? reply : append(reply, comment(reply), dueMs, NO_EVENT)
}

function isSse({ framing }: Reply): boolean {
  return framing === 'sse' || framing === 'sse-crlf'
}

/** The frame that begins content chunk `chunk`, or the last one there is. */
function indexOfChunk({ marks }: Reply, chunk: number): number {
  const index = marks.findIndex(({ part, step }) => part === 'content' && step >= chunk)
  return index >= 0
    ? index
    : Math.max(
        0,
        marks.findLastIndex(({ part }) => part === 'content'),
      )
}

/** The frames up to content chunk number `chunks`, and when the next one was due. Of a single body half is kept. */
function cutAfter(reply: Reply, chunks: number): { kept: Reply; nextMs: number } {
  const { frames, dueMs, marks } = reply
  if (reply.framing === null) {
    const half = chunks === 0 ? [] : [frames[0]!.subarray(0, frames[0]!.byteLength >> 1)]
    const kept = {
      ...asStream(reply),
      frames: half,
      dueMs: dueMs.slice(0, half.length),
      marks: marks.slice(0, half.length),
    }
    return { kept, nextMs: dueMs[0]! }
  }
  const first = marks.findIndex(({ part }) => part !== undefined)
  const last = marks.findLastIndex(({ part, step }) => part === 'content' && step < chunks)
  const end = last >= 0 ? last + 1 : Math.max(first, 0)
  const kept = {
    ...reply,
    frames: frames.slice(0, end),
    dueMs: dueMs.slice(0, end),
    marks: marks.slice(0, end),
  }
  return { kept, nextMs: dueMs[end] ?? dueMs.at(-1)! }
}

function append(reply: Reply, frame: Uint8Array, dueMs: number, mark: Mark): Reply {
  return {
    ...reply,
    frames: [...reply.frames, frame],
    dueMs: Float64Array.of(...reply.dueMs, dueMs),
    marks: [...reply.marks, mark],
  }
}

/** Drops the events of one part. In formats where one event is both, it goes either way. */
function without(dropped: 'finish' | 'done'): Fault {
  return (reply) => {
    if (reply.framing === null) return reply
    const keeps = (_: unknown, i: number): boolean => {
      const { part } = reply.marks[i]!
      return part !== dropped && part !== 'last'
    }
    const kept = {
      ...reply,
      frames: reply.frames.filter(keeps),
      dueMs: reply.dueMs.filter(keeps),
      marks: reply.marks.filter(keeps),
    }
    return complete(kept, reply.dueMs[0]!)
  }
}

/** Rewrites the JSON of content chunk `chunk`; a single body counts as one. */
function rewriteChunk(chunk: number, change: (json: string) => string): Fault {
  const rewrite = remember((frame: Uint8Array) => rewriteJson(frame, change))
  return (reply) => {
    const index = indexOfChunk(reply, chunk)
    return {
      ...reply,
      frames: reply.frames.with(index, rewrite(reply.frames[index]!)),
      faultMs: Math.min(reply.faultMs, reply.dueMs[index]!),
    }
  }
}

function rewriteJson(frame: Uint8Array, change: (json: string) => string): Uint8Array {
  return rewriteText(frame, (text) => text.replace(/[[{].*[\]}]/s, change))
}

function rewriteText(frame: Uint8Array, change: (text: string) => string): Uint8Array {
  return encoder.encode(change(decoder.decode(frame)))
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

function mapFrames(reply: Reply, change: (frame: Uint8Array) => Uint8Array): Reply {
  return { ...reply, frames: reply.frames.map(change) }
}
