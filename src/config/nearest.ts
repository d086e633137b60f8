// What was probably meant by a name that there is not: said only when it is near, since a wrong hint costs more than none.

/** More names than this are no hint. */
const MOST_HINTS = 3
/** What is longer is no name; it may come from a request, and to compare it would take a while. */
const MOST_CHARS = 64
/** Shorter texts are the beginning of too much. */
const LEAST_PART = 3

/** Words that mean names, by what they are written like without capitals and separators. */
export type Synonyms = Readonly<Record<string, readonly string[]>>

/**
 * The names that `text` may stand for, best first, at most three; none when nothing is near. Near is what differs in capitals and
 * separators only, what is a synonym, what is misspelt, and what begins alike or has its words.
 */
export function nearNames(text: string, names: readonly string[], synonyms: Synonyms = {}): string[] {
  if (text.length > MOST_CHARS) return []
  const given = wordsOf(text)
  const joined = given.join('')
  const all = [...new Set(names)].map((name) => ({
    name,
    words: wordsOf(name),
    joined: wordsOf(name).join(''),
  }))
  const meant = Object.hasOwn(synonyms, joined) ? synonyms[joined]! : []
  const distances = new Map(all.map((one) => [one, editDistance(joined, one.joined)]))
  const least = Math.min(reachOf(joined), ...distances.values())
  const ways: ((one: (typeof all)[number]) => boolean)[] = [
    (one) => one.joined === joined || one.joined === `${joined}ms`, // the unit is forgotten most
    (one) => meant.includes(one.name),
    (one) => given[0] === 'no' && one.joined === joined.slice(2),
    (one) => joined.length >= LEAST_PART && one.joined.startsWith(joined),
    (one) => joined !== '' && distances.get(one) === least,
    (one) => joined.length >= LEAST_PART && hasInOrder(one.words, given),
  ]
  for (const way of ways) {
    const found = all.filter(way)
    if (found.length > 0 && found.length <= MOST_HINTS) return found.map(({ name }) => name)
  }
  const shorter = all
    .filter((one) => one.joined.length >= LEAST_PART)
    .filter((one) => joined.startsWith(one.joined) || joined.endsWith(one.joined))
    .toSorted((a, b) => b.joined.length - a.joined.length)
  return shorter.slice(0, 1).map(({ name }) => name)
}

/** `a`, `a or b`, `a, b or c`. */
export function orList(names: readonly string[]): string {
  return names.length < 2 ? names.join() : `${names.slice(0, -1).join(', ')} or ${names.at(-1)}`
}

/** `--chunkCount`, `CHUNK_COUNT` → `chunk`, `count`. */
function wordsOf(name: string): string[] {
  const apart = name.replace(/([a-z\d])([A-Z])/g, '$1-$2').toLowerCase()
  return apart.split(/[^a-z\d]+/).filter((word) => word !== '')
}

/** So many mistakes are made in a word of this length; with more it is another word. */
function reachOf({ length }: string): number {
  return length < 4 ? 0 : length < 6 ? 1 : length < 10 ? 2 : 3
}

function hasInOrder(words: readonly string[], given: readonly string[]): boolean {
  let at = 0
  for (const word of words) if (word === given[at]) at++
  return at === given.length
}

/** How many letters are wrong, missing, too many, or have changed places with their neighbour. */
function editDistance(a: string, b: string): number {
  const rows = [Array.from({ length: b.length + 1 }, (_, j) => j)]
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    for (let j = 1; j <= b.length; j++) {
      const [above, isSame] = [rows[i - 1]!, a[i - 1] === b[j - 1]]
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]
      row.push(
        Math.min(
          above[j - 1]! + (isSame ? 0 : 1),
          above[j]! + 1,
          row[j - 1]! + 1,
          swapped ? rows[i - 2]![j - 2]! + 1 : Number.POSITIVE_INFINITY,
        ),
      )
    }
    rows.push(row)
  }
  return rows[a.length]![b.length]!
}
