// What a process of this executable is: what the user started, or a child that it started itself. A child is told by the first message
// what to do: an environment has room for 128 KiB a variable, and whoever may look at a process may read it.
import { variablePrefix } from './table.ts'

/** The environment variable that makes a process of this executable a child; its value is a Role. */
export const ROLE_VARIABLE = `${variablePrefix}ROLE`

/**
 * The environment variable in which the library and npm's command say who they are: the program ends with them. Without it, whoever is
 * killed before the program has looked would never be missed.
 */
export const STARTED_BY_VARIABLE = `${variablePrefix}STARTED_BY`

/** The pid that stands there; undefined where none does. */
export function startedBy(environment: Readonly<Record<string, string | undefined>>): number | undefined {
  const text = environment[STARTED_BY_VARIABLE] ?? ''
  return /^[1-9]\d*$/.test(text) ? Number(text) : undefined
}

/** A worker serves, a client measures. */
export type Role = 'worker' | 'client'

/**
 * The environment of a child: without what is meant for the process that the user started. That is our own variables, which it has
 * read, and those of the inspector, whose port it holds.
 */
export function childEnvironment(
  environment: Readonly<Record<string, string | undefined>>,
  role?: Role,
): Record<string, string> {
  const inherited = Object.entries(environment).flatMap(([name, text]): [string, string][] => {
    if (text === undefined || name.startsWith(variablePrefix) || name.startsWith('BUN_INSPECT')) return []
    return [[name, name === 'BUN_OPTIONS' ? withoutInspector(text) : text]]
  })
  return Object.fromEntries(role === undefined ? inherited : [...inherited, [ROLE_VARIABLE, role]])
}

function withoutInspector(options: string): string {
  return options
    .split(/\s+/)
    .filter((option) => !/^--inspect\b/.test(option))
    .join(' ')
}
