// The gate that keeps requests: their bodies are read first, and then what stands behind the gate decides.
import type { Setup } from '../../apis/api.ts'
import type { RequestCounter } from '../../stats/requests.ts'
import type { Tally } from '../../stats/tally.ts'
import { type Card, changed, type Choice, type Later, type Picker, type Unfit } from '../card.ts'
import type { Seen } from './entry.ts'
import type { Journal } from './journal.ts'

/**
 * The gate of each route, by the name that it has in the numbers. Without a journal there is none. Bodies of more than `mostBytes` are
 * not read, and of them is kept how long they say they are.
 */
export function createKeeper(
  journal: Journal | null,
  upstream: Setup['upstream'],
  mostBytes: number,
  tally: Tally,
): (pick: Picker, name: string) => Picker {
  if (journal === null) return (pick) => pick
  // Any of its counters will do: the card says which one it is in the end.
  return (pick, name) =>
    journaled(pick, { journal, upstream: upstream?.name ?? '', mostBytes }, tally.counter(name, 200))
}

/** `counter`: where the request waits while its body is read. */
export function journaled(
  pick: Picker,
  { journal, upstream, mostBytes }: { journal: Journal; upstream: string; mostBytes: number },
  counter: RequestCounter | null,
): Picker {
  return (head) => {
    const atMs = performance.now()
    return {
      kind: 'body',
      mostBytes,
      keeps: true,
      counter,
      pick: (body) => {
        const chosen = settle(pick(head), body)
        const seen = { head, upstream, atMs, body }
        if (chosen.kind === 'card') return journal.note(seen, chosen)
        const kept = outliving(seen)
        return changed(chosen, (card) => journal.note(kept, card))
      },
    }
  }
}

/** The same for when the card comes, and head and body have gone. */
function outliving({ head, body, ...others }: Seen): Seen {
  const { method, path, query } = head
  const headers = head.headers()
  return {
    ...others,
    head: { method, path, query, header: (name) => headers.read()[name] ?? null, headers: () => headers },
    body: typeof body === 'string' ? body : body.slice(),
  }
}

function settle(choice: Choice, body: Uint8Array | Unfit): Card | Later {
  if (choice.kind !== 'body') return choice
  return choice.pick(typeof body === 'string' || body.byteLength <= choice.mostBytes ? body : 'tooLarge')
}
