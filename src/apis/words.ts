// The text of every reply.

/** One word per content chunk, dealt in a circle. The first 18, the default count, are one sentence. */
const words = (
  'Hello world and welcome: this reply was prepared before you asked, so every word arrives exactly on time.' +
  ' Nothing here is generated, nothing is random, and the next answer is the same.\n'
).split(/(?= )/)

/** How many chunks it takes until the text repeats. */
export const wordCount: number = words.length

/** The text of content chunk `index` (from 0). */
export function wordAt(index: number): string {
  return words[index % words.length]!
}
