// What whoever measures knows of the host and the program, and how much of the host a measurement may take.

/** What the caller knows of the host and the program. */
export interface Surroundings {
  readonly version: string
  readonly host: Readonly<Record<string, unknown>>
  readonly cpus: number
  readonly descriptorLimit: number | undefined
  /** Connections that one address of this host can open to one port. */
  readonly localPorts: number
  /** Where keys are. */
  readonly environment: Readonly<Record<string, string | undefined>>
  /** Told what is being done. */
  readonly progress: (text: string) => void
}

/** Descriptors a worker has besides its connections. */
const SPARE_DESCRIPTORS = 64

/** As many clients as workers, but one CPU fewer than there are. */
export function clientsFor(workers: number, cpus: number): number {
  return Math.max(1, Math.min(workers, cpus - 1))
}

/** The most streams that one client address can open to one worker. */
export function streamsBound({
  localPorts,
  descriptorLimit = Number.POSITIVE_INFINITY,
}: Pick<Surroundings, 'localPorts' | 'descriptorLimit'>): number {
  return Math.floor(Math.min(localPorts, descriptorLimit - SPARE_DESCRIPTORS))
}

/** A worker that uses this share of a CPU is within 10 % of what it can do. */
export const SERVER_BUSY = 0.9
