// What supervisor and workers say to each other: a worker says that it is there, is told what to serve, and serves.
import type { NamedFiles } from '../apis/api.ts'
import type { Config } from '../config/upstreams.ts'
import type { TlsPair } from '../server/engines/engine.ts'
import type { JournalQuestion } from '../server/journal/questions.ts'
import type { ChangeQuestion } from '../server/changes.ts'
import type { Order, Steered } from '../server/steering.ts'
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
  /** When the phases of each upstream began, by its name, in Unix milliseconds; of others not yet. */
  readonly began: Readonly<Record<string, number>>
  readonly place: WorkerPlace
  readonly sharePort: boolean
  /** Absent: clear text. */
  readonly tls?: TlsPair
  /** What the worker that this one replaces has left at the path of the socket. */
  readonly formerSocketFile?: FileIdentity | undefined
}

/** What all workers can be asked, each for itself. */
export type Question = JournalQuestion | ChangeQuestion

/** A worker finds out by itself what the shares are in one. */
export type PackedCollection = Omit<Collection, 'shares' | 'merged'> & {
  readonly shares: readonly PackedShare[]
}

export type ToWorker =
  /** The answer to `here`; before it nothing else is said. */
  | { readonly type: 'serve'; readonly assignment: Assignment }
  | { readonly type: 'drain'; readonly graceMs: number }
  /** The phases of these upstreams begin at these moments, by name, in Unix milliseconds. Answered with null. */
  | { readonly type: 'begin'; readonly id: number; readonly began: Readonly<Record<string, number>> }
  /** The files have been read again. */
  | { readonly type: 'reload'; readonly files: NamedFiles }
  | { readonly type: 'snapshot'; readonly id: number; readonly reset: boolean }
  /** The answer to `collect`. */
  | { readonly type: 'collected'; readonly id: number; readonly collection: PackedCollection }
  | { readonly type: 'ask'; readonly id: number; readonly question: Question }
  /** The answer to `steer`. */
  | { readonly type: 'steered'; readonly id: number; readonly steered: Steered }
  /** The answers to `askAll`. */
  | { readonly type: 'answered'; readonly id: number; readonly answers: readonly unknown[] }

export type ToSupervisor =
  | { readonly type: 'here' }
  | { readonly type: 'ready'; readonly socketFile: FileIdentity | undefined }
  | { readonly type: 'failed'; readonly reason: string }
  /** The answer to `snapshot`. */
  | { readonly type: 'snapshot'; readonly id: number; readonly shares: readonly PackedShare[] }
  /** Somebody asked this worker for the numbers of all of them. */
  | { readonly type: 'collect'; readonly id: number; readonly reset: boolean }
  /** The answer to `ask` or `begin`. */
  | { readonly type: 'answer'; readonly id: number; readonly answer: unknown }
  /** There is none: something is wrong with the program itself. */
  | { readonly type: 'unanswered'; readonly id: number }
  /** Somebody gave this worker an order, which goes for all of them. */
  | { readonly type: 'steer'; readonly id: number; readonly order: Order }
  /** Somebody asked this worker what all of them are to answer. */
  | { readonly type: 'askAll'; readonly id: number; readonly question: Question }
  /** The last numbers; the worker ends now. */
  | { readonly type: 'final'; readonly shares: readonly PackedShare[] }
