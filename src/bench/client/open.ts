// Which protocol is spoken to a target.
import { openHttp1 } from './http1.ts'
import type { OpenLink } from './link.ts'
import type { Target } from './target.ts'

/** How links to this target are opened. HTTP/2 is loaded only where it is spoken: that takes 20 ms. */
export async function linkOpener({ isHttp2 }: Target): Promise<OpenLink> {
  return isHttp2 ? (await import('./http2.ts')).openHttp2 : openHttp1
}
