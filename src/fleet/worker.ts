// One serving process. It begins when it is told what to serve, ends when told to, and never outlives its supervisor.
import { messageOf } from '../config/errors.ts'
import { Complaints } from '../server/complaints.ts'
import type { Collect } from '../server/observe.ts'
import { type Running, startServer } from '../server/server.ts'
import { warmUp } from '../server/warmup.ts'
import type { Collection } from '../stats/report.ts'
import type { Steer } from '../server/control.ts'
import type { Steered } from '../server/steering.ts'
import type { AskAll } from '../server/journal/questions.ts'
import { type PackedShare, packShares, unpackShares } from '../stats/packing.ts'
import { type Shares, total } from '../stats/shares.ts'
import type { Assignment, ToSupervisor, ToWorker } from './messages.ts'

/** Serves what the supervisor assigns, until it says otherwise or is gone. Ends the process itself. */
export function runWorker(): void {
  // Ctrl-C and service managers signal the whole group: only the supervisor decides when a worker ends.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {})
  process.on('disconnect', () => process.exit(1))

  const asked = new Map<number, (collection: Collection) => void>()
  const polled = new Map<number, (answers: readonly unknown[]) => void>()
  const steering = new Map<number, (steered: Steered) => void>()
  const complaints = new Complaints()
  let lastId = 0
  let server: Running | undefined
  let ending = false
  /** What is to change before it serves what it was told to. */
  const early: ToWorker[] = []
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

  const askAll: AskAll = (question) => {
    const { promise, resolve } = Promise.withResolvers<readonly unknown[]>()
    const id = ++lastId
    polled.set(id, resolve)
    tell({ type: 'askAll', id, question })
    return promise
  }

  const steer: Steer = (order) => {
    const { promise, resolve } = Promise.withResolvers<Steered>()
    const id = ++lastId
    steering.set(id, resolve)
    tell({ type: 'steer', id, order })
    return promise
  }

  const serve = async (assignment: Assignment): Promise<void> => {
    try {
      const warms = !assignment.config.run.noWarmUp
      // Who replaces another is asked at once. At the start it is not ready until all are, and the connections of a warm-up might take the port.
      const isAwaited = Object.keys(assignment.began).length > 0
      if (warms && isAwaited) await warmUp(assignment)
      server = startServer({ ...assignment, collect, askAll, steer })
      for (const message of early.splice(0)) hear(message)
      if (warms && !isAwaited) await warmUp(assignment)
      tell({ type: 'ready', socketFile: server.socketFile })
    } catch (thrown) {
      tell({ type: 'failed', reason: messageOf(thrown) })
    }
  }

  const answer = async ({ id, question }: Extract<ToWorker, { type: 'ask' }>): Promise<void> => {
    try {
      tell({ type: 'answer', id, answer: await server!.answer(question) })
    } catch (thrown) {
      complaints.tell(thrown)
      tell({ type: 'unanswered', id })
    }
  }

  const hear = (message: ToWorker): void => {
    switch (message.type) {
      case 'serve':
        return void serve(message.assignment)
      case 'snapshot':
        return tell({ type: 'snapshot', id: message.id, shares: packed(server!.snapshot(message.reset)) })
      case 'begin':
        server!.begin(message.began)
        return tell({ type: 'answer', id: message.id, answer: null })
      case 'reload':
        return server!.reload(message.files)
      case 'collected': {
        const shares = unpackShares(message.collection.shares)
        asked.get(message.id)?.({ ...message.collection, shares, merged: total(shares) })
        asked.delete(message.id)
        return
      }
      case 'steered':
        steering.get(message.id)?.(message.steered)
        steering.delete(message.id)
        return
      case 'ask':
        return void answer(message)
      case 'answered':
        polled.get(message.id)?.(message.answers)
        polled.delete(message.id)
        return
      case 'drain': {
        const last = server!.stop(message.graceMs)
        if (ending) return // the second call of stop has shortened the grace period of the first, which tells the numbers
        ending = true
        void last.then((shares) => tell({ type: 'final', shares: packed(shares) }, () => process.exit(0)))
      }
    }
  }

  process.on('message', (message: ToWorker) => {
    try {
      if (server === undefined && message.type !== 'serve') early.push(message)
      else hear(message)
    } catch (thrown) {
      complaints.tell(thrown) // the streams that are open go on
    }
  })
  tell({ type: 'here' })
}

function tell(message: ToSupervisor, whenSent?: () => void): void {
  process.send!(message, undefined, undefined, whenSent)
}
