// The state of one search for an instance: what it may still cost, what it failed on, and which references it is inside of.
import type { JsonObject } from '../api.ts'
import { parsePattern, type Part } from './pattern.ts'
import { type Place, pathOf, placeOf, type Schema, textIn, Unsatisfiable } from './place.ts'
import { resolve } from './refs.ts'

/** No value: the search has to go another way. */
export const NONE = Symbol('none')

/** Whether a value will do for whoever asked for it. */
export type Accept = (value: unknown) => boolean

/**
 * A value that all the schemas allow and that is accepted, or NONE. From 0 on, `from` asks for another one of those there are, so
 * that items which have to differ do at once.
 */
export type Find = (search: Search, places: readonly Place[], accept: Accept, from: number) => unknown

/** Schemas visited, values compared and so on: about a microsecond each. */
const MOST_WORK = 100_000
/** Characters of JSON. */
export const MOST_ROOM = 1_000_000
/** How many candidates are offered before it is said that none is accepted. */
const MOST_TRIES = 64

/** What was in the way first. An error is made of it only when all else has failed. */
export interface Failure {
  readonly place: Place
  readonly keyword: string
  readonly why: string
}

export const errorOf = ({ place, keyword, why }: Failure): Unsatisfiable =>
  new Unsatisfiable(pathOf(place, keyword === '' ? undefined : keyword), why)

export class Search {
  readonly find: Find
  /** How much is tried: 0 is one value for each choice of branches and no schema within itself; more is more. */
  effort = 0
  /** Whether more effort may find what was not found. */
  isLimited = false
  failure: Failure | undefined
  #work = MOST_WORK
  #room = MOST_ROOM
  readonly #root: Place
  readonly #targets = new Map<string, { readonly schema: Schema; readonly path: string }>()
  readonly #inside = new Map<Schema, number>()
  readonly #patterns = new Map<string, Part | undefined>()
  readonly #names = new Map<JsonObject, readonly string[]>()

  constructor(root: Place, find: Find) {
    this.#root = root
    this.find = find
  }

  begin(effort: number): void {
    this.effort = effort
    this.isLimited = false
    this.failure = undefined
    this.#room = MOST_ROOM
    this.#inside.clear()
    this.#inside.set(this.#root.schema, 1)
  }

  /** @throws Unsatisfiable when the search costs too much */
  spend(work: number, place: Place): void {
    this.#work -= work
    if (this.#work < 0) throw new Unsatisfiable(pathOf(place), 'takes too long to find an instance of')
  }

  /** @throws Unsatisfiable when the instance gets too large */
  take(characters: number, place: Place): void {
    this.#room -= characters
    if (this.#room < 0) throw new Unsatisfiable(pathOf(place), TOO_LARGE)
  }

  /** Notes why there is no value. The first reason is kept: what follows is mostly other ways around it. */
  fail(place: Place, keyword: string, why: string): typeof NONE {
    this.failure ??= { place, keyword, why }
    return NONE
  }

  /**
   * The schema a reference leads to, for the same value; undefined when it leads back to a schema this value is being held
   * against. @throws Unsatisfiable when it leads nowhere
   */
  follow(place: Place): Place | undefined {
    const ref = textIn(place, '$ref')!
    let target = this.#targets.get(ref)
    if (target === undefined) this.#targets.set(ref, (target = resolve(this.#root.schema, ref, place)))
    for (let at: Place | undefined = place; at !== undefined; at = at.isSameValue ? at.from : undefined)
      if (at.schema === target.schema && typeof at.schema === 'object') return undefined
    return placeOf(target.schema, place, target.path, undefined, true)
  }

  /** False when the search is inside of this schema already, more often than the effort allows. */
  enter(schema: Schema): boolean {
    const times = this.#inside.get(schema) ?? 0
    if (times > this.effort) {
      this.isLimited = true
      return false
    }
    this.#inside.set(schema, times + 1)
    return true
  }

  leave(schema: Schema): void {
    this.#inside.set(schema, this.#inside.get(schema)! - 1)
  }

  /** Undefined for a pattern that is not understood. */
  pattern(text: string): Part | undefined {
    if (!this.#patterns.has(text)) this.#patterns.set(text, parsePattern(text))
    return this.#patterns.get(text)
  }

  /** The names in an object: a million take 100 ms, so they are listed once. */
  namesOf(map: JsonObject, place: Place): readonly string[] {
    let names = this.#names.get(map)
    if (names === undefined) {
      names = Object.keys(map)
      if (names.length > 16) this.#names.set(map, names)
      this.spend(names.length >> 4, place)
    }
    this.spend(names.length >> 6, place)
    return names
  }

  /** The first accepted one of `count` candidates, beginning with number `from`. */
  first(count: number, from: number, make: (k: number) => unknown, accept: Accept): unknown {
    const tries = Math.min(count, MOST_TRIES)
    for (let t = 0; t < tries; t++) {
      const value = make((from + t) % count)
      if (value !== NONE && accept(value)) return value
    }
    return NONE
  }
}

export const TOO_LARGE = `takes an instance of more than ${MOST_ROOM} characters`

/** The bounds that several schemas set together: the largest of the least. */
export function strictest(
  places: readonly Place[],
  read: (place: Place) => number | undefined,
  isLeast: boolean,
): { readonly value: number; readonly place: Place | undefined } {
  let value = isLeast ? 0 : Infinity
  let at: Place | undefined
  for (const place of places) {
    const bound = read(place)
    if (bound === undefined || (isLeast ? bound <= value : bound >= value)) continue
    value = bound
    at = place
  }
  return { value, place: at }
}
