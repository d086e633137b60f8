// Named settings of typical deployments, from published figures.
import { oneOf } from './parsers.ts'

/** The options a profile sets. */
type Settable = 'ttftMs' | 'chunkDelayMs' | 'chunkCount' | 'ttftJitter' | 'chunkDelayJitter'

export interface Profile {
  /** What is imitated. */
  readonly what: string
  /** Where TTFT and delay come from. */
  readonly source: string
  /** Values as they would be typed. Explicit options still win. */
  readonly settings: Readonly<Record<Settable, string>>
}

/**
 * The sources give the median TTFT and the output speed. The delay is 1000 ÷ tokens per second, which is a mean; the TTFT here
 * is the mean of a lognormal with the published median: median·√(1 + CV²). For `local-8b` the CV of the TTFT follows from
 * P99 ÷ P50; the other jitters and the chunk counts are ours.
 */
export const profiles = {
  'hosted-small': {
    what: 'a hosted small model: GPT-4.1 nano, 0.63 s, 181 tokens/s',
    source: 'https://benchlm.ai/llm-speed (Artificial Analysis medians, 2026-04-07)',
    settings: {
      ttftMs: '658',
      chunkDelayMs: '5.5',
      chunkCount: '500',
      ttftJitter: 'lognormal:0.3',
      chunkDelayJitter: 'lognormal:0.3',
    },
  },
  'hosted-large': {
    what: 'a hosted large model: Claude Sonnet 4.6, 0.74 s, 104 tokens/s',
    source: 'https://induwara.lk/tools/ai-llm-speed-comparison (Artificial Analysis medians, 2026-06-24)',
    settings: {
      ttftMs: '773',
      chunkDelayMs: '9.62',
      chunkCount: '500',
      ttftJitter: 'lognormal:0.3',
      chunkDelayJitter: 'lognormal:0.3',
    },
  },
  'local-8b': {
    what: 'Llama 3.1 8B on one H100, vLLM, 16 at a time: 42 ms, 10.94 ms per token',
    source: 'https://yobitelcomm.github.io/bench/recipes/concurrency-sweep/ (2026-05-16)',
    settings: {
      ttftMs: '42.4',
      chunkDelayMs: '10.94',
      chunkCount: '128',
      ttftJitter: 'lognormal:0.19',
      chunkDelayJitter: 'lognormal:0.1',
    },
  },
  reasoning: {
    what: 'a reasoning model: o4-mini (high), 21.94 s of silence, then 161 tokens/s',
    source: 'https://benchlm.ai/llm-speed (Artificial Analysis medians, 2026-04-07)',
    settings: {
      ttftMs: '24530',
      chunkDelayMs: '6.2',
      chunkCount: '500',
      ttftJitter: 'lognormal:0.5',
      chunkDelayJitter: 'lognormal:0.3',
    },
  },
} as const satisfies Record<string, Profile>

export type ProfileName = keyof typeof profiles | 'none'

/** A parser of profile names. */
export const parseProfile: (text: string) => ProfileName = oneOf(
  'none',
  ...(Object.keys(profiles) as (keyof typeof profiles)[]),
)

/** What a profile sets; nothing for `none`. */
export function profileSettings(name: ProfileName): Readonly<Record<string, string>> {
  return name === 'none' ? {} : profiles[name].settings
}
