// What stands between a request and its card: each a function from a picker to a picker, or from a dealer to a dealer.
// A refusal is a card like any other.
import type { RateLimit, RequestHead } from '../apis/api.ts'
import type { Coding } from '../config/connectionkinds.ts'
import { acceptedCodings } from './accept.ts'
import type { Admission } from './admission.ts'
import type { Refusals } from './asks.ts'
import { type Card, changed, type Dealer, type Picker } from './card.ts'

const RETRY_AFTER = 'retry-after'

/** Made when it is first asked: a desk of 51 routes takes 1.5 ms and 150 KB else, which a change or a test session has no use for. */
export function lazily(make: () => Picker): Picker {
  let pick: Picker | undefined
  return (head) => (pick ??= make())(head)
}

/** Lets in whoever has the key. */
export function guarded(
  pick: Picker,
  isKnown: (head: RequestHead) => boolean,
  refuse: (head: RequestHead) => Card,
): Picker {
  return (head) => (isKnown(head) ? pick(head) : refuse(head))
}

/** Refuses all until it is ready. */
export function readied(pick: Picker, isReady: () => boolean, refuse: () => Card): Picker {
  return (head) => (isReady() ? pick(head) : refuse())
}

/** Refuses bodies of more than `mostBytes`. One that does not tell its length is read first, and kept where what comes then `looks` into it. */
export function sized(
  pick: Picker,
  mostBytes: number,
  looks: boolean,
  { unfit, counter }: Pick<Refusals, 'unfit' | 'counter'>,
): Picker {
  return (head) => {
    const length = head.header('content-length')
    if (length !== null) return Number(length) > mostBytes ? unfit('tooLarge') : pick(head)
    return {
      kind: 'body',
      mostBytes,
      keeps: looks,
      counter,
      pick: (body) => {
        if (typeof body === 'string') return unfit(body)
        const choice = pick(head)
        if (choice.kind !== 'body') return choice
        return choice.pick(body.byteLength > choice.mostBytes ? 'tooLarge' : body)
      },
    }
  }
}

/** Each answer has an id of its own in these headers. */
export function identified(deal: Dealer, names: readonly string[], freshId: () => string): Dealer {
  return (ask) =>
    changed(deal(ask), (card) => {
      const id = `req_${freshId()}`
      return { ...card, extra: { ...card.extra, ...Object.fromEntries(names.map((name) => [name, id])) } }
    })
}

/** Who is told by a date when to come back is told one that is reckoned from now. */
export function dated(deal: Dealer, comeBack: () => string): Dealer {
  return (ask) =>
    changed(deal(ask), (card) =>
      Object.hasOwn(card.reply.headers, RETRY_AFTER)
        ? { ...card, extra: { ...card.extra, [RETRY_AFTER]: comeBack() } }
        : card,
    )
}

/** A header of the request decides: `pickerOf` its value, or else `pick` what is planned. */
export function honoring(pick: Picker, header: string, pickerOf: (value: string) => Picker): Picker {
  return (head) => {
    const value = head.header(header)
    return (value === null ? pick : pickerOf(value))(head)
  }
}

/** Where `codings` are to be had, the request's Accept-Encoding decides: `pickerOf` those of them that it accepts. */
export function negotiated(
  codings: readonly Coding[],
  pickerOf: (accepted: readonly Coding[]) => Picker,
): Picker {
  if (codings.length === 0) return pickerOf(codings)
  const pickers = new Map<string, Picker>()
  return (head) => {
    const accepted = acceptedCodings(head.header('accept-encoding'), codings)
    const key = accepted.join()
    let pick = pickers.get(key)
    if (pick === undefined) pickers.set(key, (pick = pickerOf(accepted)))
    return pick(head)
  }
}

/**
 * Lets in what the limits allow, and tells of them in headers. Decided when the reply would begin: with `--reply auto` that is
 * when the body has been read.
 */
export function limited(
  deal: Dealer,
  admit: Admission,
  describe: (limit: RateLimit) => Readonly<Record<string, string>>,
  refuse: (waitMs: number, reason: string) => Card,
): Dealer {
  return (ask) => {
    const { limit, waitMs, reason } = admit()
    const dealt = reason === undefined ? deal(ask) : refuse(waitMs, reason)
    if (limit === undefined) return dealt
    const told = describe(limit)
    return changed(dealt, (card) => ({ ...card, extra: { ...card.extra, ...told } }))
  }
}
