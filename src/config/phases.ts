// How an upstream changes over time: phases, each what its upstream is and something else besides, and ramps, which are many of them.
import type { GivenFlags } from './config.ts'
import { accept, plainText, readMapping } from './filekeys.ts'
import { keySynonyms, readTexts, refuseRunKeys, upstreamKeys } from './fileoptions.ts'
import { formatMs } from './format.ts'
import { options, type OptionName } from './options.ts'
import { DAY_MS, milliseconds, wholeNumber, yesOrNo } from './parsers.ts'
import type { Phase, Upstream } from './upstreams.ts'
import { describeTree, type Entry, Misplaced, type Tree } from './yaml.ts'

/** What an upstream may say of its course. */
export const phaseKeys = ['phases', 'loop', 'ramp'] as const

const MOST_PHASES = 1000
const MOST_STEPS = MOST_PHASES - 1

type Course = Pick<Upstream, 'phases' | 'loopMs'>

/** What an upstream comes to when these are given besides; what is refused is told where `entries` have it. */
export type SettleMore = (
  more: GivenFlags,
  entries: ReadonlyMap<string, Entry>,
) => Pick<Phase, 'given' | 'settings'>

/** The phases that `entries` tell of; without any, the settings as they are for all time. */
export function readPhases(
  entries: ReadonlyMap<string, Entry>,
  usual: Pick<Phase, 'given' | 'settings'>,
  settle: SettleMore,
): Course {
  const [list, loop, ramp] = phaseKeys.map((key) => entries.get(key))
  if (list !== undefined && ramp !== undefined)
    throw new Misplaced(ramp.at, 'ramp contradicts phases: put it into one of them')
  const loops = loop !== undefined && accept('loop', loop.value, yesOrNo, plainText('loop', loop.value))
  const phases =
    list !== undefined
      ? readList(list.value, loops, settle)
      : ramp !== undefined
        ? readRamp(ramp.value, 0, {}, settle)
        : [{ afterMs: 0, ...usual }]
  if (!loops) return { phases: phases as unknown as Course['phases'], loopMs: null }
  if (list === undefined)
    throw new Misplaced(loop.at, 'loop needs phases, the last of which says when they begin again')
  const [last] = phases.splice(-1)
  if (phases.length === 0)
    throw new Misplaced(
      list.at,
      'loop needs two phases at least: the last one says when the first begins again',
    )
  return { phases: phases as unknown as Course['phases'], loopMs: last!.afterMs }
}

function readList(tree: Tree, loops: boolean, settle: SettleMore): Phase[] {
  if (tree.kind !== 'list' || tree.items.length === 0)
    throw new Misplaced(
      tree.at,
      `phases takes a list, as in [{after: 30s, fault: refuse}], not ${describeTree(tree)}`,
    )
  const phases: Phase[] = []
  for (const [i, item] of tree.items.entries()) {
    refuseRunKeys(item, 'a phase')
    const entries = readMapping(item, 'a phase', ['after', 'ramp', ...upstreamKeys.keys()], {
      ...keySynonyms,
      at: ['after'],
      from: ['after'],
      since: ['after'],
    })
    const after = entries.get('after')
    if (after === undefined) throw new Misplaced(item.at, 'a phase needs after, as in after: 30s')
    const afterMs = accept('after', after.value, milliseconds(DAY_MS), plainText('after', after.value))
    const before = phases.at(-1)?.afterMs
    if (before !== undefined && afterMs <= before)
      throw new Misplaced(
        after.at,
        `after ${formatMs(afterMs)} is not behind the ${formatMs(before)} of what comes before it`,
      )
    if (loops && i === tree.items.length - 1 && entries.size > 1)
      throw new Misplaced(
        item.at,
        'says when the first phase begins again, because of loop: give it after alone',
      )
    const texts = readTexts(entries, upstreamKeys)
    if (before === undefined && afterMs > 0) phases.push({ afterMs: 0, ...settle({}, new Map()) })
    const ramp = entries.get('ramp')
    const room = MOST_PHASES - phases.length
    if (room === 0) throw tooMany(item.at)
    if (ramp === undefined) phases.push({ afterMs, ...settle(texts, entries) })
    else phases.push(...readRamp(ramp.value, afterMs, texts, settle, room))
  }
  return phases
}

function tooMany(at: number): Misplaced {
  return new Misplaced(at, `comes to more than ${MOST_PHASES} phases up to here`)
}

/** Equal steps in time and value, from the first to the last. Settling one takes 0.1 ms: more than there is `room` for are not made. */
function readRamp(
  tree: Tree,
  beginMs: number,
  texts: GivenFlags,
  settle: SettleMore,
  room = MOST_PHASES,
): Phase[] {
  refuseRunKeys(tree, 'a ramp')
  const entries = readMapping(tree, 'a ramp', ['over', 'steps', ...rampable.keys()], keySynonyms)
  const [over, steps] = ['over', 'steps'].map((key) => entries.get(key))
  if (over === undefined) throw new Misplaced(tree.at, 'a ramp needs over, as in over: 60s')
  const overMs = accept('over', over.value, milliseconds(DAY_MS), plainText('over', over.value))
  const count =
    steps === undefined
      ? 10
      : accept('steps', steps.value, wholeNumber(1, MOST_STEPS), plainText('steps', steps.value))
  const ends = [...entries].flatMap(([key, { value }]) => {
    const name = rampable.get(key)
    return name === undefined ? [] : [[name, readEnds(key, name, value)] as const]
  })
  if (overMs < count)
    throw new Misplaced(
      over.at,
      `over ${formatMs(overMs)} is too short for ${count} steps: 1 ms each at least`,
    )
  if (ends.length === 0)
    throw new Misplaced(tree.at, `a ramp needs an option and two values, as in ttft-ms: [200, 2000]`)
  if (count >= room) throw tooMany(tree.at)
  return Array.from({ length: count + 1 }, (_, i) => {
    const values = ends.map(([name, [from, to]]) => {
      const value = from + ((to - from) * i) / count
      return [name, String(valueOf(name, '1.5') === undefined ? Math.round(value) : round(value))]
    })
    return {
      afterMs: round(beginMs + (overMs * i) / count),
      ...settle({ ...texts, ...Object.fromEntries(values) }, entries),
    }
  })
}

/** Options whose values are plain numbers. */
const rampable = new Map([...upstreamKeys].filter(([, name]) => valueOf(name, '1') === 1))

function valueOf(name: OptionName, text: string): unknown {
  try {
    return options[name].parse(text)
  } catch {
    return undefined // not taken
  }
}

function readEnds(key: string, name: OptionName, tree: Tree): readonly [from: number, to: number] {
  if (tree.kind !== 'list' || tree.items.length !== 2)
    throw new Misplaced(
      tree.at,
      `${key} of a ramp takes two values, as in [200, 2000], not ${describeTree(tree)}`,
    )
  const [from, to] = tree.items.map((item) =>
    accept(key, item, options[name].parse as (text: string) => unknown, plainText(key, item)),
  )
  return [from as number, to as number]
}

/** To the microsecond. */
function round(value: number): number {
  return Math.round(value * 1000) / 1000
}
