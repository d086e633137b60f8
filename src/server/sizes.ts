// How much memory the replies of a configuration take, so that more than there is room for is refused before it is prepared.
import { UsageError } from '../config/errors.ts'
import { formatBytes } from '../config/format.ts'
import { textSizes, wordsOf } from '../config/texts.ts'
import type { Config } from '../config/upstreams.ts'
import { countSchedules } from '../replies/timing.ts'

/** Of all upstreams and phases, in each worker. */
const MOST_BYTES = 2 ** 31
/** What a chunk of chat takes besides its text: its event 180, its places in arrays, its due time. */
const CHUNK_BYTES = 220
const DUE_BYTES = Float64Array.BYTES_PER_ELEMENT

/** About what chat and its due times take once they are prepared, in bytes. */
function replyBytes({ phases }: Config['upstreams'][0]): number {
  return phases.reduce((sum, { settings }) => {
    const { chunkCount, chunkBytes, text } = settings
    const textBytes = Math.max(textSizes[wordsOf(text)], chunkBytes)
    return sum + (chunkCount + 1) * (CHUNK_BYTES + textBytes + countSchedules(settings) * DUE_BYTES)
  }, 0)
}

function bytesOf({ upstreams }: Pick<Config, 'upstreams'>): number {
  return upstreams.reduce((sum, upstream) => sum + replyBytes(upstream), 0)
}

/** @throws UsageError naming the figure, where the replies of all upstreams and phases take more than there is room for, and than at the `start` */
export function refuseLarge(config: Pick<Config, 'upstreams'>, start: Pick<Config, 'upstreams'>): void {
  const bytes = bytesOf(config)
  if (bytes <= MOST_BYTES || bytes <= bytesOf(start)) return
  throw new UsageError(
    `the replies of all upstreams and phases would take about ${formatBytes(bytes)} in each worker: at most ${formatBytes(MOST_BYTES)} are possible`,
  )
}
