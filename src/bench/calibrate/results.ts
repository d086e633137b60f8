// What a calibration knows, and what it finds out.
import type { CalibrateConfig } from '../../config/calibrate.ts'
import type { Percentiles } from '../../stats/percentiles.ts'

export interface ScalingRow {
  readonly workers: number
  readonly clients: number
  readonly requestsPerSecond: number
  readonly eventsPerSecond: number
  /** Mean shares of one CPU, of the busiest worker and of all client processes together. */
  readonly busiestWorker: number
  readonly clientCpus: number
  /** Which side was as busy as it can be: where it was not the server, the server does more. */
  readonly atLimit: 'server' | 'clients' | null
}

export interface StreamsRow {
  readonly streams: number
  readonly eventsPerSecond: number
  /** As the server takes it, just before each write. */
  readonly serverLatenessMs: Percentiles
  /** As the clients see it, their own delays included. */
  readonly clientLatenessMs: Percentiles
  readonly workerCpus: number
  readonly bytesPerStream: number | null
  readonly errors: number
  /** On time: p99 of the clients' lateness within the tolerance, and no error. */
  readonly kept: boolean
}

export interface Calibration {
  readonly version: string
  readonly engine: CalibrateConfig['engine']
  readonly host: Readonly<Record<string, unknown>>
  readonly settings: {
    readonly chunkCount: number
    readonly chunkDelayMs: number
    readonly ttftMs: number
    readonly seconds: number
  }
  readonly eventsPerReply: number
  readonly scaling: readonly ScalingRow[]
  readonly floor: StreamsRow | null
  readonly toleranceMs: number | null
  readonly streamWorkers: number
  readonly streams: readonly StreamsRow[]
  /** Null where nothing is paced, or where even the floor was late. */
  readonly mostStreams: number | null
  /** Nothing above was tried, because connections or descriptors would have run out. */
  readonly mostStreamsBounded: boolean
  readonly advice: readonly string[]
}
