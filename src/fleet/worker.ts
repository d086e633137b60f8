// One serving process. It begins when it is told what to serve, ends when told to, and never outlives its supervisor.
import { messageOf } from '../config/errors.ts'
import type { Collect } from '../server/observe.ts'
import { type Running, startServer } from '../server/server.ts'
import { warmUp } from '../server/warmup.ts'
import type { Collection } from '../stats/report.ts'
import { type PackedShare, packShares, unpackShares } from '../stats/packing.ts'
import { type Shares, total } from '../stats/shares.ts'
import type { Assignment, ToSupervisor, ToWorker } from './messages.ts'

/** Serves what the supervisor assigns, until it says otherwise or is gone. Ends the process itself. */
export function runWorker(): void {
  // Ctrl-C and service managers signal the whole group: only the supervisor decides when a worker ends.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {})
  process.on('disconnect', () => process.exit(1))

  const asked = new Map<number, (collection: Collection) => void>()
  let lastId = 0
  let server: Running | undefined
  let ending = false
  /** What the supervisor knows. */
  let told: Shares = []
  const packed = (shares: Shares): readonly PackedShare[] => {
    const before = told
    told = shares
    return packShares(shares, before)
  }
  const collect: Collect = (reset) => {
    const { promise, resolve } = Promise.withResolvers<Collection>()
    const id = ++lastId
    asked.set(id, resolve)
    tell({ type: 'collect', id, reset })
    return promise
  }

  const serve = async (assignment: Assignment): Promise<void> => {
    try {
      if (!assignment.config.run.noWarmUp) await warmUp(assignment)
      server = startServer({ ...assignment, collect })
      tell({ type: 'ready', socketFile: server.socketFile })
    } catch (thrown) {
      tell({ type: 'failed', reason: messageOf(thrown) })
    }
  }

  process.on('message', (message: ToWorker) => {
    switch (message.type) {
      case 'serve':
        return void serve(message.assignment)
      case 'snapshot':
        return tell({ type: 'snapshot', id: message.id, shares: packed(server!.snapshot(message.reset)) })
      case 'reload':
        return server!.reload(message.files)
      case 'collected': {
        const shares = unpackShares(message.collection.shares)
        asked.get(message.id)?.({ ...message.collection, shares, merged: total(shares) })
        asked.delete(message.id)
        return
      }
      case 'drain': {
        const last = server!.stop(message.graceMs)
        if (ending) return // the second call of stop has shortened the grace period of the first, which tells the numbers
        ending = true
        void last.then((shares) => tell({ type: 'final', shares: packed(shares) }, () => process.exit(0)))
      }
    }
  })
  tell({ type: 'here' })
}

function tell(message: ToSupervisor, whenSent?: () => void): void {
  process.send!(message, undefined, undefined, whenSent)
}
