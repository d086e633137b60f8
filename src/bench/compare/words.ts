// What a comparison says of streams, of clients that leave and of stalls, in sentences. Pure.
import { formatCount, formatMs, formatPercent, plural } from '../../config/format.ts'
import type { Aborts } from './aborts.ts'
import type { LevelReport, StreamReport, ViaReport } from './report.ts'
import type { MostStreams } from './streams.ts'

/** Where there is nothing to say. */
export const NOTHING = '-'

/** What became of the chunks of all levels together. */
export function describeStream(direct: readonly LevelReport[], via: ViaReport): string {
  const all = addStreams(via.levels)
  if (all === null) return 'not known: the mock does not stamp its chunks (--stamp)'
  if (all.replies === 0) return 'not known: no reply was whole within a step; raise --seconds'
  const beside = addStreams(direct)
  const harms = (
    [
      ['lost', all.lost],
      ['doubled', all.doubled],
      ['reordered', all.reordered],
      ['merged with another into one event', all.merged],
      ['cut into more than one event', all.split],
    ] as const
  ).filter(([, times]) => times > 0)
  const chunks = `${formatCount(all.chunks)} chunks`
  const ofDirect = beside === null || beside.replies === 0 ? 0 : beside.comments / beside.replies
  const comments = Math.round(all.comments - ofDirect * all.replies)
  return [
    harms.length === 0
      ? `all ${chunks} came once and in order, an event each`
      : `of ${chunks} ${harms.map(([what, times]) => `${formatCount(times)} ${what}`).join(', ')}`,
    `${all.eventsPerRead} events a read (direct ${beside?.eventsPerRead ?? NOTHING})`,
    all.earlyHeads === 0
      ? 'headers with the first event'
      : `headers before the first event in ${formatPercent(all.earlyHeads / all.replies)} of replies`,
    comments <= 0
      ? 'no comments added'
      : `${formatCount(comments)} ${comments === 1 ? 'comment' : 'comments'} added`,
    describeText(all, via.isSameText),
  ].join('; ')
}

function describeText(
  { sampled, altered }: Pick<StreamReport, 'sampled' | 'altered'>,
  isSame: boolean,
): string {
  if (altered > 0)
    return `the TEXT DIFFERS in ${formatCount(altered)} of ${formatCount(sampled)} replies that were compared`
  if (!isSame) return 'the TEXT DIFFERS'
  return sampled === 0 ? 'the text of the first reply is the same' : 'the text is the same'
}

function addStreams(levels: readonly LevelReport[]): Omit<StreamReport, 'delayByChunkMs'> | null {
  const streams = levels.flatMap(({ stream }) => stream ?? [])
  if (streams.length === 0) return null
  const sums = streams.reduce<Record<string, number>>((sum, stream) => {
    for (const [name, value] of Object.entries(stream))
      if (typeof value === 'number') sum[name] = (sum[name] ?? 0) + value
    return sum
  }, {}) as unknown as Omit<StreamReport, 'delayByChunkMs'>
  return { ...sums, eventsPerRead: Number((sums.readEvents / Math.max(1, sums.reads)).toFixed(2)) }
}

export function describeAborts({ tries, seen, afterMs, chunksInVain, failed, reason }: Aborts): string {
  const unknown = failed === 0 ? '' : `; in ${failed} of ${tries} tries the client could not leave: ${reason}`
  if (failed === tries) return `not known: ${reason}`
  if (afterMs === null) return `never hands on that a client has left: the mock went on to the end${unknown}`
  const often = seen < tries - failed ? ` in ${seen} of ${tries - failed} tries, else never` : ''
  return `hands a client's leaving on after ${formatMs(Number(afterMs.toPrecision(2)))}${often}; ${plural(Math.round(chunksInVain!), 'chunk')} sent in vain${unknown}`
}

export function describeMost({ streams, isBounded }: MostStreams): string {
  if (streams === 0) return 'none: there always was a stall'
  return isBounded ? `${formatCount(streams)} or more: no more were tried` : formatCount(streams)
}
