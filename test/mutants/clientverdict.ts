// Deliberate faults of the verdict on the client, and of asking all workers.
import type { Mutant } from './mutant.ts'

const rules = {
  file: 'src/stats/clientrules.ts',
  tests: ['test/stats/clientrules.test.ts', 'test/stats/clientverdict.test.ts'],
}
const attempts = { file: 'src/stats/attempts.ts', tests: ['test/stats/attempts.test.ts'] }
const verdict = { file: 'src/stats/clientverdict.ts', tests: rules.tests }
const traces = { file: 'src/stats/traces.ts', tests: ['test/stats/traces.test.ts'] }
const poll = { file: 'src/fleet/poll.ts', tests: ['test/fleet/poll.test.ts'] }

export const judging: readonly Mutant[] = [
  {
    ...rules,
    from: 'waitedMs + SLACK_MS >= retryAfterMs',
    to: 'waitedMs >= retryAfterMs',
    why: 'a timer that is a little fast is too early',
  },
  {
    ...rules,
    from: 'const FINAL_STATUSES = [400, 401, 403, 404, 422]',
    to: 'const FINAL_STATUSES = [400, 401, 403, 404]',
    why: '422 may be retried',
  },
  {
    ...rules,
    from: 'shouldRetry === null && FINAL_STATUSES',
    to: 'FINAL_STATUSES',
    why: 'what was asked for is objected to',
  },
  {
    ...rules,
    from: '[...new Set(vain.flatMap(({ before, retry }) => [before.id, retry.id]))]',
    to: 'vain.flatMap(({ before, retry }) => [before.id, retry.id])',
    why: 'who was retried and is a retry is named twice',
  },
  {
    ...rules,
    from: 'vain.map(({ before }) => whyInVain(before))',
    to: '[whyInVain(vain[0]!.before)]',
    why: 'the first reason speaks for all',
  },
  {
    ...rules,
    from: 'most - least <= ALIKE_MS',
    to: 'most === least',
    why: 'waits that differ by as much as timers do are not alike',
  },
  { ...rules, from: 'return least < LONG_WAIT_MS', to: 'return true', why: 'waits must grow for ever' },
  { ...rules, from: 'const LEAST_ALIKE = 3', to: 'const LEAST_ALIKE = 2', why: 'two waits are enough' },
  { ...rules, from: 'const LEAST_TINY = 5', to: 'const LEAST_TINY = 4', why: 'chance is blamed' },
  { ...rules, from: 'most < TINY_MS && !hasGrown', to: 'most < TINY_MS', why: 'waits that grow are blamed' },
  {
    ...rules,
    from: 'waits.length >= LEAST_TINY && most < TINY_MS',
    to: 'waits.length >= LEAST_TINY',
    why: 'waits by lot must grow',
  },
  {
    ...rules,
    from: '(sawNone(answer) || ',
    to: '(answer.status === 0 || ',
    why: 'whoever has got half of a head need not ask again',
  },
  {
    ...rules,
    from: 'find: ({ meant }) => {',
    to: 'find: ({ traces: meant }) => {',
    why: 'one upstream answers for the replies of all',
  },
  {
    ...rules,
    from: 'chain.length - 1 <= MOST_RETRIES',
    to: 'chain.length - 1 < MOST_RETRIES',
    why: 'a storm begins one sooner',
  },
  { ...rules, from: ' || unclear.has(only.id)', to: '', why: 'of several at once all have given up' },
  {
    ...rules,
    from: 'if (waitMs > 0 && nowMs < answeredAt(only) + waitMs) return []\n',
    to: '',
    why: 'whoever waits has given up',
  },
  {
    ...rules,
    from: 'waitMs > 0 && ',
    to: '',
    why: 'what was given up in this millisecond, by a clock that knows no parts of one, was not',
  },
  {
    ...rules,
    from: '(before.answer.retryAfterMs ?? 0) > 0 || !hasFailed(before)',
    to: '!hasFailed(before)',
    why: 'waits that were told must grow',
  },
  {
    ...rules,
    from: '(before.answer.retryAfterMs ?? 0) > 0',
    to: 'before.answer.retryAfterMs !== null',
    why: 'a time that is over is a wait',
  },
  {
    ...verdict,
    from: "if (severity !== 'info') objections",
    to: 'objections',
    why: 'what is only worth knowing is an objection',
  },
  {
    ...verdict,
    from: '.filter(({ evidence }) => evidence.some((id) => ids.has(id)))',
    to: '',
    why: 'one upstream is told what another has seen',
  },
  {
    ...verdict,
    from: 'findAttempts(traces)',
    to: 'findAttempts(meant)',
    why: 'whoever goes elsewhere has given up here',
  },
  {
    ...traces,
    from: 'pattern !== null && breaks(pattern)',
    to: 'false',
    why: 'faults of the connection are none',
  },
  { ...rules, from: 'JSON.stringify([session, text])', to: 'text', why: 'one session is blamed for another' },
  { ...rules, from: 'if (isExcused) return []\n', to: '', why: 'whoever asked again is blamed' },
  { ...rules, from: '?? 0) > cut.time', to: '?? 0) > 0', why: 'what came whole before excuses' },
  { ...rules, from: '|| silentMs < SILENCE_MS', to: '', why: 'every leaving is out of a silence' },
  {
    ...rules,
    from: 'trace.answer.pattern === null && !hasFailed(trace)',
    to: 'true',
    why: 'faulty replies must be read to the end',
  },
  {
    ...rules,
    from: "shouldRetry === false || client.did === 'still open'",
    to: 'shouldRetry === false',
    why: 'what is under way has been given up',
  },
  { ...rules, from: '!client.chunks && ', to: '', why: 'a stream that broke off must be asked for again' },
  {
    ...attempts,
    from: 'unlucky.find(',
    to: 'unlucky.findLast(',
    why: 'of several at once the latest failure has the first retry',
  },
  {
    ...attempts,
    from: ' && endOf(one) >= newest.time',
    to: '',
    why: 'what was given up long ago is retried',
  },
  { ...attempts, from: 'time + SLACK_MS', to: 'Infinity', why: 'what is under way is retried' },
  { ...attempts, from: 'time + SLACK_MS', to: 'time', why: 'clocks are exact' },
  {
    ...attempts,
    from: 'time <= dueAt(one) + RETRY_WITHIN_MS',
    to: 'true',
    why: 'what was asked an hour ago is retried',
  },
  {
    ...attempts,
    from: 'endOf(trace) + (trace.answer.retryAfterMs ?? 0)',
    to: 'endOf(trace)',
    why: 'whoever waits as long as it was told asks anew',
  },
  { ...attempts, from: ' && !counts && last', to: ' && last', why: 'who counts makes others unclear' },
  {
    ...attempts,
    from: 'if (!counts) {',
    to: 'if (trace.id) {',
    why: 'who does not count retries for one that does',
  },
  {
    ...attempts,
    from: 'time - endedAt <= RETRY_WITHIN_MS',
    to: 'time - endedAt < RETRY_WITHIN_MS',
    why: 'a minute is shorter',
  },
  {
    ...attempts,
    from: 'hasFailed(last) && unlucky.includes(last)',
    to: 'unlucky.includes(last)',
    why: 'whoever leaves and asks again retries',
  },
  {
    ...attempts,
    from: 'endedAt > trace.time || ',
    to: '',
    why: 'a request is the retry of one that is under way',
  },
  {
    ...attempts,
    from: 'upstream !== trace.upstream',
    to: 'upstream !== undefined',
    why: 'a retry at the same upstream is a failover',
  },
  {
    ...attempts,
    from: 'failed.slice(-1)',
    to: 'failed.slice(0, 1)',
    why: 'the first failure is made good, and the last one dropped',
  },
  {
    ...attempts,
    from: '      byUpstream.get(last.upstream)!.pop()\n',
    to: '',
    why: 'one request makes all failures good',
  },
  {
    ...attempts,
    from: 'trace.time - endOf(last) <= RETRY_WITHIN_MS',
    to: 'true',
    why: 'what is asked an hour later is a failover',
  },
  {
    ...rules,
    from: 'if (failovers.has(only.id)) return []\n',
    to: '',
    why: 'whoever goes to another upstream has given up',
  },
  {
    file: 'src/stats/attempts.ts',
    from: 'JSON.stringify([session, method, bodySha256])',
    to: 'JSON.stringify([method, bodySha256])',
    tests: rules.tests,
    why: 'one session makes good what another has not got',
  },
  { ...rules, from: '` at ${upstream}`', to: "''", why: 'nobody knows which upstream is meant' },
  {
    ...attempts,
    from: 'fingerprint || id',
    to: 'fingerprint',
    why: 'all bodies that were not read are the same',
  },
]

export const polling: readonly Mutant[] = [
  {
    ...poll,
    from: 'if (question.waiting.size === 0) question.settle()\n    return promise',
    to: 'return promise',
    why: 'nobody is asked, and that takes a second',
  },
  {
    ...poll,
    from: 'if (!question?.waiting.has(member)) return',
    to: 'if (question === undefined) return',
    why: 'what comes twice counts twice',
  },
  {
    ...poll,
    from: 'if (waiting.delete(member) && waiting.size === 0) settle()',
    to: 'waiting.delete(member)',
    why: 'whoever has gone is waited for',
  },
  { ...poll, from: 'this.#questions.delete(id)\n', to: '', why: 'a question that is over takes answers' },
]
