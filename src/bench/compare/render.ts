// A sheet as text for a terminal, and as Markdown. Pure.
import type { Sheet, Table } from './sheet.ts'

/** Prose is broken at this width. */
const WIDTH = 100

export function renderText({ title, facts, tables, sections }: Sheet): string {
  const parts = [
    title,
    ...facts.map((fact) => wrap(fact, '', '  ')),
    ...tables.map((table) => `\n${textTable(table)}`),
    ...sections.map(({ heading, rows }) => {
      const width = Math.max(...rows.map(([name]) => name.length)) + 2
      const lines = rows.map(([name, text]) => wrap(text, `  ${name.padEnd(width)}`, ' '.repeat(width + 2)))
      return `\n${heading}\n${lines.join('\n')}`
    }),
  ]
  return `${parts.join('\n')}\n`
}

/** The first column to the left, the others to the right. */
function textTable({ head, rows }: Table): string {
  const all = [head, ...rows]
  const widths = head.map((_, column) => Math.max(...all.map((cells) => cells[column]!.length)))
  const lines = all.map((cells) =>
    cells.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!))).join('   '),
  )
  lines.splice(1, 0, widths.map((width) => '-'.repeat(width)).join('   '))
  return lines.map((line) => line.trimEnd()).join('\n')
}

function wrap(text: string, first: string, further: string): string {
  const lines: string[] = []
  let line = first
  for (const word of text.split(' ')) {
    if (line.trim() !== '' && line.length + word.length + 1 > WIDTH && line !== further && line !== first) {
      lines.push(line.trimEnd())
      line = further
    }
    line += line === first || line === further ? word : ` ${word}`
  }
  return [...lines, line].join('\n')
}

export function renderMarkdown({ title, facts, tables, sections }: Sheet): string {
  const parts = [
    `### ${title}`,
    facts.map((fact) => `- ${escape(fact)}`).join('\n'),
    ...tables.map(markdownTable),
    ...sections.map(
      ({ heading, rows }) =>
        `**${heading}**\n\n${rows.map(([name, text]) => `- ${escape(name)}: ${escape(text)}`).join('\n')}`,
    ),
  ]
  return `${parts.join('\n\n')}\n`
}

function markdownTable({ head, rows }: Table): string {
  const line = (cells: readonly string[]): string => `| ${cells.map(escape).join(' | ')} |`
  return [
    line(head),
    `|---|${head
      .slice(1)
      .map(() => '---:|')
      .join('')}`,
    ...rows.map(line),
  ].join('\n')
}

function escape(text: string): string {
  return text.replace(/[|*_<>`\\]/g, '\\$&')
}
