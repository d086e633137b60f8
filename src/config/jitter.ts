// How a delay or a count varies from reply to reply: text to data. The sampling is in replies/timing.ts.
import { Unacceptable } from './parsers.ts'

export type Jitter =
  | { readonly model: 'none' }
  /** `cv` is the coefficient of variation: standard deviation ÷ mean. */
  | { readonly model: JitterModel; readonly cv: number }
  /** Milliseconds at P50, P90, P95 and P99; they take the place of the mean. */
  | {
      readonly model: 'quantiles'
      readonly ms: readonly [p50: number, p90: number, p95: number, p99: number]
    }

export type JitterModel = keyof typeof maxCv

/**
 * The largest CV of each model. Normal: values are kept within 0.3 … 1.7 of the mean, which at 0.3 concerns 2 % of them and leaves
 * a CV of 0.295. Uniform: 1/√3, beyond which values would be negative. Lognormal: with 1 a deck of 1024 cards still has a CV of
 * 0.97; beyond, it would lose its tail.
 */
export const maxCv = { normal: 0.3, lognormal: 1, uniform: 0.577 } as const

const accepted = `none, ${Object.entries(maxCv)
  .map(([model, max]) => `${model}:CV (above 0, at most ${max})`)
  .join(', ')}`

/** A parser of `none`, `normal:CV`, `lognormal:CV`, `uniform:CV`. */
export function parseJitter(text: string): Jitter {
  if (text === 'none') return { model: 'none' }
  const [, model, cvText] = /^([a-z]+):(\d*\.?\d+)$/.exec(text) ?? []
  if (model === undefined || !isModel(model)) throw new Unacceptable(accepted)
  const cv = Number(cvText)
  if (cv <= 0 || cv > maxCv[model]) throw new Unacceptable(accepted)
  return { model, cv }
}

/** The same and `quantiles:P50/P90/P95/P99`, in milliseconds, none smaller than the one before. */
export function parseDelayJitter(text: string): Jitter {
  if (!text.startsWith('quantiles')) {
    try {
      return parseJitter(text)
    } catch {
      throw new Unacceptable(`${accepted}, quantiles:P50/P90/P95/P99 in ms`)
    }
  }
  const parts = text.replace(/^quantiles:?/, '').split('/')
  const ms = parts.map(Number)
  const valid = parts.length === 4 && parts.every((part) => /^\d*\.?\d+$/.test(part)) && ms[3]! <= 86_400_000
  if (!valid || ms.some((value, i) => i > 0 && value < ms[i - 1]!))
    throw new Unacceptable(
      'quantiles:P50/P90/P95/P99 in ms, plain numbers up to 86400000, none smaller than the one before, as in quantiles:50/80/120/300',
    )
  return { model: 'quantiles', ms: [ms[0]!, ms[1]!, ms[2]!, ms[3]!] }
}

/** As it would be typed. */
export function formatJitter(jitter: Jitter): string {
  if (jitter.model === 'none') return 'none'
  return `${jitter.model}:${jitter.model === 'quantiles' ? jitter.ms.join('/') : jitter.cv}`
}

function isModel(text: string): text is JitterModel {
  return Object.hasOwn(maxCv, text)
}
