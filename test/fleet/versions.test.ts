// A change of all workers or of none, with workers that are only told apart: who is asked what, and when it is done.
import { describe, expect, test } from 'bun:test'
import { Poll } from '../../src/fleet/poll.ts'
import { type Changed, Versions } from '../../src/fleet/versions.ts'

const changed = { config: 'new', files: 'known' } as unknown as Changed

function setUp(...names: string[]) {
  const poll = new Poll<string, unknown>()
  const workers = new Set(names)
  const asked: [worker: string, id: number, kind: string][] = []
  const versions = new Versions<string>(poll, (worker, id, { kind }) => void asked.push([worker, id, kind]))
  for (const name of names) versions.assign(name)
  let decided = 0
  const change = (): Promise<string> =>
    versions
      .change(changed, workers, () => void decided++)
      .then(
        () => 'changed',
        (thrown: Error) => thrown.message,
      )
  /** Answers what has been asked since. */
  const answer = async (reason: (worker: string) => string | null = () => null): Promise<string[]> => {
    await Promise.resolve()
    const now = asked.splice(0)
    for (const [worker, id] of now) poll.answer(id, worker, reason(worker))
    await Bun.sleep(0)
    return now.map(([worker, , kind]) => `${worker} ${kind}`)
  }
  return { poll, workers, versions, change, answer, decided: () => decided }
}

const isSettled = async (promise: Promise<unknown>): Promise<boolean> =>
  (await Promise.race([promise, Bun.sleep(5).then(() => 'waits')])) !== 'waits'

describe('a change', () => {
  test('is prepared by all, then put in force by all, then done', async () => {
    const { change, answer, decided, versions } = setUp('a', 'b')
    const done = change()
    expect(await answer()).toEqual(['a prepare', 'b prepare'])
    expect([decided(), await isSettled(done)]).toEqual([1, false])
    expect(await answer()).toEqual(['a commit', 'b commit'])
    expect([await done, versions.hasChanged]).toEqual(['changed', true])
  })

  test('that one cannot prepare is discarded by all', async () => {
    const { change, answer, decided, versions } = setUp('a', 'b')
    const done = change()
    await answer((worker) => (worker === 'b' ? 'no memory' : null))
    expect(await done).toBe('a worker cannot serve this: no memory')
    expect([decided(), versions.hasChanged]).toEqual([0, false])
    expect(await answer()).toEqual(['a discard', 'b discard'])
  })

  test('does not wait for one that dies', async () => {
    const { change, answer, workers, poll } = setUp('a', 'b')
    const done = change()
    workers.delete('b')
    poll.leave('b')
    expect(await answer()).toEqual(['a prepare', 'b prepare'])
    expect(await answer()).toEqual(['a commit'])
    expect(await done).toBe('changed')
  })
})

describe('who was told what to serve while it was prepared', () => {
  test('gets it as well, once, and is waited for', async () => {
    const { change, answer, workers, versions } = setUp('a')
    const done = change()
    workers.add('late')
    versions.assign('late')
    await answer()
    await answer()
    expect(await done).toBe('changed')
    const caught = versions.catchUp('late', changed)
    expect(await isSettled(caught)).toBe(false)
    expect(await answer()).toEqual(['late prepare', 'late commit'])
    expect(await isSettled(caught)).toBe(true)
    await versions.catchUp('late', changed)
    await versions.catchUp('a', changed)
    expect(await answer()).toEqual([])
  })

  test('and dies, is not', async () => {
    const { change, answer, poll, versions } = setUp('a')
    const done = change()
    versions.assign('late')
    await answer()
    await answer()
    await done
    const caught = versions.catchUp('late', changed)
    poll.leave('late')
    expect(await isSettled(caught)).toBe(true)
  })
})
