// The gate that keeps requests: their bodies are read first, and then what stands behind the gate decides.
import type { RequestCounter } from '../../stats/requests.ts'
import type { Tally } from '../../stats/tally.ts'
import type { Card, Choice, Later, Picker, Unfit } from '../card.ts'
import type { Journal } from './journal.ts'

/**
 * The gate of each route, by the name that it has in the numbers. Without a journal there is none. `upstream`: its name, empty where
 * there is one only. Bodies of more than `mostBytes` are not read, and of them is kept how long they say they are.
 */
export function createKeeper(
  journal: Journal | null,
  upstream: string,
  mostBytes: number,
  tally: Tally,
): (pick: Picker, name: string) => Picker {
  if (journal === null) return (pick) => pick
  // Any of its counters will do: the card says which one it is in the end.
  return (pick, name) => journaled(pick, { journal, upstream, mostBytes }, tally.counter(name, 200))
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
        // What other processes must be asked for comes when head and body have gone.
        return chosen.kind === 'card' ? journal.note({ head, upstream, atMs, body }, chosen) : chosen
      },
    }
  }
}

function settle(choice: Choice, body: Uint8Array | Unfit): Card | Later {
  if (choice.kind !== 'body') return choice
  return choice.pick(typeof body === 'string' || body.byteLength <= choice.mostBytes ? body : 'tooLarge')
}
