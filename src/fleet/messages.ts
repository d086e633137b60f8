// What supervisor and workers say to each other: a worker says that it is there, is told what to serve, and serves.
import type { NamedFiles } from '../apis/api.ts'
import type { Config } from '../config/upstreams.ts'
import type { TlsPair } from '../server/engines/engine.ts'
import type { WorkerPlace } from '../server/place.ts'
import type { FileIdentity } from '../server/unixsocket.ts'
import type { Collection, RunFacts } from '../stats/report.ts'
import type { PackedShare } from '../stats/packing.ts'

export interface Assignment {
  /** The addresses in it are final: a port of 0 has been replaced by the one that was found free. */
  readonly config: Config
  /** Start of the run, Unix seconds: every `created` of the run. */
  readonly createdAt: number
  readonly files: NamedFiles
  readonly facts: RunFacts
  readonly place: WorkerPlace
  readonly sharePort: boolean
  /** Absent: clear text. */
  readonly tls?: TlsPair
  /** What the worker that this one replaces has left at the path of the socket. */
  readonly formerSocketFile?: FileIdentity | undefined
}

/** A worker finds out by itself what the shares are in one. */
export type PackedCollection = Omit<Collection, 'shares' | 'merged'> & {
  readonly shares: readonly PackedShare[]
}

export type ToWorker =
  /** The answer to `here`; before it nothing else is said. */
  | { readonly type: 'serve'; readonly assignment: Assignment }
  | { readonly type: 'drain'; readonly graceMs: number }
  /** The files have been read again. */
  | { readonly type: 'reload'; readonly files: NamedFiles }
  | { readonly type: 'snapshot'; readonly id: number; readonly reset: boolean }
  /** The answer to `collect`. */
  | { readonly type: 'collected'; readonly id: number; readonly collection: PackedCollection }

export type ToSupervisor =
  | { readonly type: 'here' }
  | { readonly type: 'ready'; readonly socketFile: FileIdentity | undefined }
  | { readonly type: 'failed'; readonly reason: string }
  /** The answer to `snapshot`. */
  | { readonly type: 'snapshot'; readonly id: number; readonly shares: readonly PackedShare[] }
  /** Somebody asked this worker for the numbers of all of them. */
  | { readonly type: 'collect'; readonly id: number; readonly reset: boolean }
  /** The last numbers; the worker ends now. */
  | { readonly type: 'final'; readonly shares: readonly PackedShare[] }
