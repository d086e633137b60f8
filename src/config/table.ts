// What a table of options says, and what its options are called on the command line and in the environment.

/** Takes a text or throws `Unacceptable`. `choices` are the names it takes, where there are few. */
export type Parser<T> = ((text: string) => T) & { readonly choices?: readonly string[] }

/** A row of any table of options. */
export interface Option<T> {
  /** One-letter alias, without the dash. */
  readonly short?: string
  /** What stands for the value in the help; an option without it is a switch. */
  readonly value?: string
  /** The default, as it would be typed; or the option, earlier in the table, whose value it takes. */
  readonly default: string | { readonly like: string }
  readonly help: string
  /** It may be given several times; its values are a line each. */
  readonly many?: true
  /** It is for the command line alone: no variable gives it, and no configuration has it. */
  readonly typedOnly?: true
  /** It is another way to type a part of this option. */
  readonly shortFor?: string
  /** Never shown, not even when it is refused. */
  readonly secret?: true
  readonly parse: Parser<T>
}

/** Any table of options, by name. */
export type OptionTable = Readonly<Record<string, Option<unknown>>>

/** What the options of a table are settled to. */
export type Settled<Table extends OptionTable> = {
  readonly [Name in keyof Table]: ReturnType<Table[Name]['parse']>
}

/** `chunkDelayMs` → `--chunk-delay-ms`. */
export function flagOf(name: string): string {
  return `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`
}

/** `chunkDelayMs` → `chunk-delay-ms`: in files and messages. */
export function longName(name: string): string {
  return flagOf(name).slice(2)
}

/** What every environment variable of ours begins with. */
export const variablePrefix = 'MOCK_LLM_'

/** `chunkDelayMs` → `MOCK_LLM_CHUNK_DELAY_MS`. */
export function variableOf(name: string): string {
  return `${variablePrefix}${flagOf(name).slice(2).replaceAll('-', '_').toUpperCase()}`
}

/** The default for a table or a help text: as typed, or the flag whose value it takes. */
export function defaultText({ default: fallback, value }: Option<unknown>): string {
  if (value === undefined) return ''
  return typeof fallback === 'string' ? fallback : `= ${flagOf(fallback.like)}`
}
