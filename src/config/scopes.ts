// Whose an option is, and under which heading it stands.
import type { Option } from './table.ts'

/** The headings of the help, in its order. */
export const topics = ['serving', 'replies', 'timing', 'faults', 'limits', 'numbers'] as const
export type Topic = (typeof topics)[number]

export interface Place<Scope extends 'run' | 'upstream'> {
  /** Whose it is: the program's, or what one mocked provider answers. */
  readonly scope: Scope
  /** Its heading in the help. */
  readonly topic: Topic
}

/** An option of the program. */
export function run<T>(topic: Topic, option: Option<T>): Option<T> & Place<'run'> {
  return { scope: 'run', topic, ...option }
}

/** An option of what is answered. */
export function upstream<T>(topic: Topic, option: Option<T>): Option<T> & Place<'upstream'> {
  return { scope: 'upstream', topic, ...option }
}

/** An option of one call of the program, which is no setting. */
export function typed<T>(
  topic: Topic,
  option: Option<T>,
): Option<T> & Place<'run'> & { readonly typedOnly: true } {
  return { scope: 'run', topic, ...option, typedOnly: true }
}
