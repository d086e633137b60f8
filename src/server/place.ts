// Which of the workers this process is.

export interface WorkerPlace {
  /** From 0. */
  readonly index: number
  readonly workers: number
}
