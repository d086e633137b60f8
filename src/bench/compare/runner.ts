// The loads of a comparison: the same for everybody, whatever is in between.
import { type Surroundings, clientsFor } from '../surroundings.ts'
import { type CompareConfig, DIRECT } from '../../config/compare.ts'
import { percentile } from '../../stats/histogram.ts'
import { type LoadPlan, NO_ORIGIN, type Origin } from '../client/plan.ts'
import type { Rig } from '../client/rig.ts'
import { CLIENT_BUSY, type LoadResult, refuseErrors } from '../client/tally.ts'
import { unstamp } from '../client/watch.ts'
import { familyOf, hostCpuMs, usageOf } from '../usage.ts'
import type { Contestant } from './contestant.ts'
import type { Mock, Pace } from './mock.ts'
import { type Level, MARGIN_MS, type Step } from './step.ts'
import { STALL_GAPS } from './streams.ts'

const SETTLE_MS = 300
const WARM_MS = 1000
const MOST_RAMP_MS = 10_000
/** A reply that takes longer need not be whole within a step. */
const MOST_REPLY_MS = 60_000
/** So much less than the shortest time of the warm-up times are told from: less than that may come yet. */
const ORIGIN_MARGIN_MS = 5
/** Without delays nothing is silent for so long. */
const LEAST_HUNG_MS = 1000

/** One load. */
interface Wanted {
  readonly level: Level
  readonly measureMs?: number
  readonly hungAfterMs?: number
  readonly onMeasuring?: () => void
}

/** State: how many clients there are, how far the clocks are apart, and what times are told from. */
export class Runner {
  readonly #config: CompareConfig
  readonly #pace: Pace
  readonly #mock: Mock
  readonly #rig: Rig
  readonly #given: Surroundings
  readonly #isStamped: boolean
  readonly #text: string
  #origin: Origin = NO_ORIGIN
  #clients = 1
  #offsetMicros = 0

  /** `text`: what the mock says; chunks are followed where they are stamped. */
  constructor(
    config: CompareConfig,
    pace: Pace,
    mock: Mock,
    rig: Rig,
    given: Surroundings,
    { isStamped, text }: { readonly isStamped: boolean; readonly text: string },
  ) {
    this.#config = config
    this.#pace = pace
    this.#mock = mock
    this.#rig = rig
    this.#given = given
    this.#isStamped = isStamped
    this.#text = unstamp(text)
  }

  /** Loads everybody once, which is not counted. A client at its limit gets company where there are CPUs for it. */
  async warm(contestants: readonly Contestant[], level: Level): Promise<void> {
    for (const contestant of contestants) {
      this.#given.progress(`warming up: ${contestant.name}`)
      const { result } = await this.load(contestant, { level, measureMs: Math.min(WARM_MS, this.#measureMs) })
      if (contestant.name !== DIRECT) continue
      refuseErrors(result)
      this.#offsetMicros = (result.watched?.leastMicros ?? 0) - MARGIN_MS * 1000
      this.#origin = { ttftMs: leastOf(result.ttft), latencyMs: leastOf(result.latency) }
      if (result.cpuMs / result.measuredMs >= CLIENT_BUSY)
        this.#clients = clientsFor(this.#given.cpus, this.#given.cpus)
    }
  }

  /** At least one reply is whole in a step. */
  get #measureMs(): number {
    return Math.max(this.#config.seconds * 1000, Math.min(this.#pace.replyMs, MOST_REPLY_MS))
  }

  /** About how long a step takes. */
  get stepMs(): number {
    return this.#measureMs + Math.min(MOST_RAMP_MS, this.#pace.replyMs) + SETTLE_MS
  }

  async step(contestant: Contestant, level: Level, round: number): Promise<Step> {
    const pids = contestant.pid === null ? [] : familyOf(contestant.pid)
    const before = { host: 0 as number | null, via: null as number | null }
    const { result, clients } = await this.load(contestant, {
      level,
      onMeasuring: () => {
        before.host = hostCpuMs()
        before.via = usageOf(pids)?.cpuMs ?? null
      },
    })
    const [host, via] = [hostCpuMs(), usageOf(pids)?.cpuMs ?? null]
    const { latenessMs, busy } = await this.#mock.stats()
    return {
      name: contestant.name,
      level,
      round,
      clients,
      origin: this.#origin,
      result,
      mock: { latenessMs, busy },
      viaCpuMs: contestant.pid === null ? null : differenceOf(via, before.via),
      hostCpuMs: differenceOf(host, before.host),
    }
  }

  async load(
    contestant: Contestant,
    wanted: Wanted,
  ): Promise<{ readonly result: LoadResult; readonly clients: number }> {
    const result = await this.#rig.load(this.#planFor(contestant, wanted), this.#clients, async () => {
      await this.#mock.stats(true)
      wanted.onMeasuring?.()
    })
    return { result, clients: Math.min(this.#clients, wanted.level.connections) }
  }

  #planFor({ asked, probed }: Contestant, { level, measureMs, hungAfterMs }: Wanted): LoadPlan {
    const { chunkDelayMs, ttftMs, replyMs, chunkCount } = this.#pace
    const { connections, rate } = level
    const rampMs = rate === null && connections > 1 ? Math.min(MOST_RAMP_MS, replyMs) : 0
    const isPaced = !this.#isStamped && !this.#config.whole
    return {
      target: asked.target,
      delimiter: probed.delimiter,
      connections,
      rate,
      rampMs,
      warmMs: rampMs + SETTLE_MS,
      measureMs: measureMs ?? this.#measureMs,
      origin: this.#origin,
      hungAfterMs: hungAfterMs ?? Math.max(LEAST_HUNG_MS, this.#silenceMs),
      due: isPaced ? { ttftMs, delayMs: chunkDelayMs, steps: probed.steps } : null,
      watch: this.#isStamped
        ? { chunks: chunkCount, text: this.#text, offsetMicros: this.#offsetMicros }
        : null,
    }
  }

  /** A reply that is in order is silent for less. */
  get #silenceMs(): number {
    const { replyMs, ttftMs, chunkDelayMs } = this.#pace
    return this.#config.whole ? replyMs + LEAST_HUNG_MS : ttftMs + STALL_GAPS * chunkDelayMs
  }
}

/** From where on times of this kind are told: the shortest there was, less a margin. */
function leastOf(histogram: LoadResult['ttft']): number {
  return histogram.count === 0 ? 0 : Math.max(0, percentile(histogram, 0) / 1000 - ORIGIN_MARGIN_MS)
}

function differenceOf(after: number | null, before: number | null): number | null {
  return after === null || before === null ? null : after - before
}
