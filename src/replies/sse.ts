// Server-Sent Events framing. https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream

/** One event: `data: …`, LF only, one space, a blank line. `data` must not contain a line break. */
export function frameEvent(data: string): string {
  return `data: ${data}\n\n`
}
