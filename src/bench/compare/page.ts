// A comparison as one HTML page that needs nothing else: the plotting library is in it. Pure.
import { escape, lines, renderDocument } from '../../stats/page/document.ts'
import baseStyle from '../../stats/page/base.css' with { type: 'text' }
import { uplotScript, uplotStyle } from '../../stats/page/uplot.ts'
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
  return renderDocument({
    title,
    head: `<meta http-equiv="Content-Security-Policy" content="${POLICY}">\n`,
    styles: [uplotStyle, baseStyle, style],
    body: `<header>
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
</main>`,
    data: charts,
    scripts: [uplotScript, plot],
  })
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
