// Deliberate faults of the journal.
import type { Mutant } from './mutant.ts'

const folder = 'test/server/journal'
const ring = { file: 'src/server/journal/journal.ts', tests: [`${folder}/journal.test.ts`] }
const entry = { file: 'src/server/journal/entry.ts', tests: [`${folder}/journal.test.ts`] }
const through = ['journaled', 'journaledbodies', 'verdicts'].map((name) => `${folder}/${name}.test.ts`)
const filter = { file: 'src/server/journal/filter.ts', tests: [`${folder}/filter.test.ts`] }
const questions = { file: 'src/server/journal/questions.ts', tests: [`${folder}/filter.test.ts`] }
const secrets = { file: 'src/server/journal/secrets.ts', tests: [`${folder}/secrets.test.ts`] }
const said = { file: 'src/server/journal/said.ts', tests: [`${folder}/said.test.ts`] }
const told = { file: 'src/server/journal/told.ts', tests: [`${folder}/told.test.ts`] }
const tell = {
  file: 'src/server/journal/tell.ts',
  tests: ['told', 'said', 'secrets'].map((name) => `${folder}/${name}.test.ts`),
}
const routes = { file: 'src/server/journal/routes.ts', tests: through }
const judging = { file: 'src/server/journal/judging.ts', tests: [`${folder}/judging.test.ts`] }
const gate = { file: 'src/server/journal/gate.ts', tests: through }
const desk = { file: 'src/server/desk.ts', tests: through }

export const journaling: readonly Mutant[] = [
  {
    ...said,
    from: "if (thought === true || type === 'thinking') return true\n",
    to: '',
    why: 'what is thought is said',
  },
  {
    ...said,
    from: "type !== 'response.output_text.delta'",
    to: 'false',
    why: 'what is told again is said again',
  },
  { ...said, from: "data.join('\\n'))\n      data = []", to: "data.join('\\n'))", why: 'events grow' },
  {
    ...ring,
    from: 'this.#entries.length - this.#first > this.#most',
    to: 'this.#entries.length - this.#first > this.#most + 1',
    why: 'one more is kept',
  },
  { ...ring, from: ' || this.#taken > this.limit', to: '', why: 'it takes any memory' },
  {
    ...ring,
    from: 'this.#taken -= this.#entries[this.#first]!.weight\n',
    to: '',
    why: 'what was taken is never given back',
  },
  {
    ...ring,
    from: '    this.#first = 0\n    this.#taken',
    to: '    this.#taken',
    why: 'what is forgotten leaves a gap',
  },
  {
    ...ring,
    from: 'return there.length - this.#entries.length',
    to: 'return entries.length',
    why: 'what is not there is forgotten',
  },
  { ...ring, from: 'ledger: entry,', to: 'ledger: card.ledger,', why: 'nobody tells what clients do' },
  {
    ...entry,
    from: 'new Uint8Array(body.subarray(0, MOST_BODY_KEPT))',
    to: 'new Uint8Array(body)',
    why: 'a body is kept, however long',
  },
  {
    ...entry,
    from: 'new Uint8Array(body.subarray(0, MOST_BODY_KEPT))',
    to: 'body.subarray(0, MOST_BODY_KEPT)',
    why: 'the bytes of a body are shared',
  },
  {
    ...entry,
    from: 'if (this.bodyBytes > MOST_BODY_KEPT)',
    to: 'if (this.bodyBytes > 2 * MOST_BODY_KEPT)',
    why: 'the hash is that of the beginning',
  },
  {
    ...entry,
    from: '    this.#ledger?.complete()\n',
    to: '',
    why: 'the ledger of a pattern hears of no reply that is over',
  },
  { ...entry, from: '    this.#ledger?.deal()\n', to: '', why: 'the ledger of a pattern hears of no reply' },
  {
    ...entry,
    from: "    if (this.#reply === null) return\n    this.did = 'left'",
    to: "    this.did = 'left'",
    why: 'whoever has read all has left',
  },
  { ...entry, from: 'ms <= sinceMs', to: 'ms > sinceMs', why: 'a silence begins when it would end' },
  {
    ...entry,
    from: 'this.isCut ? textOfReply(reply)',
    to: '!this.isCut ? textOfReply(reply)',
    why: 'the text of what is whole is noted',
  },
  {
    file: 'src/server/engines/connection.ts',
    from: 'error === undefined && this.#playback',
    to: 'this.#playback',
    tests: through,
    why: 'who has gone has stayed',
  },
  {
    file: 'src/server/playback.ts',
    from: 'this.card.ledger?.stay?.()',
    to: '',
    tests: through,
    why: 'who has no more to say has left',
  },
  {
    ...gate,
    from: "? body : 'tooLarge')",
    to: '? body : body)',
    why: 'a body that is too large is looked into',
  },
  {
    ...gate,
    from: 'mostBytes,\n      keeps: true',
    to: 'mostBytes,\n      keeps: false',
    why: 'no body is kept',
  },
  {
    ...gate,
    from: 'const atMs = performance.now()',
    to: 'const atMs = 0',
    why: 'all requests came at the start',
  },
  {
    ...filter,
    from: 'path.startsWith(path.slice(0, -1))',
    to: 'path.startsWith(path)',
    why: 'a star is a star',
  },
  {
    ...filter,
    from: 'entry.status <= status[1]',
    to: 'entry.status < status[1]',
    why: 'no status is itself',
  },
  { ...filter, from: 'unixMs >= since', to: 'unixMs > since', why: 'what came at that moment did not' },
  { ...filter, from: 'limit >= 1 &&', to: 'limit >= 0 &&', why: 'pages may be empty' },
  {
    ...filter,
    from: 'text.slice(0, MOST_SESSION_CHARACTERS)',
    to: 'text',
    why: 'a long session is never found',
  },
  {
    ...questions,
    from: 'compareNewest(after, place) < 0',
    to: 'compareNewest(after, place) <= 0',
    why: 'a page begins with what ended the one before',
  },
  {
    ...questions,
    from: '.toSorted(compareNewest)\n  return take',
    to: '\n  return take',
    why: 'a page is in the order of bodies',
  },
  {
    ...questions,
    from: 'bytes > MOST_PAGE_BYTES && requests.length > 0',
    to: 'false',
    why: 'a page is of any size',
  },
  {
    ...questions,
    from: 'told.filter((one) => compareNewest(one, newestEnd) <= 0)',
    to: 'told',
    why: 'what a worker has not told is skipped',
  },
  {
    ...questions,
    from: 'page.hasMore || ends.length > 0',
    to: 'page.hasMore',
    why: 'what a worker has not told is never asked for',
  },
  {
    ...questions,
    from: 'return journal.forget(yield* find(journal, question.wanted))',
    to: 'return (yield* find(journal, question.wanted)).length',
    why: 'nothing is forgotten',
  },
  {
    ...secrets,
    from: 'if (isSecret(name)) return [name, hideValue(value)]',
    to: '',
    why: 'keys are shown',
  },
  { ...secrets, from: '|cookies?|', to: '|', why: 'cookies are shown' },
  {
    ...secrets,
    from: 'isSecretParameter(decode(part.slice(0, at)))',
    to: 'isSecretParameter(part.slice(0, at))',
    why: 'a key whose name is encoded is shown',
  },
  { ...secrets, from: 'hideProtocols(value) :', to: 'value :', why: 'the key of a browser is shown' },
  {
    ...secrets,
    from: ': hideInUrls(value)',
    to: ': value',
    why: 'the key of a page that links here is shown',
  },
  { ...secrets, from: '`${scheme} ${hashSecret(secret)}`', to: 'value', why: 'bearers are shown' },
  {
    ...said,
    from: 'role === undefined ? isAssistant :',
    to: 'role === undefined ? false :',
    why: 'parts of messages have not been said',
  },
  { ...said, from: ' || refuseJson(body) !== undefined', to: '', why: 'a deep body ends the worker' },
  { ...said, from: 'hash(text.trim(),', to: 'hash(text,', why: 'a space at the end is another text' },
  {
    ...told,
    from: 'Math.min(...waits)',
    to: 'Math.max(...waits)',
    why: 'whoever heeds one header is too early',
  },
  { ...told, from: 'seconds * 1000', to: 'seconds', why: 'seconds are milliseconds' },
  { ...told, from: 'Math.max(0, date - unixMs)', to: 'date - unixMs', why: 'a wait is less than nothing' },
  {
    ...told,
    from: 'if (status < 400) return NOTHING_TOLD\n',
    to: '',
    why: 'successes tell when to come back',
  },
  {
    ...tell,
    from: 'headers: hideHeaders(entry.headers),',
    to: 'headers: entry.headers,',
    why: 'all headers are shown',
  },
  {
    ...tell,
    from: 'query: hideQuery(entry.query),',
    to: 'query: entry.query,',
    why: 'the whole query is shown',
  },
  { ...tell, from: 'Number(attempt) - 1', to: 'Number(attempt)', why: 'a first attempt is a retry' },
  {
    ...tell,
    from: 'bodySha256, ...caller]',
    to: 'bodySha256]',
    why: 'clients with different keys are one',
  },
  { ...tell, from: "['x-amz-signature', 'x-amz-date']", to: '[]', why: 'a query signed anew asks anew' },
  {
    ...judging,
    from: "askAll({ kind: 'traces', wanted })",
    to: "askAll({ kind: 'traces', wanted: { ...wanted, upstream } })",
    why: 'of one upstream alone it is judged where its clients went',
  },
  {
    ...judging,
    from: 'if (missing <= 0) return verdict\n',
    to: 'return verdict\n',
    why: 'a part of what is kept is taken for all',
  },
  {
    ...judging,
    from: 'said: saidBy[trace.id] ?? []',
    to: 'said: []',
    why: 'nobody takes the beginning of an answer for all of it',
  },
  { ...routes, from: 'isGuarded: true,', to: '', why: 'anybody may read what others have asked' },
  {
    ...routes,
    from: 'if (askAll === null) return plain(providers.openai.error(404, OFF))\n',
    to: '',
    why: 'without a journal it fails',
  },
  {
    ...routes,
    from: 'hasMore && last !== undefined',
    to: 'last !== undefined',
    why: 'there is always another page',
  },
  {
    ...routes,
    from: 'wanted.text === undefined && !wantsText(head)',
    to: 'wanted.text === undefined',
    why: 'nobody is told in text who accepts it',
  },
  { ...desk, from: "route.role === 'health' ? picked :", to: '', why: 'health is kept' },
]
