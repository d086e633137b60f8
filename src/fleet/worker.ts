// One serving process. It begins as soon as it is started, ends when told to, and never outlives its supervisor.
import { messageOf } from '../config/errors.ts'
import type { Collect } from '../server/observe.ts'
import { type Running, startServer } from '../server/server.ts'
import type { Collection } from '../stats/report.ts'
import type { Assignment, ToSupervisor, ToWorker } from './messages.ts'

/** Serves what the supervisor assigned, until it says otherwise or is gone. Ends the process itself. */
export function runWorker(assignment: Assignment): void {
  // Ctrl-C and service managers signal the whole group: only the supervisor decides when a worker ends.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {})
  process.on('disconnect', () => process.exit(1))

  const asked = new Map<number, (collection: Collection) => void>()
  let lastId = 0
  let ending = false
  const collect: Collect = (reset) => {
    const { promise, resolve } = Promise.withResolvers<Collection>()
    const id = ++lastId
    asked.set(id, resolve)
    tell({ type: 'collect', id, reset })
    return promise
  }

  try {
    const server = startServer({ ...assignment, collect })
    process.on('message', (message: ToWorker) => obey(message, server))
    tell({ type: 'ready' })
  } catch (thrown) {
    tell({ type: 'failed', reason: messageOf(thrown) })
  }

  function obey(message: ToWorker, server: Running): void {
    switch (message.type) {
      case 'snapshot':
        return tell({ type: 'snapshot', id: message.id, snapshot: server.snapshot(message.reset) })
      case 'collected':
        asked.get(message.id)?.(message.collection)
        asked.delete(message.id)
        return
      case 'drain': {
        const last = server.stop(message.graceMs)
        if (ending) return // the second call of stop has shortened the grace period of the first, which tells the numbers
        ending = true
        void last.then((snapshot) => tell({ type: 'final', snapshot }, () => process.exit(0)))
      }
    }
  }
}

function tell(message: ToSupervisor, whenSent?: () => void): void {
  process.send!(message, undefined, undefined, whenSent)
}
