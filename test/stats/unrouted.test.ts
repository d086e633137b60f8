// What was asked for in vain: the latest, whoever is asked, and nothing that could harm a terminal or a memory.
import { expect, test } from 'bun:test'
import { describeUnrouted, mergeUnrouted, showUnrouted, UnroutedLog } from '../../src/stats/unrouted.ts'

test('the last ten are kept, each once, the latest first', () => {
  const log = new UnroutedLog()
  for (let i = 0; i < 15; i++) log.note('GET', `/${i}`, i)
  log.note('GET', '/7', 20)
  expect(showUnrouted(log.snapshot())).toEqual([7, 14, 13, 12, 11, 10, 9, 8, 6, 5].map((i) => `GET /${i}`))
  log.reset()
  expect(log.snapshot()).toEqual([])
})

test('those of several workers, by the time', () => {
  const [one, other] = [new UnroutedLog(), new UnroutedLog()]
  for (let i = 0; i < 10; i++) (i % 3 === 0 ? one : other).note('GET', `/${i}`, i)
  one.note('POST', '/', 9.5)
  other.note('GET', '/0', 11)
  const merged = mergeUnrouted(one.snapshot(), other.snapshot())
  expect(mergeUnrouted(other.snapshot(), one.snapshot())).toEqual(merged)
  expect(showUnrouted(merged)).toEqual([
    'GET /0',
    'POST /',
    ...[9, 8, 7, 6, 5, 4, 3, 2].map((i) => `GET /${i}`),
  ])
})

test('what a terminal would heed is replaced, what is long is cut', () => {
  const log = new UnroutedLog()
  log.note('GET', '/\u001b[2J\r\n\u202e\u0085/ü', 1)
  log.note('GET', `/${'x'.repeat(10_000)}`, 2)
  const [long, dirty] = showUnrouted(log.snapshot())
  expect(dirty).toBe('GET /\ufffd[2J\ufffd\ufffd\ufffd\ufffd/ü')
  expect(long).toBe(`GET /${'x'.repeat(95)}…`)
})

test('the summary names three', () => {
  expect(describeUnrouted([])).toBe('')
  expect(describeUnrouted(['GET /1', 'GET /2'])).toBe('GET /1, GET /2')
  expect(describeUnrouted(['a', 'b', 'c', 'd', 'e'])).toBe('a, b, c, and 2 more, which --report FILE tells')
})
