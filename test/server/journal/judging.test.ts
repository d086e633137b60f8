// The verdict of several workers: when they are asked what, and what it says where one of them has not answered.
import { describe, expect, test } from 'bun:test'
import { askVerdict } from '../../../src/server/journal/judging.ts'
import type { Filter } from '../../../src/server/journal/filter.ts'
import type { JournalQuestion } from '../../../src/server/journal/questions.ts'
import { renderClientVerdict } from '../../../src/stats/clientverdict.ts'
import type { JudgedTrace } from '../../../src/stats/traces.ts'
import { trace, traceAt } from '../../stats/_traces.ts'

/** Each worker has kept these; a null does not answer. */
function workersWith(...kept: readonly (readonly JudgedTrace[] | null)[]) {
  const asked: JournalQuestion[] = []
  const askAll = async (question: JournalQuestion): Promise<readonly unknown[]> => {
    asked.push(question)
    return kept.flatMap((traces): unknown[] => {
      if (traces === null) return []
      if (question.kind === 'traces') return [traces.map((one) => ({ ...one, said: [] }))]
      return [Object.fromEntries(traces.map(({ id, said }) => [id, said]))]
    })
  }
  const verdict = (wanted: Filter = {}) => askVerdict(askAll, wanted, kept.length, () => 1_000_000)
  return { asked, verdict }
}

const cut = trace(1, 0, { isCut: true, cutText: 'x', chunks: 3, session: 's' })
const goesOn = { ...trace(2, 1000, { session: 's', fingerprint: 'g' }), said: ['x'] }

describe('what bodies say', () => {
  test('is asked for where a stream was cut, of its session, and of all workers', async () => {
    const { asked, verdict } = workersWith([cut], [goesOn])
    expect((await verdict()).findings).toMatchObject([{ rule: 'took-cut-for-whole' }])
    expect(asked).toEqual([
      { kind: 'traces', wanted: {} },
      { kind: 'said', wanted: {}, sessions: ['s'] },
    ])
  })

  test('is not asked for where none was', async () => {
    const { asked, verdict } = workersWith([goesOn], [])
    expect((await verdict()).findings).toEqual([])
    expect(asked.length).toBe(1)
  })
})

test('what is asked about one upstream is asked of all: its clients may have gone to another', async () => {
  const failure = traceAt('primary', 1, 0, { status: 503, session: 's' })
  const { asked, verdict } = workersWith([failure], [traceAt('backup', 2, 100, { session: 's' })])
  const told = await verdict({ upstream: 'primary', session: 's' })
  expect([told.requests, told.findings]).toEqual([1, []])
  expect(asked).toEqual([{ kind: 'traces', wanted: { session: 's' } }])
  const { findings } = await workersWith([failure]).verdict({ upstream: 'primary' })
  expect(findings).toMatchObject([{ rule: 'gave-up' }])
})

describe('a worker that has not answered', () => {
  test.each<[string, readonly (readonly JudgedTrace[] | null)[], number | undefined, string]>([
    ['all have', [[], []], undefined, 'There is no request to judge.'],
    ['of one, it', [null], 1, 'Nothing can be said: 1 of 1 worker has not answered in time.'],
    ['of two, one', [[], null], 1, 'Nothing can be said: 1 of 2 workers has not answered in time.'],
    ['of two, both', [null, null], 2, 'Nothing can be said: 2 of 2 workers have not answered in time.'],
    [
      'beside one that has kept a request',
      [[goesOn], null],
      1,
      'There is nothing to object to: 1 request was judged. But 1 of 2 workers has not answered in time: not all that is kept was judged.',
    ],
    [
      'where a stream was cut',
      [[cut], [goesOn], null],
      1,
      'There is 1 objection: 2 requests were judged. But 1 of 3 workers has not answered in time: not all that is kept was judged.',
    ],
  ])('%s', async (_, kept, missing, sentence) => {
    const verdict = await workersWith(...kept).verdict()
    expect([verdict.missing, verdict.sentence]).toEqual([missing, sentence])
    expect(renderClientVerdict(verdict)).toStartWith(`${sentence}\n`)
  })
})
