// Arrays of as few items as a schema asks for.
import { firstIn, itemOf } from './check.ts'
import { keyOf } from './equal.ts'
import { countIn, keywordOf, partIn, partOf, type Place } from './place.ts'
import { type Accept, MOST_ROOM, NONE, type Search, strictest, TOO_LARGE } from './search.ts'

/** What `contains` still asks for. */
interface Wanted {
  readonly place: Place
  left: number
}

/** How many items more than needed are tried, where with fewer the array is not accepted. */
const MOST_MORE = 3

/** An array that keeps to all schemas. */
export function arrayFor(search: Search, places: readonly Place[], accept: Accept, from: number): unknown {
  const min = strictest(places, (place) => countIn(place, 'minItems'), true)
  const max = strictest(places, (place) => countIn(place, 'maxItems'), false)
  if (min.value > max.value) return search.fail(min.place!, 'minItems', 'more than maxItems allows')
  if (min.value > MOST_ROOM) return search.fail(min.place!, 'minItems', TOO_LARGE)
  for (const place of places) itemOf(place, 0) // that it is a schema, even where none is needed
  for (let more = 0; more <= MOST_MORE; more++) {
    const length = min.value + more
    if (length > max.value) break
    const items = filled(search, places, length, max.value, from)
    if (items === NONE || accept(items)) return items
    search.isLimited = true
    if (search.effort === 0) break
  }
  return NONE
}

/** At least `length` items, more where `contains` asks for them. */
function filled(
  search: Search,
  places: readonly Place[],
  length: number,
  most: number,
  from: number,
): unknown {
  const unique = places.find((place) => keywordOf(place, 'uniqueItems') === true)
  const wanted = wantedIn(places)
  for (const { place, left } of wanted) if (left > MOST_ROOM) return search.fail(place, '', TOO_LARGE)
  /** From here on all items have the same schemas. */
  const listed = Math.max(...places.map((place) => firstIn(place).length))
  const seen = new Set<string>()
  const items: unknown[] = []
  const isNew: Accept = (item) => unique === undefined || !seen.has(keyOf(item))
  for (let k = 0; k < length || leftOf(wanted) > 0; k++) {
    if (k >= most) return search.fail(wanted[0]!.place, '', 'no place for such an item')
    const parts: Place[] = []
    for (const place of places) {
      const part = itemOf(place, k)
      if (part !== undefined) parts.push(part)
    }
    if (parts.length === 0) parts.push(partOf(places[0]!, 'items', undefined, true))
    const before = leftOf(wanted)
    search.spend(2 * wanted.length, places[0]!)
    const item = itemFor(search, parts, wanted, isNew, unique === undefined ? from : from + k)
    if (item === NONE)
      return unique === undefined ? NONE : search.fail(unique, 'uniqueItems', 'no more different items')
    if (k >= length && k >= listed && leftOf(wanted) === before)
      return search.fail(wanted[0]!.place, '', 'no item is like this and as the others have to be')
    if (unique !== undefined) {
      search.spend(1, unique)
      seen.add(keyOf(item))
    }
    search.take(1, places[0]!)
    items.push(item)
  }
  return items
}

const leftOf = (wanted: readonly Wanted[]): number => wanted.reduce((sum, { left }) => sum + left, 0)

function wantedIn(places: readonly Place[]): Wanted[] {
  const wanted: Wanted[] = []
  for (const from of places) {
    const place = partIn(from, 'contains')
    if (place !== undefined) wanted.push({ place, left: countIn(from, 'minContains') ?? 1 })
  }
  return wanted
}

/** An item, if possible one of those that are wanted: all at once, or else the first that goes. */
function itemFor(
  search: Search,
  parts: readonly Place[],
  wanted: readonly Wanted[],
  isNew: Accept,
  from: number,
): unknown {
  const open = wanted.filter(({ left }) => left > 0)
  const groups = open.length > 1 ? [open, ...open.map((one) => [one])] : open.length === 1 ? [open] : []
  for (const group of groups) {
    const item = search.find(search, [...parts, ...group.map(({ place }) => place)], isNew, from)
    if (item === NONE) continue
    for (const one of group) one.left--
    return item
  }
  return search.find(search, parts, isNew, from)
}
