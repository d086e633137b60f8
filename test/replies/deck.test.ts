import { describe, expect, test } from 'bun:test'
import { parseFaultPlan } from '../../src/config/patterns.ts'
import { createPlanDealer } from '../../src/replies/deck.ts'

function deal(text: string, count: number, seed = 1, start = 0): number[] {
  const dealer = createPlanDealer(parseFaultPlan(text), seed, start)
  return Array.from({ length: count }, () => dealer.next())
}

const countOf = (dealt: readonly number[], entry: number): number =>
  dealt.filter((one) => one === entry).length

describe('rates', () => {
  test.each([
    ['status:500@50%', 2, [1]],
    ['status:500@2%,abort:5@1%', 100, [2, 1]],
    ['status:500@0.25%,abort:5@10%', 400, [1, 40]],
    ['status:500@33.33%', 10_000, [3333]],
    ['refuse', 1, [1]],
  ] as [string, number, number[]][])('%s is met exactly in every %d requests', (text, size, counts) => {
    const dealt = deal(text, 3 * size)
    for (let from = 0; from < dealt.length; from += size)
      for (const [i, count] of counts.entries())
        expect(countOf(dealt.slice(from, from + size), i + 1)).toBe(count)
  })

  test('every rate that can be typed is met exactly', () => {
    const wrong = Array.from({ length: 10_000 }, (_, i) => i + 1).filter((hundredths) => {
      if (hundredths % 7 !== 0 && hundredths > 200) return false
      const cards = deal(`refuse@${(hundredths / 100).toFixed(2)}%`, 10_000)
      return countOf(cards, 1) !== hundredths
    })
    expect(wrong).toEqual([])
  })

  test('the same seed gives the same sequence, another one another', () => {
    const text = 'status:500@20%,abort:5@13%'
    expect(deal(text, 300)).toEqual(deal(text, 300))
    expect(deal(text, 300, 2)).not.toEqual(deal(text, 300))
  })

  test('faults do not come in a row', () => {
    const dealt = deal('status:500@10%', 10_000)
    const distances = dealt
      .flatMap((one, i) => (one === 1 ? [i] : []))
      .map((at, i, all) => at - (all[i - 1] ?? at))
    expect(new Set(distances).size).toBeGreaterThan(1)
  })

  test('another worker begins elsewhere, with the same deck', () => {
    const text = 'status:500@20%,abort:5@13%'
    const first = deal(text, 200)
    const second = deal(text, 200, 1, 0.5)
    expect(second).not.toEqual(first)
    expect(second.slice(0, 50)).toEqual(first.slice(50, 100))
  })

  test('restart begins anew', () => {
    const dealer = createPlanDealer(parseFaultPlan('status:500@20%'), 7, 0)
    const before = Array.from({ length: 7 }, dealer.next)
    dealer.restart()
    expect(Array.from({ length: 7 }, dealer.next)).toEqual(before)
  })
})

describe('scripts', () => {
  test.each([
    ['status:429x2,ok', [1, 1, 2, 2, 2]],
    ['status:429x2', [1, 1, 0, 0, 0]],
    ['ok,refusex2,status:500', [1, 2, 2, 3, 3]],
  ] as [string, number[]][])('%s', (text, dealt) => expect(deal(text, dealt.length)).toEqual(dealt))

  test('restart begins anew, wherever it was', () => {
    const dealer = createPlanDealer(parseFaultPlan('status:429x2,refuse,ok'), 1, 0.5)
    for (let i = 0; i < 10; i++) dealer.next()
    dealer.restart()
    expect([dealer.next(), dealer.next(), dealer.next(), dealer.next()]).toEqual([1, 1, 2, 3])
  })
})
