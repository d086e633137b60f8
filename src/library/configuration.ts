// What a configuration file says, as the library takes it: a plain object, whose types follow from the one table of options.
import type { UpstreamSettings } from '../config/config.ts'
import { type OptionName, options } from '../config/options.ts'
import { longName } from '../config/table.ts'
import { MockError } from './error.ts'

/** A switch is on or off; a name is one of few; a time may have its unit; a list may be one. */
type Given<Value> = [Value] extends [boolean]
  ? boolean
  : [Value] extends [string]
    ? Value
    : [Value] extends [number]
      ? number | string
      : Value extends readonly string[]
        ? string | readonly string[]
        : string

/** What an option takes. */
export type OptionValue<Name extends OptionName> = Given<
  Exclude<ReturnType<(typeof options)[Name]['parse']>, null>
>

/** Options of an upstream by their names in camel case. */
type MockSettings = { readonly [Name in keyof UpstreamSettings]?: OptionValue<Name> | undefined }

/** Equal steps between two values: `{ over: '60s', ttftMs: [200, 2000] }`. */
type MockRamp = {
  readonly over: number | string
  readonly steps?: number
} & {
  readonly [
    Name in keyof UpstreamSettings as UpstreamSettings[Name] extends number ? Name : never
  ]?: readonly [number, number]
}

/** What is in force from some time on. */
type MockPhase = MockSettings & { readonly after: number | string; readonly ramp?: MockRamp }

interface MockCourse {
  readonly phases?: readonly MockPhase[]
  /** The last phase says when the first begins again. */
  readonly loop?: boolean
  readonly ramp?: MockRamp
}

type MockUpstream = MockSettings &
  MockCourse & {
    readonly name: string
    /** An address of its own. */
    readonly listen?: string
    /** What its paths begin with. */
    readonly prefix?: string
  }

/** What a configuration file may say of upstreams, with keys in camel case. What goes for the program stands beside it, in `MockOptions`. */
export type MockConfig = MockSettings &
  MockCourse & { readonly upstreams?: readonly MockUpstream[]; readonly anyPrefix?: boolean }

/** Settings of an upstream; `null` is what they were at the start. */
export type MockChanges = { readonly [Name in keyof MockSettings]?: MockSettings[Name] | null }

/** @throws MockError for an option of the program, and for what is no configuration */
export function configText(config: MockConfig): string {
  if (typeof config !== 'object' || config === null || Array.isArray(config))
    throw new MockError('config takes the path of a file, or an object, as in { chunkDelayMs: 20 }')
  const known: Readonly<Record<string, { readonly scope: string } | undefined>> = options
  for (const name of Object.keys(config))
    if (known[name]?.scope === 'run')
      throw new MockError(
        `${name} goes for the whole program: put it beside config, as in { ${name}: …, config }`,
      )
  return JSON.stringify(withLongNames(config))
}

/** The body of a change. @throws MockError where it is none */
export function changesText(changes: MockChanges): string {
  if (typeof changes !== 'object' || changes === null)
    throw new MockError('set takes an object of options, as in { chunkDelayMs: 20 }')
  return JSON.stringify(withLongNames(changes))
}

/** With every key as files have it; values stay. */
function withLongNames(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withLongNames)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [longName(key), withLongNames(inner)]),
  )
}
