// Timing models: configuration in, due times out. The clock lives in the scheduler alone.
import type { Config } from '../config/config.ts'

/**
 * When each step of a stream is due, in ms after the request arrived: `ttft + step·delay` for steps 0 … N,
 * where the time to first token is the chunk delay and step N is the ending.
 */
export function scheduleSteps({
  chunkCount,
  chunkDelayMs,
}: Pick<Config, 'chunkCount' | 'chunkDelayMs'>): Float64Array {
  return Float64Array.from({ length: chunkCount + 1 }, (_, step) => (step + 1) * chunkDelayMs)
}
