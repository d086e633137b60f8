// The head of a request, as Bun has it.
import type { RequestHead } from '../../apis/api.ts'
import { decode } from '../../apis/body.ts'
import { type KeptHeaders, keptHeaders } from '../../apis/kept.ts'

/** Looks up in a Request what is asked for. */
export class BunHead implements RequestHead {
  readonly #request: Request

  constructor(request: Request) {
    this.#request = request
  }

  get method(): string {
    return this.#request.method
  }

  /** Not by `new URL`, which throws on what a hostile Host header can make of it. */
  get path(): string {
    return decode(/^(?:\w+:\/\/[^/?#]*)?([^?#]*)/.exec(this.#request.url)?.[1] || '/')
  }

  get query(): string {
    const { url } = this.#request
    const at = url.indexOf('?')
    return at < 0 ? '' : url.slice(at + 1)
  }

  header(name: string): string | null {
    return this.#request.headers.get(name)
  }

  headers(): KeptHeaders {
    const { 'set-cookie': cookies, ...headers } = this.#request.headers.toJSON()
    // The one header of which Bun has a list.
    return keptHeaders(cookies === undefined ? headers : { ...headers, 'set-cookie': cookies.join(', ') })
  }
}
