// The help text, from the table of options.
import { faultKinds } from './faults.ts'
import { defaultText, flagOf, type OptionName, optionNames, optionOf, variableOf } from './options.ts'

/** What `--help` prints: plain text, one option a line. */
export function renderHelp(version: string): string {
  const rows = [
    ...optionNames.map(optionRow),
    row('-h, --help', 'this text'),
    row('-V, --version', 'version and commit'),
  ]
  return `mock-llm-api ${version}: a mock LLM provider that streams prepared replies exactly on time

Usage: mock-llm-api [options]          [defaults in brackets]

${rows.join('\n')}

Every option is also an environment variable (--chunk-delay-ms: ${variableOf('chunkDelayMs')}); a flag beats it.

Faults, each @RATE % (@10%), several of one reply joined with +, or in order (status:429x2,ok):
${Object.values(faultKinds)
  .map(({ form, help }) => row(form, help))
  .join('\n')}

Endpoints: the APIs of OpenAI, Azure, Anthropic, Gemini and Ollama; GET /health, /stats, /metrics; POST /stats/reset.

Examples:
  mock-llm-api                             18 chunks, 50 ms apart, on http://127.0.0.1:8080/v1
  mock-llm-api -d 0 -w 4                   as fast as four worker processes can
  mock-llm-api -l :9000 -c 200 -d 20       200 chunks in 4 s, reachable from other hosts
`
}

function optionRow(name: OptionName): string {
  const { short, value, help } = optionOf(name)
  const flag = `${short === undefined ? '   ' : `-${short},`} ${flagOf(name)}${value === undefined ? '' : ` <${value}>`}`
  const fallback = defaultText(name)
  return row(flag, fallback === '' ? help : `${help} [${fallback}]`)
}

function row(flags: string, help: string): string {
  return `  ${flags.padEnd(32)} ${help}`
}
