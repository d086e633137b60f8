// What the verdict on the client is made of: what all workers have kept, and how many of them have told it.
import { plural } from '../../config/format.ts'
import { type ClientVerdict, judgeClient } from '../../stats/clientverdict.ts'
import type { JudgedTrace } from '../../stats/traces.ts'
import type { Filter } from './filter.ts'
import type { AskAll, JournalAnswers } from './questions.ts'

/** So many workers have not told what they have kept, if any. */
export type ToldVerdict = ClientVerdict & { readonly missing?: number }

/** What there is to object to in what `workers` workers have kept. Of all upstreams they are asked, whichever is meant. */
export async function askVerdict(
  askAll: AskAll,
  { upstream, ...wanted }: Filter,
  workers: number,
  unixMs: () => number,
): Promise<ToldVerdict> {
  const judge = (traces: readonly JudgedTrace[]): ClientVerdict => judgeClient(traces, unixMs(), upstream)
  const answers = (await askAll({ kind: 'traces', wanted })) as readonly JournalAnswers['traces'][]
  const traces = answers.flat()
  // What bodies say matters only beside a stream that was cut. Mostly there is none, and to look into all of them takes long.
  const sessions = [...new Set(traces.flatMap(({ cutText, session }) => (cutText === null ? [] : [session])))]
  if (sessions.length === 0) return withMissing(judge(traces), workers - answers.length, workers)
  const told = (await askAll({ kind: 'said', wanted, sessions })) as readonly JournalAnswers['said'][]
  const saidBy: JournalAnswers['said'] = Object.assign({}, ...told)
  const judged = traces.map((trace) => ({ ...trace, said: saidBy[trace.id] ?? [] }))
  const answered = Math.min(answers.length, told.length)
  return withMissing(judge(judged), workers - answered, workers)
}

/** A verdict says of itself where it is not on all that there is. */
function withMissing(verdict: ClientVerdict, missing: number, workers: number): ToldVerdict {
  if (missing <= 0) return verdict
  const silent = `${missing} of ${plural(workers, 'worker')} ${missing === 1 ? 'has' : 'have'} not answered in time`
  const sentence =
    verdict.requests === 0
      ? `Nothing can be said: ${silent}.`
      : `${verdict.sentence} But ${silent}: not all that is kept was judged.`
  return { ...verdict, sentence, missing }
}
