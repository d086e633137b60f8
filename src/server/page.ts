// The page that browsers get at / instead of JSON: made when the first one asks, and the same for every one after it.
import { createHash } from 'node:crypto'
import type { Setup, WholeAnswer } from '../apis/api.ts'
import { type Headers, wholeReply } from '../replies/reply.ts'
import { prefersHtml } from './accept.ts'
import type { Tally } from '../stats/tally.ts'
import { type Card, type Picker, uncounted } from './card.ts'

/** Browsers are shown `page`, all others get what `pick` picks. */
export function shown(pick: Picker, page: Picker): Picker {
  return (head) => (prefersHtml(head.header('accept')) ? page(head) : pick(head))
}

/** A picker of the page, which carries `headers` as well. It is not counted: whoever looks on is no load. */
export function pageOf(setup: Setup, endpoints: readonly string[], headers: Headers, tally: Tally): Picker {
  let card: Card | undefined
  const load = async (): Promise<Card> => {
    const { renderPage } = await import('../stats/page/page.ts') // only now: it holds a plotting library
    const reply = wholeReply(pageAnswer(renderPage(setup.config, endpoints, setup.upstream)), headers)
    return (card ??= uncounted(reply, tally))
  }
  return () => card ?? { kind: 'later', card: load(), counter: null }
}

/** With headers by which a browser runs nothing but what is in the document, and asks nobody but us. */
function pageAnswer(html: string): WholeAnswer {
  const policy = [
    "default-src 'none'",
    `script-src ${hashesOf(html, 'script')}`,
    `style-src ${hashesOf(html, 'style')}`,
    'img-src data:',
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ]
  return {
    kind: 'whole',
    status: 200,
    body: html,
    headers: {
      'Content-Type': 'text/html;charset=utf-8',
      'Cache-Control': 'no-cache',
      Vary: 'Accept',
      'Content-Security-Policy': policy.join('; '),
      'X-Content-Type-Options': 'nosniff',
      'Referrer-Policy': 'no-referrer',
    },
  }
}

function hashesOf(html: string, tag: 'script' | 'style'): string {
  return [...html.matchAll(new RegExp(`<${tag}>([^]*?)</${tag}>`, 'g'))]
    .map(([, text]) => `'sha256-${createHash('sha256').update(text!).digest('base64')}'`)
    .join(' ')
}
