// Ids of calls: results of tools are matched by them.
import { expect, test } from 'bun:test'
import { makeCallId, makeShortCallId } from '../../src/apis/content.ts'
import { fillMarks } from '../../src/apis/marks.ts'
import { readSettings } from '../../src/config/config.ts'

test.each([{}, { uniqueIds: 'true' }, { reply: 'auto' }])('with %j no two calls share an id', (flags) => {
  const config = readSettings(flags, {})
  const numbers = Array.from({ length: 13 }, (_, i) => i)
  const ids = numbers.flatMap((choice) => numbers.map((call) => makeCallId(config, 'call_', call, choice)))
  expect(new Set(ids).size).toBe(ids.length)
  for (const id of ids) expect(id).toMatch(/^call_(\d+_){0,2}(mock|\uFDD0)$/)
})

test.each([{}, { uniqueIds: 'true' }, { reply: 'auto' }])('with %j no two short ones do', (flags) => {
  const config = readSettings(flags, {})
  const ids = Array.from({ length: 128 * 16 }, (_, i) => makeShortCallId(config, i % 16, Math.floor(i / 16)))
  expect(new Set(ids).size).toBe(ids.length)
  for (const id of ids) expect(fillMarks(id).text).toMatch(/^[a-zA-Z0-9]{9}$/)
})
