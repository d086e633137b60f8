// One HTML document that needs nothing else: its styles and scripts are in it. Pure.

export interface Document {
  readonly title: string
  /** What stands in the head besides. */
  readonly head?: string
  readonly styles: readonly string[]
  /** HTML. */
  readonly body: string
  /** What the scripts find as JSON in the element `data`. */
  readonly data: unknown
  /** An element each, in this order, behind the body. */
  readonly scripts: readonly string[]
}

export function renderDocument({ title, head = '', styles, body, data, scripts }: Document): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
${head}<title>${escape(title)}</title>
<style>
${styles.join('\n')}</style>
</head>
<body>
${body}
<script type="application/json" id="data">${JSON.stringify(data).replaceAll('<', '\\u003c')}</script>
${lines(scripts, (script) => `<script>\n${script}</script>`)}
</body>
</html>
`
}

/** A line for each. */
export function lines<T>(items: readonly T[], render: (item: T) => string): string {
  return items.map(render).join('\n')
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

/** Any text, as it stands in HTML and in the values of attributes. */
export function escape(text: string): string {
  return text.replace(/[&<>"']/g, (character) => entities[character]!)
}
