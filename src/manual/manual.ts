// The manual inside the program: a page a topic, printed for a terminal. The pages are Markdown, readable in the repository too.
import { UsageError } from '../config/errors.ts'
import { nearNames, orList } from '../config/nearest.ts'
import calibrate from './calibrate.md' with { type: 'text' }
import compare from './compare.md' with { type: 'text' }
import containers from './containers.md' with { type: 'text' }
import control from './control.md' with { type: 'text' }
import development from './development.md' with { type: 'text' }
import endpoints from './endpoints.md' with { type: 'text' }
import engines from './engines.md' with { type: 'text' }
import faults from './faults.md' with { type: 'text' }
import formats from './formats.md' with { type: 'text' }
import works from './how-it-works.md' with { type: 'text' }
import install from './install.md' with { type: 'text' }
import journal from './journal.md' with { type: 'text' }
import library from './library.md' with { type: 'text' }
import numbers from './numbers.md' with { type: 'text' }
import options from './options.md' with { type: 'text' }
import published from './published.md' with { type: 'text' }
import requests from './requests.md' with { type: 'text' }
import security from './security.md' with { type: 'text' }
import sessions from './sessions.md' with { type: 'text' }
import timing from './timing.md' with { type: 'text' }
import transports from './transports.md' with { type: 'text' }
import upstreams from './upstreams.md' with { type: 'text' }

/** Topic → its page, in the order of a first reading. */
export const pages: Readonly<Record<string, string>> = {
  install,
  options,
  endpoints,
  formats,
  requests,
  faults,
  timing,
  upstreams,
  control,
  numbers,
  journal,
  sessions,
  transports,
  engines,
  compare,
  calibrate,
  published,
  library,
  containers,
  security,
  'how-it-works': works,
  development,
}

/** Wider lines are hard to read. */
const MOST_COLUMNS = 100

export interface Terminal {
  readonly columns: number
  readonly colors: boolean
}

/** The page of a topic, or without one the list of topics. @throws UsageError for a topic that there is not */
export function renderManual(topic: string | undefined, terminal: Terminal): string {
  if (topic === undefined) return renderTopics()
  if (Object.hasOwn(pages, topic)) return printPage(pages[topic]!, terminal)
  const near = nearNames(topic, Object.keys(pages))
  const hint =
    near.length > 0 ? `did you mean ${orList(near)}?` : `there are ${Object.keys(pages).join(', ')}`
  throw new UsageError(`no page of the manual is called '${topic}': ${hint}`)
}

function renderTopics(): string {
  const lines = Object.entries(pages).map(([topic, text]) => `  ${topic.padEnd(14)} ${purposeOf(text)}`)
  return `mock-llm-api help TOPIC prints a page of the manual:\n\n${lines.join('\n')}\n\nEvery option in a line: mock-llm-api --help\n`
}

/** The first paragraph says what a page is for. */
export function purposeOf(page: string): string {
  return page.split('\n\n')[1]!.replaceAll('`', '')
}

/** Markdown for a terminal: wrapped, tables in boxes, code to copy. Links to other pages say how to print them. */
export function printPage(text: string, { columns, colors }: Terminal): string {
  // Without colours tables would have no lines: they are made with them, and then cleaned.
  const options = { columns: Math.min(columns, MOST_COLUMNS), colors: true, hyperlinks: false }
  const clean = colors ? (text: string) => text : Bun.stripANSI
  const pieces = text.split(/^```\w*\n([^]*?)^```$/m)
  const rendered = pieces.map((piece, i) =>
    i % 2 === 1
      ? piece.replace(/^(?=.)/gm, '    ')
      : clean(Bun.markdown.ansi(withoutLinks(piece), options)).replace(/^\n+|\n+$/g, ''),
  )
  return `${rendered
    .join('\n\n')
    .replace(/\n{3,}/g, '\n\n')
    .trimEnd()}\n`
}

/** Without what a terminal cannot follow, and what is for scripts. */
function withoutLinks(text: string): string {
  return text
    .replace(/^<!--.*-->$/gm, '')
    .replace(/!\[([^\]]*)\]\([^)]*\)/g, '$1')
    .replace(/\[([^\]]+)\]\(#[^)]*\)/g, '$1')
    .replace(/\[([^\]]+)\]\(([\w-]+)\.md(?:#[^)]*)?\)/g, '$1 (`help $2`)')
}
