import { describe, expect, test } from 'bun:test'
import { parseDelayJitter, parseJitter } from '../../src/config/jitter.ts'
import { Unacceptable } from '../../src/config/parsers.ts'

describe('parseDelayJitter', () => {
  test.each([
    ['none', { model: 'none' }],
    ['normal:0.3', { model: 'normal', cv: 0.3 }],
    ['lognormal:.5', { model: 'lognormal', cv: 0.5 }],
    ['uniform:0.577', { model: 'uniform', cv: 0.577 }],
    ['quantiles:50/80/120/300.5', { model: 'quantiles', ms: [50, 80, 120, 300.5] }],
    ['quantiles:0/0/0/0', { model: 'quantiles', ms: [0, 0, 0, 0] }],
  ])('%j', (text, jitter) => expect(parseDelayJitter(text)).toEqual(jitter as never))

  test.each([
    ['', 'none, normal:CV'],
    ['gauss:0.1', 'none, normal:CV'],
    ['normal', 'none, normal:CV'],
    ['normal:', 'none, normal:CV'],
    ['normal:0', 'normal:CV (above 0, at most 0.3)'],
    ['normal:0.31', 'normal:CV (above 0, at most 0.3)'],
    ['lognormal:1.1', 'lognormal:CV (above 0, at most 1)'],
    ['uniform:-0.1', 'uniform:CV (above 0, at most 0.577)'],
    ['constructor:1', 'none, normal:CV'],
    ['quantiles', 'none smaller than the one before'],
    ['quantiles:1/2/3', 'none smaller than the one before'],
    ['quantiles:1/2/3/4/5', 'none smaller than the one before'],
    ['quantiles:1/3/2/4', 'none smaller than the one before'],
    ['quantiles:1/2/3/x', 'none smaller than the one before'],
    ['quantiles:1/2/3/99999999', 'plain numbers up to 86400000'],
    ['quantiles:1e1/2e1/3e1/4e1', 'plain numbers'],
  ])('refuses %j: %s', (text, accepted) => {
    expect(() => parseDelayJitter(text)).toThrow(Unacceptable)
    expect(() => parseDelayJitter(text)).toThrow(accepted)
  })
})

test('a count has no quantiles', () => {
  expect(parseJitter('uniform:0.5')).toEqual({ model: 'uniform', cv: 0.5 })
  expect(() => parseJitter('quantiles:1/2/3/4')).toThrow('none, normal:CV')
})
