// What each kind of fault does, one row per kind: a draft in, another one out. Nothing here knows of an API, a socket or a clock.
import { type FaultKind, rowOf } from '../config/faults.ts'
import type { Pattern } from '../config/patterns.ts'
import type { Change, Draft, Fault } from './draft.ts'
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

const makers: Readonly<Record<FaultKind, (args: readonly number[], refusal: Refuse) => Change>> = {
  status: ([code], refusal) => always(refusal(code!)),
  refuse: () => refuse,
  hang: () => hang,
  'headers-then-hang': () => hangAfterHeaders,
  garbage: ([chunk]) => rewriteChunk(chunk!, (json) => `{${json}`),
  'truncate-event': ([chunk]) =>
    rewriteChunk(chunk!, (json) => json.slice(0, json.length >> 1).toWellFormed()),
  duplicate: ([chunk]) => duplicate(chunk!),
  swap: ([chunk]) => swap(chunk!),
  'no-finish': () => without('finish'),
  'no-done': () => without('done'),
  'after-done': ([count]) => goOn(count!),
  stall: ([chunk, ms]) => stall(chunk!, ms!),
  abort: ([chunks]) => abort(chunks!),
  end: ([chunks]) => endEarly(chunks!),
  error: ([chunks, status]) => fail(chunks!, status),
  done: () => endInOrder,
  multiline: () => multiline(),
  ping: ([everyMs]) => ping(everyMs!),
  ids: () => number(),
  'no-space': () => closeUp(),
  'empty-events': () => hollow(),
  retry: ([ms]) => advise(ms!),
  keepalive: ([everyMs]) => keepAlive(everyMs!),
  crlf: () => endLines('\r\n'),
  cr: () => endLines('\r'),
  'no-last-blank': () => leaveOpen(),
  bom: () => markOrder(),
  merge: ([count]) => merge(count!),
  split: ([bytes]) => split(bytes!),
  slow: ([bytesPerSecond]) => trickle(bytesPerSecond!),
}

/** All faults of a pattern, one after the other; undefined when it has none. */
export function createFault({ faults }: Pattern, refusal: Refuse): Fault | undefined {
  if (faults.length === 0) return undefined
  const changes = (onWrites: boolean): Change => {
    const chosen = faults
      .filter(({ kind }) => (rowOf(kind).onWrites === true) === onWrites)
      .map(({ kind, args }) => makers[kind](args, refusal))
    return (draft) => chosen.reduce((changed, change) => change(changed), draft)
  }
  return { onEvents: changes(false), onWrites: changes(true) }
}

function always(draft: Draft): Change {
  return () => draft
}
