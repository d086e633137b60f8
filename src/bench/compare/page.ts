// A comparison as one HTML page that needs nothing else: the plotting library is in it. Pure.
import license from 'uplot/LICENSE' with { type: 'text' }
import uplot from 'uplot/dist/uPlot.iife.min.js' with { type: 'text' }
import uplotStyle from 'uplot/dist/uPlot.min.css' with { type: 'text' }
import { type ChartedLevel, chartLevels } from './charts.ts'
import style from './page.css' with { type: 'text' }
import plot from './plot.js' with { type: 'text' }
import type { CompareReport } from './report.ts'
import type { Sheet, Table } from './sheet.ts'

/** Whatever the page says, a browser asks nobody for anything. */
const POLICY = "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'"

/** The charts by level, under them the sheet. */
export function renderPage(report: CompareReport, { title, facts, tables, sections }: Sheet): string {
  const levels = chartLevels(report)
  const charts = levels.flatMap((level) => level.charts)
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escape(title)}</title>
<style>
${uplotStyle}
${style}</style>
</head>
<body>
<header>
<h1>${escape(title)}</h1>
<ul class="facts">
${lines(facts, (fact) => `<li>${escape(fact)}</li>`)}
</ul>
</header>
<main>
${lines(levels, renderLevel)}
<section class="tables">
${lines(tables, renderTable)}
</section>
${lines(sections, renderSection)}
</main>
<script type="application/json" id="data">${JSON.stringify(charts).replaceAll('<', '\\u003c')}</script>
<script>
/*
${license.trim()}
*/
${uplot}</script>
<script>
${plot}</script>
</body>
</html>
`
}

/** The script draws into the figures. */
function renderLevel({ heading, charts }: ChartedLevel): string {
  return `<section>
<h2>${escape(heading)}</h2>
<noscript>The charts are drawn by a script, which this browser does not run.</noscript>
<div class="charts">
${lines(charts, ({ title }) => `<figure><figcaption>${escape(title)}</figcaption></figure>`)}
</div>
</section>`
}

function renderTable({ head, rows }: Table): string {
  return `<div class="wide"><table>
<thead><tr>${head.map((cell) => `<th scope="col">${escape(cell)}</th>`).join('')}</tr></thead>
<tbody>
${lines(rows, ([name, ...cells]) => `<tr><th scope="row">${escape(name!)}</th>${cells.map((cell) => `<td>${escape(cell)}</td>`).join('')}</tr>`)}
</tbody>
</table></div>`
}

function renderSection({ heading, rows }: Sheet['sections'][number]): string {
  return `<section>
<h2>${escape(heading)}</h2>
<dl>
${lines(rows, ([name, text]) => `<dt>${escape(name)}</dt><dd>${escape(text)}</dd>`)}
</dl>
</section>`
}

function lines<T>(items: readonly T[], render: (item: T) => string): string {
  return items.map(render).join('\n')
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

function escape(text: string): string {
  return text.replace(/[&<>"']/g, (character) => entities[character]!)
}
