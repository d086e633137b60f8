// What supervisor and workers say to each other. A worker is told what to serve by its environment, so that it can
// begin before the first message arrives.
import type { Setup } from '../apis/api.ts'

/** The environment variable that makes a process of this executable a worker; its value is an Assignment as JSON. */
export const ROLE_VARIABLE = 'MOCK_LLM_WORKER_ASSIGNMENT'

export interface Assignment {
  /** The address in the config is final: a port of 0 has been replaced by the one that was found free. */
  readonly setup: Setup
  readonly sharePort: boolean
}

export type ToWorker = { readonly type: 'drain'; readonly graceMs: number }

export type ToSupervisor = { readonly type: 'ready' } | { readonly type: 'failed'; readonly reason: string }
