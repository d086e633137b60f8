// A question to several: who is waited for, and for how long.
import { describe, expect, test } from 'bun:test'
import { Poll } from '../../src/fleet/poll.ts'

/** Longer than a test may take. */
const FOR_EVER_MS = 600_000

function setUp(patienceMs = FOR_EVER_MS) {
  const poll = new Poll<string, number>(patienceMs)
  const sent: [member: string, id: number][] = []
  const ask = (...members: string[]): Promise<readonly number[]> =>
    poll.ask(members, (member, id) => sent.push([member, id]))
  return { poll, sent, ask }
}

const isSettled = async (promise: Promise<unknown>): Promise<boolean> =>
  (await Promise.race([promise, Promise.resolve('waits')])) !== 'waits'

describe('a poll', () => {
  test('resolves when all have answered', async () => {
    const { poll, sent, ask } = setUp()
    const answers = ask('a', 'b')
    expect(sent).toEqual([
      ['a', 1],
      ['b', 1],
    ])
    poll.answer(1, 'a', 10)
    expect(await isSettled(answers)).toBe(false)
    poll.answer(1, 'b', 20)
    expect(await answers).toEqual([10, 20])
  })

  test('of nobody is answered at once', async () => expect(await setUp().ask()).toEqual([]))

  test('a member that answers at once', async () => {
    const { poll } = setUp()
    expect(await poll.ask(['a', 'b'], (member, id) => poll.answer(id, member, 1))).toEqual([1, 1])
  })

  test('whoever leaves is not waited for', async () => {
    const { poll, ask } = setUp()
    const answers = ask('a', 'b')
    poll.leave('a')
    poll.answer(1, 'a', 1)
    poll.answer(1, 'b', 2)
    expect(await answers).toEqual([2])
    const none = ask('b')
    poll.leave('b')
    expect(await none).toEqual([])
  })

  test('whoever has no answer is not waited for', async () => {
    const { poll, ask } = setUp()
    const answers = ask('a', 'b')
    poll.pass(1, 'a')
    poll.pass(1, 'c')
    poll.answer(1, 'a', 1)
    expect(await isSettled(answers)).toBe(false)
    poll.answer(1, 'b', 2)
    poll.pass(1, 'b')
    expect(await answers).toEqual([2])
    const none = ask('b')
    poll.pass(2, 'b')
    expect(await none).toEqual([])
  })

  test('what comes twice, of another or to another question is dropped', async () => {
    const { poll, ask } = setUp()
    const answers = ask('a', 'b')
    poll.answer(1, 'a', 1)
    poll.answer(1, 'a', 2)
    poll.answer(1, 'c', 3)
    poll.answer(7, 'b', 4)
    expect(await isSettled(answers)).toBe(false)
    poll.answer(1, 'b', 5)
    expect(await answers).toEqual([1, 5])
  })

  test('when its time is up there is what there is, and what comes later is dropped', async () => {
    const { poll, ask } = setUp(5)
    const answers = ask('a', 'b')
    poll.answer(1, 'b', 2)
    expect(await answers).toEqual([2])
    poll.answer(1, 'a', 1)
    expect(await answers).toEqual([2])
  })

  test('several questions are under way at once', async () => {
    const { poll, ask } = setUp()
    const [one, other] = [ask('a'), ask('a')]
    poll.answer(2, 'a', 2)
    poll.answer(1, 'a', 1)
    expect([await one, await other]).toEqual([[1], [2]])
  })
})
