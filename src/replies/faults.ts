// What each kind of fault does, one row per kind: a draft in, another one out. Nothing here knows of an API, a socket or a clock.
import { type FaultKind, type KindRow, rowOf } from '../config/faults.ts'
import type { Coding } from '../config/connectionkinds.ts'
import type { Pattern } from '../config/patterns.ts'
import { type Coder, compress, vary } from './compress.ts'
import {
  badChunk,
  cutHead,
  earlyFin,
  noTerminator,
  resetAfter,
  slowHead,
  wrongLength,
} from './connections.ts'
import { atOnce, type Change, type Draft, type Fault } from './draft.ts'
import { abort, endEarly, endInOrder, fail, hang, hangAfterHeaders, refuse, stall } from './ends.ts'
import { duplicate, goOn, rewriteChunk, swap, without } from './events.ts'
import {
  advise,
  closeUp,
  endLines,
  hollow,
  keepAlive,
  leaveOpen,
  markOrder,
  multiline,
  number,
  ping,
} from './lines.ts'
import { merge, split, trickle } from './writes.ts'

/** The provider's error of a status. */
type Refuse = (status: number) => Draft

/** What is known of the client, and how to compress for it. */
export interface Compression {
  readonly coders: Readonly<Record<Coding, Coder>>
  /** What it accepts. */
  readonly accepted: readonly Coding[]
}

type Make = (args: readonly number[], refusal: Refuse, compression: Compression) => Change

const makers: Readonly<Record<FaultKind, Make>> = {
  status: ([code], refusal) => always(refusal(code!)),
  refuse: () => atOnce(refuse),
  hang: () => atOnce(hang),
  'headers-then-hang': () => atOnce(hangAfterHeaders),
  garbage: ([chunk]) => atOnce(rewriteChunk(chunk!, (json) => `{${json}`)),
  'truncate-event': ([chunk]) =>
    atOnce(rewriteChunk(chunk!, (json) => json.slice(0, json.length >> 1).toWellFormed())),
  duplicate: ([chunk]) => atOnce(duplicate(chunk!)),
  swap: ([chunk]) => atOnce(swap(chunk!)),
  'no-finish': () => without('finish'),
  'no-done': () => without('done'),
  'after-done': ([count]) => atOnce(goOn(count!)),
  stall: ([chunk, ms]) => stall(chunk!, ms!),
  abort: ([chunks]) => atOnce(abort(chunks!)),
  end: ([chunks]) => atOnce(endEarly(chunks!)),
  error: ([chunks, status]) => atOnce(fail(chunks!, status)),
  done: () => atOnce(endInOrder),
  multiline: () => multiline(),
  ping: ([everyMs]) => ping(everyMs!),
  ids: () => number(),
  'no-space': () => closeUp(),
  'empty-events': () => hollow(),
  retry: ([ms]) => advise(ms!),
  keepalive: ([everyMs]) => keepAlive(everyMs!),
  crlf: () => endLines('\r\n'),
  cr: () => endLines('\r'),
  'no-last-blank': () => atOnce(leaveOpen()),
  bom: () => atOnce(markOrder()),
  merge: ([count]) => merge(count!),
  split: ([bytes]) => split(bytes!),
  gzip: negotiated('gzip'),
  'gzip!': (_args, _refusal, { coders }) => compress(coders.gzip),
  br: negotiated('br'),
  'br!': (_args, _refusal, { coders }) => compress(coders.br),
  slow: ([bytesPerSecond]) => trickle(bytesPerSecond!),
  'bad-chunk': ([chunk]) => atOnce(badChunk(chunk!)),
  'wrong-length': () => wrongLength,
  'no-terminator': () => noTerminator,
  'early-fin': () => atOnce(earlyFin),
  'slow-head': ([bytesPerSecond]) => slowHead(bytesPerSecond!),
  'cut-head': () => atOnce(cutHead),
  'reset-after': ([ms]) => resetAfter(ms!),
}

/** Compressed for whoever accepts it; to the others only said that it may be. */
function negotiated(coding: Coding): Make {
  return (_args, _refusal, { coders, accepted }) => {
    if (!accepted.includes(coding)) return atOnce(vary)
    const compressed = compress(coders[coding])
    return function* (draft) {
      return vary(yield* compressed(draft))
    }
  }
}

/** All faults of a pattern, one after the other; undefined when it has none. */
export function createFault(
  { faults }: Pattern,
  refusal: Refuse,
  compression: Compression,
): Fault | undefined {
  if (faults.length === 0) return undefined
  const changes = (isMeant: (row: KindRow) => boolean): Change => {
    const chosen = faults
      .filter(({ kind }) => isMeant(rowOf(kind)))
      .map(({ kind, args }) => makers[kind](args, refusal, compression))
    return function* (draft) {
      let changed = draft
      for (const change of chosen) changed = yield* change(changed)
      return changed
    }
  }
  return {
    onEvents: changes(({ onWrites, onWire }) => !onWrites && !onWire),
    onWrites: changes(({ onWrites }) => onWrites === true),
    onWire: changes(({ onWire }) => onWire === true),
  }
}

function always(draft: Draft): Change {
  return atOnce(() => draft)
}
