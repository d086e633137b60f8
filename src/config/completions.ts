// Scripts that complete commands, options and values in a shell, made from the tables of options. Pure.
import { UsageError } from './errors.ts'
import { nearNames, orList } from './nearest.ts'
import { flagOf, type Option, type OptionTable } from './table.ts'

/** What can be completed behind a command. */
export interface Completed {
  readonly table: OptionTable
  /** What its one word may be, if it takes any. */
  readonly words?: readonly string[]
}

/** Commands by name; what `serve` takes is completed without a command too. */
type Commands = Readonly<Record<string, Completed>>

const shells = { bash: renderBash, zsh: renderZsh, fish: renderFish } as const

/** The shells there are scripts for. */
export const shellNames = Object.keys(shells)

/** The script for a shell. @throws UsageError where there is none */
export function renderCompletions(shell: string | undefined, commands: Commands): string {
  if (shell !== undefined && Object.hasOwn(shells, shell))
    return shells[shell as keyof typeof shells](commands)
  const near = shell === undefined ? [] : nearNames(shell, shellNames)
  const given = shell === undefined ? 'completions needs a shell' : `completions does not know '${shell}'`
  throw new UsageError(
    `${given}: ${near.length > 0 ? `did you mean ${orList(near)}?` : `it takes ${orList(shellNames)}`}`,
  )
}

/** What a value of an option is, for whoever completes it. */
function valuesOf({ value, parse }: Option<unknown>): readonly string[] | 'file' | 'any' {
  if (value === 'FILE' || value === 'PATH') return 'file'
  return parse.choices?.length ? parse.choices : 'any'
}

function flagsOf(name: string, { short }: Option<unknown>): string[] {
  return [...(short === undefined ? [] : [`-${short}`]), flagOf(name)]
}

/** A word of a shell's script, between single quotes. */
function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`
}

function renderBash(commands: Commands): string {
  const all = Object.entries(commands)
  const values = all.flatMap(([command, { table }]) =>
    Object.entries(table).flatMap(([name, option]) => {
      if (option.value === undefined) return []
      const words = valuesOf(option)
      const patterns = flagsOf(name, option).map((flag) => `'${command} ${flag}'`)
      // Where nothing is offered the shell offers files, unless it is told not to.
      const offer =
        words === 'file'
          ? ''
          : words === 'any'
            ? 'compopt +o default 2>/dev/null; '
            : `COMPREPLY=($(compgen -W ${quote(words.join(' '))} -- "$current")); `
      return [`    ${patterns.join(' | ')}) ${offer}return ;;`]
    }),
  )
  const words = all.map(([command, { table, words: own = [] }]) => {
    const flags = Object.entries(table).flatMap(([name, option]) => flagsOf(name, option))
    return `    ${command}) words=${quote([...own, ...flags, '--help'].join(' '))} ;;`
  })
  return `# Completions of mock-llm-api for bash: eval "$(mock-llm-api completions bash)"
_mock_llm_api() {
  local current=\${COMP_WORDS[COMP_CWORD]} previous=\${COMP_WORDS[COMP_CWORD - 1]} command=serve words
  if [[ $current == = ]]; then current=; elif [[ $previous == = ]]; then previous=\${COMP_WORDS[COMP_CWORD - 2]}; fi
  if [[ $COMP_CWORD -gt 1 ]]; then
    case \${COMP_WORDS[1]} in ${all.map(([command]) => command).join(' | ')}) command=\${COMP_WORDS[1]} ;; esac
  fi
  case " \${COMP_WORDS[*]:1:COMP_CWORD-1} " in *' -- '*) command=serve ;; esac
  case "$command $previous" in
${values.join('\n')}
  esac
  case $command in
${words.join('\n')}
  esac
  if [[ $COMP_CWORD -eq 1 ]]; then words="${all.map(([command]) => command).join(' ')} --version $words"; fi
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -o default -F _mock_llm_api mock-llm-api
`
}

function renderZsh(commands: Commands): string {
  const escape = (text: string): string => text.replace(/[[\]:\\]/g, '\\$&')
  const specs = (table: OptionTable): string[] =>
    Object.entries(table).flatMap(([name, option]) => {
      const { value, help, many } = option
      const words = valuesOf(option)
      const action = words === 'any' ? ' ' : words === 'file' ? '_files' : `(${words.join(' ')})`
      const end = `[${escape(help)}]${value === undefined ? '' : `:${escape(value)}:${action}`}`
      return flagsOf(name, option).map((flag) =>
        quote(
          `${many ? '*' : ''}${flag}${value === undefined ? '' : flag.startsWith('--') ? '=' : '+'}${end}`,
        ),
      )
    })
  const cases = Object.entries(commands).map(
    ([command, { table, words = [] }]) => `    ${command})
      _arguments -s ${[...(words.length === 0 ? [] : [quote(`1:word:(${words.join(' ')})`)]), ...specs(table), quote('--help[this text]')].join(' \\\n        ')} ;;`,
  )
  const names = Object.keys(commands).join(' ')
  return `#compdef mock-llm-api
# Completions of mock-llm-api for zsh: a file named _mock-llm-api in a folder of $fpath
_mock-llm-api() {
  local command=serve
  case \${words[2]} in
    ${names.replaceAll(' ', ' | ')})
      if (( CURRENT > 2 )); then
        command=\${words[2]}
        words[2,2]=()
        (( CURRENT -= 1 ))
      fi ;;
  esac
  if (( CURRENT == 2 )) && [[ $command == serve ]]; then compadd -- ${names}; fi
  case $command in
${cases.join('\n')}
  esac
}
compdef _mock-llm-api mock-llm-api
`
}

function renderFish(commands: Commands): string {
  const names = Object.keys(commands)
  const others = names.filter((name) => name !== 'serve').join(' ')
  const lines = Object.entries(commands).flatMap(([command, { table, words = [] }]) => {
    const when =
      command === 'serve'
        ? `not __fish_seen_subcommand_from ${others}`
        : `__fish_seen_subcommand_from ${command}`
    const begin = `complete -c mock-llm-api -n ${quote(when)}`
    return [
      ...(words.length === 0 ? [] : [`${begin} -f -a ${quote(words.join(' '))}`]),
      ...Object.entries(table).map(([name, option]) => {
        const found = valuesOf(option)
        const value =
          option.value === undefined
            ? ''
            : found === 'file'
              ? ' -r -F'
              : found === 'any'
                ? ' -x'
                : ` -x -a ${quote(found.join(' '))}`
        const short = option.short === undefined ? '' : ` -s ${option.short}`
        return `${begin}${short} -l ${flagOf(name).slice(2)}${value} -d ${quote(option.help)}`
      }),
    ]
  })
  return `# Completions of mock-llm-api for fish: mock-llm-api completions fish | source
complete -c mock-llm-api -f
complete -c mock-llm-api -n __fish_use_subcommand -f -a ${quote(names.join(' '))}
complete -c mock-llm-api -s h -l help -d 'this text'
${lines.join('\n')}
`
}
