// The help text, from the table of options.
import { faultKinds } from './faults.ts'
import { calibrateOptions } from './calibrate.ts'
import { compareOptions } from './compare.ts'
import { orList } from './nearest.ts'
import { options } from './options.ts'
import { topics } from './scopes.ts'
import { defaultText, flagOf, type Option, type OptionTable, variableOf } from './table.ts'

/** What `--help` prints: plain text, one option a line. */
export function renderHelp(version: string): string {
  return `mock-llm-api ${version}: a mock LLM provider that streams prepared replies exactly on time

Usage: mock-llm-api [serve] [options]      serve; defaults in brackets
       mock-llm-api compare [options]      measure what a gateway or proxy adds: see compare --help
       mock-llm-api calibrate [options]    measure what this host can do: see calibrate --help
${Object.values(wordCommands)
  .map(({ usage, what }) => `       mock-llm-api ${usage.padEnd(22)} ${what}`)
  .join('\n')}

${topics.map(section).join('\n\n')}

Help:
${textRows}

Every option but ${typedFlags} is also an environment variable, which a flag beats:
--chunk-delay-ms is ${variableOf('chunkDelayMs')}.

Jitter, by MODEL: none, normal:CV, lognormal:CV, uniform:CV (CV: the standard deviation divided by
the mean), and for delays quantiles:P50/P90/P95/P99 in ms, which take the place of the delay.

Kinds of faults, each @RATE % (@10%), several of one reply joined with +, or in order
(status:429x2,ok):
${Object.values(faultKinds)
  .map(({ form, help }) => row(form, help))
  .join('\n')}

Endpoints: the APIs of OpenAI, Azure, Anthropic, Gemini, AWS Bedrock, Cohere, Mistral and Ollama,
behind any prefix; GET /health, /stats, /metrics; POST /stats/reset; / in a browser.

Examples:
  mock-llm-api                             18 chunks, 50 ms apart, on http://127.0.0.1:8080/v1
  mock-llm-api -d 0 -w 4                   as fast as four worker processes can
  mock-llm-api -l :9000 -c 200 -d 20       200 chunks in 4 s, reachable from other hosts
  mock-llm-api -l 0                        on any free port of 127.0.0.1, which is printed
`
}

/** Those that no variable gives. */
const typedFlags = orList(
  Object.entries(options).flatMap(([name, option]) => ('typedOnly' in option ? [flagOf(name)] : [])),
)

/** The commands that take a word instead of options. */
export const wordCommands = {
  help: { usage: 'help [TOPIC]', what: 'a page of the manual; without TOPIC, which there are' },
  health: { usage: 'health [URL]', what: 'is a mock ready there? exit code 0 or 1' },
  completions: { usage: 'completions SHELL', what: 'a script for bash, zsh or fish that completes options' },
} as const

/** What `--help` of such a command prints. */
export function renderWordHelp(name: keyof typeof wordCommands, version: string): string {
  const { usage, what } = wordCommands[name]
  return `mock-llm-api ${version}\n\nUsage: mock-llm-api ${usage}    ${what}\n`
}

/** What `calibrate --help` prints. */
export function renderCalibrateHelp(version: string): string {
  return `mock-llm-api ${version}: calibrate, measure what this host can do, in about a minute

Usage: mock-llm-api calibrate [options]    [defaults in brackets]

${rowsOf(calibrateOptions)}
${textRows}

Starts workers on a free port, loads them with clients of its own (other processes of this program),
and tells: requests and events per second at delay 0 by number of workers, how late ten streams are,
how many streams stay on time, and what to do. With --url it measures the server at that address, in
a closed loop, or with --rate in an open one: requests leave when they are due, whatever the server
does, and latency counts from then. A key in OPENAI_API_KEY is sent along.

Examples:
  mock-llm-api calibrate                         this host, 18 chunks 50 ms apart
  mock-llm-api calibrate -d 20 -s 10 --json      20 ms apart, ten seconds a step, for machines
  mock-llm-api calibrate --url http://127.0.0.1:9000/v1/chat/completions --rate 200/s
`
}

/** What `compare --help` prints. */
export function renderCompareHelp(version: string): string {
  return `mock-llm-api ${version}: compare, measure what a gateway or proxy adds, in about three minutes

Usage: mock-llm-api compare --via NAME=URL [options] [-- options of the mock]; defaults in brackets

${rowsOf(compareOptions)}
${textRows}

Starts the mock, with stamped chunks, where --listen says; what is in between must lead there. Loads
it, and it through what is in between, in rounds and in random order, and tells what the way through
adds to TTFT, to each chunk and to the whole, with the interval that each figure is in; what became
of the streams; whether the mock hears of clients that leave; and whether the figures can be trusted
at all. A URL may be a base URL (http://host, http://host/v1) or the whole address of an API.
Keys are sent from OPENAI_API_KEY, ANTHROPIC_API_KEY and GEMINI_API_KEY, as the format has it.

Examples:
  mock-llm-api compare --via nginx=http://127.0.0.1:8081
  mock-llm-api compare --via a=http://127.0.0.1:4000/v1 --via b=http://127.0.0.1:5000 --html a.html
  mock-llm-api compare --via gw=http://127.0.0.1:4000/v1 --rate 200/s -- -c 64 -d 20
`
}

/** The options of a topic under its heading. */
function section(topic: (typeof topics)[number]): string {
  const heading = topic[0]!.toUpperCase() + topic.slice(1)
  const rows = Object.entries(options).filter(([, option]) => option.topic === topic)
  return `${heading}:\n${rowsOf(Object.fromEntries(rows))}`
}

const textRows = [row('-h, --help', 'this text'), row('-V, --version', 'version and commit')].join('\n')

function rowsOf(table: OptionTable): string {
  return Object.entries(table)
    .map(([name, option]) => optionRow(name, option))
    .join('\n')
}

function optionRow(name: string, option: Option<unknown>): string {
  const { short, value, help } = option
  const flag = `${short === undefined ? '   ' : `-${short},`} ${flagOf(name)}${value === undefined ? '' : ` <${value}>`}`
  const fallback = defaultText(option)
  return row(flag, fallback === '' ? help : `${help} [${fallback}]`)
}

function row(flags: string, help: string): string {
  return `  ${flags.padEnd(32)} ${help}`
}
