// What each kind of fault does, one row per kind: a draft in, another one out. Nothing here knows of an API, a socket or a clock.
import { type FaultKind, rowOf } from '../config/faults.ts'
import type { Pattern } from '../config/patterns.ts'
import { atOnce, type Change, type Draft, type Fault } from './draft.ts'
import { abort, endEarly, fail, hang, hangAfterHeaders, refuse, stall } from './ends.ts'
import { rewriteChunk, without } from './events.ts'
import { endLines, keepAlive, multiline } from './lines.ts'
import { merge, split, trickle } from './writes.ts'

/** The provider's error of a status. */
type Refuse = (status: number) => Draft

const makers: Readonly<Record<FaultKind, (args: readonly number[], refusal: Refuse) => Change>> = {
  status: ([code], refusal) => always(refusal(code!)),
  refuse: () => atOnce(refuse),
  hang: () => atOnce(hang),
  'headers-then-hang': () => atOnce(hangAfterHeaders),
  garbage: ([chunk]) => atOnce(rewriteChunk(chunk!, (json) => `{${json}`)),
  'truncate-event': ([chunk]) =>
    atOnce(rewriteChunk(chunk!, (json) => json.slice(0, json.length >> 1).toWellFormed())),
  'no-finish': () => without('finish'),
  'no-done': () => without('done'),
  stall: ([chunk, ms]) => stall(chunk!, ms!),
  abort: ([chunks]) => atOnce(abort(chunks!)),
  end: ([chunks]) => atOnce(endEarly(chunks!)),
  error: ([chunks]) => atOnce(fail(chunks!)),
  multiline: () => multiline(),
  keepalive: ([everyMs]) => keepAlive(everyMs!),
  crlf: () => endLines('\r\n'),
  cr: () => endLines('\r'),
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
    return function* (draft) {
      let changed = draft
      for (const change of chosen) changed = yield* change(changed)
      return changed
    }
  }
  return { onEvents: changes(false), onWrites: changes(true) }
}

function always(draft: Draft): Change {
  return atOnce(() => draft)
}
