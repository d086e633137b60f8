// The page at /: what stands in it, and that it needs nothing else.
import { describe, expect, test } from 'bun:test'
import { type GivenFlags, readSettings } from '../../../src/config/config.ts'
import base from '../../../src/stats/page/base.css' with { type: 'text' }
import { clientPrograms, shellLines } from '../../../src/stats/page/clients.ts'
import { renderPage } from '../../../src/stats/page/page.ts'

const ENDPOINTS = ['POST /v1/chat/completions', 'GET /v1/<odd>&"']

function pageOf(flags: GivenFlags = {}): string {
  return renderPage(readSettings(flags, {}), ENDPOINTS)
}

function dataIn(page: string): unknown {
  return JSON.parse(/<script type="application\/json" id="data">([^<]*)<\/script>/.exec(page)![1]!)
}

describe('the document', () => {
  const page = pageOf()
  const scripts = [...page.matchAll(/<script>\n([^]*?)<\/script>/g)].map(([, script]) => script!)

  test('loads nothing', () => {
    expect(page).not.toMatch(/<(img|iframe|base|object|embed)\b|<script[^>]*\bsrc/i)
    expect(page).not.toMatch(/\b(src|href|action)\s*=\s*["']?\s*(https?:)?\/\//i)
    expect(page.match(/<link\b[^>]*>/g)).toEqual(['<link rel="icon" href="data:,">'])
    expect(page).not.toMatch(
      /url\(|@import|\bimport\s*\(|XMLHttpRequest|WebSocket|sendBeacon|style="|\son\w+="/,
    )
    const [, ours] = scripts
    expect([...ours!.matchAll(/fetch\(['`]([^'`]*)['`]/g)].map(([, path]) => path)).toEqual([
      '${prefix}/v1/models',
      '/stats?buckets',
    ])
  })

  test('of an upstream with a name says whose it is, and where', () => {
    const upstream = { name: 'slow', prefix: '/eu/slow' }
    const own = renderPage(readSettings({ apiKey: 'sk' }, {}), ENDPOINTS, upstream)
    expect(dataIn(own)).toMatchObject({ prefix: '/eu/slow' })
    for (const said of ['>slow: Each reply', '>Use slow<', '>What slow serves<']) expect(own).toContain(said)
    expect(dataIn(page)).toMatchObject({ prefix: '' })
    for (const said of ['>Each reply', '>Use it<', '>What is served<']) expect(page).toContain(said)
  })

  test('is no larger than it has to be', () => expect(page.length).toBeLessThan(120_000))

  test('its scripts end where they should, and can be read', () => {
    expect(page.match(/<\/script/g)).toHaveLength(3)
    expect(scripts).toHaveLength(2)
    for (const script of scripts) expect(() => new Function(script)).not.toThrow()
  })

  test('whatever a script looks for by its id is there, once', () => {
    const ids = [...page.matchAll(/\sid="([\w-]+)"/g)].map(([, id]) => id!)
    expect(ids).toEqual([...new Set(ids)])
    const [, ours] = scripts
    const wanted = [...ours!.matchAll(/(?:find|getElementById|showTable|showRows)\(\s*'([\w-]+)'/g)].map(
      ([, id]) => id!,
    )
    expect(wanted.length).toBeGreaterThan(8)
    for (const id of wanted) expect([...ids, 'key']).toContain(id)
    const tiles = /const tiles = \{([^]*?)\n\}/.exec(ours!)![1]!
    const told = [...tiles.matchAll(/^  (\w+): /gm)].map(([, name]) => `tile-${name}`)
    expect(told.length).toBeGreaterThan(5)
    expect(ids.filter((id) => id.startsWith('tile-'))).toEqual(told)
  })

  test('keeps the licence of the plotting library', () => expect(page).toContain('Leon Sorokin'))

  test('names what is served, whatever stands in it', () => {
    expect(page).toContain('<li><code>GET /v1/&lt;odd&gt;&amp;&quot;</code></li>')
    expect(page).not.toContain('<odd>')
  })
})

describe.each(['light', 'dark'])('in %s', (scheme) => {
  const [light, dark] = [...base.matchAll(/:root \{([^}]*)\}/g)].map(([, rules]) =>
    Object.fromEntries(
      [...rules!.matchAll(/--([\w-]+): (#\w+);/g)].map(([, name, colour]) => [name!, colour!]),
    ),
  )
  const colours = scheme === 'light' ? light! : dark!

  /** https://www.w3.org/TR/WCAG22/#dfn-relative-luminance */
  const luminance = (hex: string): number => {
    const digits = hex.length === 4 ? hex.slice(1).replace(/./g, '$&$&') : hex.slice(1)
    const [red, green, blue] = digits.match(/../g)!.map((two) => {
      const share = Number.parseInt(two, 16) / 255
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4
    })
    return 0.2126 * red! + 0.7152 * green! + 0.0722 * blue!
  }
  const contrast = (one: string): number => {
    const [lower, upper] = [luminance(colours[one]!), luminance(colours['ground']!)].toSorted((a, b) => a - b)
    return (upper! + 0.05) / (lower! + 0.05)
  }

  test.each([
    ['ink', 4.5], // texts
    ['quiet', 4.5],
    ['line-1', 4.5], // links, and the outline of what has the focus
    ['line-2', 3], // lines and marks
    ['line-3', 3],
    ['line-4', 3],
  ])('%s stands out from the ground: %d at least', (name, least) =>
    expect(contrast(name)).toBeGreaterThanOrEqual(least),
  )
})

describe('what depends on the settings', () => {
  test.each<[GivenFlags, readonly string[]]>([
    [
      {},
      [
        '<p>All as they are by default.</p>',
        'Each reply: 18 chunks, 50 ms apart',
        'Any key will do, or none.',
      ],
    ],
    [{ chunkDelayMs: '20' }, ['<dt><code>--chunk-delay-ms 20</code></dt>', '18 chunks, 20 ms apart']],
    [{ cors: 'true' }, ['<dt><code>--cors</code></dt>']],
    [{ fault: 'hang@1%' }, ['Faults: 1 % hang.', '<code>--fault hang@1%</code>']],
    [{ model: 'a<b,c' }, ['<code>a&lt;b</code>, <code>c</code>']],
    [{ reply: 'auto', text: '@<b>' }, ['what &lt;b&gt; says', '<code>--text @&lt;b&gt;</code>']],
    [{ tls: 'true' }, ['The certificate signs itself']],
    [{ apiKey: 'secret-key' }, ['<form id="key">', 'type="password"', '<code>--api-key (set)</code>']],
  ])('%j', (flags, texts) => {
    for (const text of texts) expect(pageOf(flags)).toContain(text)
  })

  test.each<[GivenFlags, RegExp]>([
    [{}, /<form|signs itself|Faults: /],
    [{ apiKey: 'secret-key' }, /secret-key|Any key will do/],
    [{ tls: 'true', tlsCert: '/c', tlsKey: '/k' }, /signs itself/],
    [{ model: 'a<b' }, /a<b/],
  ])('%j: not a word of it', (flags, text) => expect(pageOf(flags)).not.toMatch(text))

  test('what the scripts are told', () => {
    expect(dataIn(pageOf({ model: '</script>,b' }))).toEqual({
      model: '</script>',
      needsKey: false,
      prefix: '',
    })
    expect(dataIn(pageOf({ apiKey: 'secret' }))).toEqual({ model: 'mock-model', needsKey: true, prefix: '' })
  })
})

describe('lines to copy', () => {
  const curl = (flags: GivenFlags): string => shellLines(readSettings(flags, {}))[0]!.text

  test('curl says what is needed, and no more', () => {
    expect(curl({})).toBe(`curl -N -X POST '{{origin}}/v1/chat/completions'`)
    expect(curl({ reply: 'auto', apiKey: 'k' })).toBe(
      `curl -N -X POST '{{origin}}/v1/chat/completions' \\\n  -d '{"stream":true}' \\\n  -H 'Authorization: Bearer {{key}}'`,
    )
  })

  test('six SDKs, each told where, with which key, and which model', () => {
    for (const reply of ['stream', 'json', 'auto'] as const) {
      const programs = clientPrograms({ reply })
      expect(programs).toHaveLength(6)
      for (const { name, text } of programs)
        for (const value of ['origin', 'key', 'model'])
          expect([name, text]).toEqual([name, expect.stringContaining(`{{${value}}}`)])
    }
  })
})
