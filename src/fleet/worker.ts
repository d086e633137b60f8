// One serving process. It begins as soon as it is started, ends when told to, and never outlives its supervisor.
import { messageOf } from '../config/errors.ts'
import { startServer } from '../server/server.ts'
import type { Assignment, ToSupervisor, ToWorker } from './messages.ts'

/** Serves what the supervisor assigned, until it says otherwise or is gone. Ends the process itself. */
export function runWorker(assignment: Assignment): void {
  // Ctrl-C and service managers signal the whole group: only the supervisor decides when a worker ends.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {})
  process.on('disconnect', () => process.exit(1))

  try {
    const server = startServer(assignment.setup, assignment.sharePort)
    process.on('message', ({ graceMs }: ToWorker) => void server.stop(graceMs).then(() => process.exit(0)))
    report({ type: 'ready' })
  } catch (thrown) {
    report({ type: 'failed', reason: messageOf(thrown) })
  }
}

function report(message: ToSupervisor): void {
  process.send!(message)
}
