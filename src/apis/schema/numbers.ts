// Numbers within bounds, the ones nearest to 0 first.
import { multiplesBetween, isMultiple } from './decimals.ts'
import { keywordOf, numberIn, type Place, pathOf, Unsatisfiable } from './place.ts'
import { type Accept, NONE, type Search } from './search.ts'
import { INTEGER, typeOf } from './types.ts'

interface Bounds {
  least: number
  most: number
  isLeastOpen: boolean
  isMostOpen: boolean
}

/** The keywords of `place` narrow `bounds`. Earlier drafts have `exclusiveMinimum: true` beside `minimum`. */
function narrow(bounds: Bounds, place: Place): void {
  const least = numberIn(place, 'minimum')
  const most = numberIn(place, 'maximum')
  if (least !== undefined) raise(bounds, least, keywordOf(place, 'exclusiveMinimum') === true)
  if (most !== undefined) lower(bounds, most, keywordOf(place, 'exclusiveMaximum') === true)
  if (typeof keywordOf(place, 'exclusiveMinimum') !== 'boolean') {
    const above = numberIn(place, 'exclusiveMinimum')
    if (above !== undefined) raise(bounds, above, true)
  }
  if (typeof keywordOf(place, 'exclusiveMaximum') !== 'boolean') {
    const below = numberIn(place, 'exclusiveMaximum')
    if (below !== undefined) lower(bounds, below, true)
  }
  const format = keywordOf(place, 'format')
  if (format === 'int32') {
    raise(bounds, -(2 ** 31), false)
    lower(bounds, 2 ** 31 - 1, false)
  }
}

function raise(bounds: Bounds, least: number, isOpen: boolean): void {
  if (least < bounds.least || (least === bounds.least && !isOpen)) return
  bounds.least = least
  bounds.isLeastOpen = isOpen
}

function lower(bounds: Bounds, most: number, isOpen: boolean): void {
  if (most > bounds.most || (most === bounds.most && !isOpen)) return
  bounds.most = most
  bounds.isMostOpen = isOpen
}

function isWithin({ least, most, isLeastOpen, isMostOpen }: Bounds, value: number): boolean {
  return (isLeastOpen ? value > least : value >= least) && (isMostOpen ? value < most : value <= most)
}

/** @throws Unsatisfiable when it is no number above 0 */
function stepIn(place: Place): number | undefined {
  const step = numberIn(place, 'multipleOf')
  if (step === undefined || step > 0) return step
  throw new Unsatisfiable(pathOf(place, 'multipleOf'), 'expected a number above 0')
}

const unbounded = (): Bounds => ({ least: -Infinity, most: Infinity, isLeastOpen: false, isMostOpen: false })

/** Whether a number keeps to the keywords about numbers, and to formats of integers. */
export function fitsNumber(place: Place, value: number): boolean {
  const bounds = unbounded()
  narrow(bounds, place)
  const step = stepIn(place)
  const format = keywordOf(place, 'format')
  if ((format === 'int32' || format === 'int64') && typeOf(value) !== INTEGER) return false
  return isWithin(bounds, value) && (step === undefined || isMultiple(value, step))
}

/** A number that keeps to all schemas; `allowed` tells whether it has to be an integer. */
export function numberFor(
  search: Search,
  places: readonly Place[],
  allowed: number,
  accept: Accept,
  from: number,
): unknown {
  const bounds = unbounded()
  const steps: number[] = []
  let isWhole = allowed === INTEGER
  for (const place of places) {
    narrow(bounds, place)
    const step = stepIn(place)
    if (step !== undefined) steps.push(step)
    const format = keywordOf(place, 'format')
    if (format === 'int32' || format === 'int64') isWhole = true
  }
  if (steps.length > 0 && isWhole) steps.push(1)
  const offers =
    steps.length > 0 ? multiplesBetween(steps, bounds.least, bounds.most) : between(bounds, isWhole)
  const fits: Accept = (value) =>
    isWithin(bounds, value as number) &&
    steps.every((step) => isMultiple(value as number, step)) &&
    (allowed & typeOf(value)) !== 0 &&
    accept(value)
  const found = search.first(offers.count, from, offers.at, fits)
  if (found !== NONE) return found
  for (const place of places)
    for (const keyword of BOUNDS)
      if (keywordOf(place, keyword) !== undefined)
        return search.fail(place, keyword, 'no number was found that the schema lets through')
  return NONE
}

const BOUNDS = ['minimum', 'exclusiveMinimum', 'maximum', 'exclusiveMaximum', 'multipleOf']

/** Integers from 0 outwards, the bounds included; behind them, where they may be, fractions. */
function between(
  { least, most }: Bounds,
  isWhole: boolean,
): { readonly count: number; readonly at: (k: number) => number } {
  const unit = unitOf(least > 0 ? least : most < 0 ? most : 0)
  const first = Math.ceil(least)
  const last = Math.floor(most)
  const start = first > 0 ? first : last < 0 ? last : 0
  const integers = first > last ? 0 : Math.floor((last - first) / unit) + 1
  const upwards = Math.floor((last - start) / unit)
  return {
    count: isWhole ? integers : Infinity,
    at: (k) => {
      if (k < integers) return (k <= upwards ? start + k * unit : start - (k - upwards) * unit) + 0
      const j = k - integers
      if (j < 2) return j === 0 ? least : most
      const part = spread(j - 1)
      return least * (1 - part) + most * part
    },
  }
}

/** The distance of a number to the next integer that can be told from it. */
function unitOf(value: number): number {
  return Math.abs(value) > 2 ** 52 ? 2 ** (Math.floor(Math.log2(Math.abs(value))) - 51) : 1
}

/** 1/2, 1/4, 3/4, 1/8, …: the binary digits of k mirrored at the point. */
function spread(k: number): number {
  let part = 0
  for (let [rest, place] = [k, 0.5]; rest > 0; rest = Math.floor(rest / 2), place /= 2)
    part += (rest % 2) * place
  return part
}
