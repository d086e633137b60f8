import { describe, expect, test } from 'bun:test'
import { calibrateOptions } from '../../src/config/calibrate.ts'
import { compareOptions } from '../../src/config/compare.ts'
import { renderCalibrateHelp, renderCompareHelp, renderHelp } from '../../src/config/help.ts'
import { options } from '../../src/config/options.ts'
import { topics } from '../../src/config/scopes.ts'
import { flagOf } from '../../src/config/table.ts'

describe.each([
  ['--help', renderHelp('0.1.0 (1a2b3c4)'), Object.keys(options)],
  ['calibrate --help', renderCalibrateHelp('0.1.0 (1a2b3c4)'), Object.keys(calibrateOptions)],
  ['compare --help', renderCompareHelp('0.1.0 (1a2b3c4)'), Object.keys(compareOptions)],
])('%s', (_, text, names) => {
  test('fits into 100 columns', () =>
    expect(text.split('\n').filter((line) => line.length > 100)).toEqual([]))

  test('has a line for every option', () => {
    for (const name of names) expect(text).toMatch(new RegExp(`^  (-\\w,|   ) ${flagOf(name)} `, 'm'))
  })
})

test('the options stand under the headings of their topics, in the order of the table', () => {
  const order = Object.values(options).map(({ topic }) => topics.indexOf(topic))
  expect(order).toEqual(order.toSorted((a, b) => a - b))
  const [, ...sections] = renderHelp('').split(/^(?=[A-Z]\w+:$)/m)
  const headings = sections.map((section) => section.slice(0, section.indexOf(':')).toLowerCase())
  expect(headings.slice(0, topics.length)).toEqual([...topics])
  for (const [name, { topic }] of Object.entries(options))
    expect(sections[topics.indexOf(topic)]).toContain(` ${flagOf(name)} `)
})
