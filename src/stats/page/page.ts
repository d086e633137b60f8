// The page at / for browsers: what is served, lines to copy, and live numbers, which its scripts ask for. Pure.
import type { Settings } from '../../config/config.ts'
import { describeFaultPlan, describeReplies } from '../../config/describe.ts'
import { changedSettings } from '../../config/settings.ts'
import { flagOf } from '../../config/table.ts'
import baseStyle from './base.css' with { type: 'text' }
import charts from './charts.js' with { type: 'text' }
import { baseLines, clientPrograms, type Copied, shellLines } from './clients.ts'
import copying from './copying.js' with { type: 'text' }
import { escape, lines, renderDocument } from './document.ts'
import live from './live.js' with { type: 'text' }
import style from './page.css' with { type: 'text' }
import series from './series.js' with { type: 'text' }
import { uplotScript, uplotStyle } from './uplot.ts'

/** Numbers of the last second; live.js knows what each shows. */
const tiles: readonly (readonly [id: string, label: string])[] = [
  ['requests', 'requests/s'],
  ['events', 'events/s'],
  ['open', 'open streams'],
  ['ttftP50', 'TTFT p50'],
  ['ttftP99', 'TTFT p99'],
  ['lateP99', 'late p99'],
  ['busy', 'busy (of a CPU)'],
]

/**
 * The document: the same for every request. No key is in it, only whether one is needed.
 * @param endpoints what is served, as in `POST /v1/chat/completions`
 * @param upstream whose settings they are, and what its paths begin with
 */
export function renderPage(
  config: Settings,
  endpoints: readonly string[],
  { name, prefix }: { readonly name: string; readonly prefix: string } = { name: '', prefix: '' },
): string {
  const needsKey = config.apiKey !== ''
  return renderDocument({
    title: 'mock-llm-api',
    head: '<link rel="icon" href="data:,">\n', // else browsers ask for one, and that is counted
    styles: [uplotStyle, baseStyle, style],
    body: `<header>
<h1>mock-llm-api</h1>
<p id="state" role="status"></p>
<nav><a href="#use">Use it</a> <a href="#served">What is served</a></nav>
<p id="run" class="facts"></p>
<p class="facts">${escape([...(name === '' ? [] : [`${name}:`]), describeReplies(config), ...describeFaultPlan(config)].join(' '))}</p>
</header>
<noscript>The numbers are shown by a script, which this browser does not run. They are also at /stats.</noscript>
<p id="note" role="status"></p>
<p id="changed" hidden>The settings are others than when this page was loaded. <a href="">Load it again</a></p>
<main>
${renderNumbers()}
${renderUse(config, name, needsKey)}
${renderServed(config, name, endpoints)}
</main>`,
    data: { model: config.model[0], needsKey, prefix },
    scripts: [uplotScript, [series, charts, copying, live].join('\n')],
  })
}

function renderNumbers(): string {
  return `<section aria-labelledby="numbers">
<h2 id="numbers">Numbers of the last second</h2>
<dl class="tiles">
${lines(tiles, ([id, label]) => `<div><dt>${label}</dt><dd id="tile-${id}">–</dd></div>`)}
</dl>
<p id="verdict"></p>
<p id="since" class="facts"></p>
${renderTable('upstreams', 'Upstreams', ['name', 'base URL', 'phase', 'verdict'], ['requests/s', 'errors/s', 'open', 'TTFT p50', 'late p99'])}
<div id="charts" class="charts"></div>
<div class="tables">
${renderTable('faults', 'Faults dealt', ['pattern'], ['dealt', 'played to the end', 'left by clients'])}
${renderTable('routes', 'Requests', ['route', 'status'], ['requests'])}
</div>
<p id="no-routes" class="facts">No requests yet.</p>
<p id="unrouted" class="facts"></p>
<p class="facts">All numbers: <a href="/stats">/stats</a> as JSON, <a href="/metrics">/metrics</a> for Prometheus. <code>POST /stats/reset</code> begins a new measuring window.</p>
</section>`
}

/** Its rows come later: first texts, then numbers. */
function renderTable(
  id: string,
  caption: string,
  texts: readonly string[],
  numbers: readonly string[],
): string {
  const head = [
    ...texts.map((cell) => `<th scope="col">${cell}</th>`),
    ...numbers.map((cell) => `<th scope="col" class="number">${cell}</th>`),
  ]
  return `<div class="wide" id="${id}" hidden><table>
<caption>${caption}</caption>
<thead><tr>${head.join('')}</tr></thead>
<tbody></tbody>
</table></div>`
}

function renderUse(config: Settings, name: string, needsKey: boolean): string {
  const isSelfSigned = config.tls && config.tlsCert === ''
  return `<section aria-labelledby="use">
<h2 id="use">Use ${name === '' ? 'it' : escape(name)}</h2>
${needsKey ? renderKey() : '<p class="facts">Any key will do, or none.</p>'}
${isSelfSigned ? '<p class="facts">The certificate signs itself: what the mock printed at its start says how clients come to trust it.</p>' : ''}
<h3>Base URLs</h3>
<dl class="urls">
${lines(baseLines, ({ name, text }) => `<dt>${name}</dt><dd><code data-line="none" data-name="the base URL of ${name}">${text}</code></dd>`)}
</dl>
<div class="programs">
${lines([...shellLines(config), ...clientPrograms(config)], renderCopied)}
</div>
</section>`
}

function renderCopied({ name, text, language }: Copied): string {
  return `<article>
<h3>${name}</h3>
<pre tabindex="0"><code data-line="${language}" data-name="${name}">${escape(text)}</code></pre>
</article>`
}

/** The key goes to the mock alone, which is asked whether it is right. */
function renderKey(): string {
  return `<form id="key">
<label for="key-field">The mock asks for its key (--api-key)</label>
<input id="key-field" type="password" autocomplete="off" spellcheck="false">
<button>Check</button>
<output></output>
</form>`
}

function renderServed(config: Settings, name: string, endpoints: readonly string[]): string {
  // How many workers there are stands at the top; nobody may have asked for so many.
  const settings = changedSettings(config).filter(({ flag }) => flag !== flagOf('workers'))
  return `<section aria-labelledby="served">
<h2 id="served">What ${name === '' ? 'is served' : `${escape(name)} serves`}</h2>
<h3>Models</h3>
<p>${config.model.map((name) => `<code>${escape(name)}</code>`).join(', ')}</p>
<h3>Settings</h3>
${
  settings.length === 0
    ? '<p>All as they are by default.</p>'
    : `<dl class="settings">
${lines(settings, ({ flag, text, help }) => `<dt><code>${escape(`${flag} ${text}`.trim())}</code></dt><dd>${escape(help)}</dd>`)}
</dl>
<p class="facts">All others as they are by default.</p>`
}
<h3>Endpoints</h3>
<ul class="endpoints">
${lines(endpoints, (endpoint) => `<li><code>${escape(endpoint)}</code></li>`)}
</ul>
</section>`
}
