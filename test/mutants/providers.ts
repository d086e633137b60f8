// Deliberate faults in what tells one provider from another.
import type { Mutant } from './mutant.ts'

export const providers: readonly Mutant[] = [
  {
    file: 'src/apis/embeddingforms.ts',
    from: 'ask.inputs.slice(i, i + 1)',
    to: 'ask.inputs',
    tests: ['test/clients/doors.test.ts'],
    why: 'each of Vertex’s embeddings counts the tokens of all',
  },
  {
    file: 'src/apis/body.ts',
    from: "Number.isInteger(value) ? 'an integer'",
    to: "Number.isInteger(value) ? 'a number'",
    tests: ['test/apis/fields.test.ts'],
    why: 'a whole number is not called as OpenAI calls it',
  },
  {
    file: 'src/apis/routes/paths.ts',
    from: "  ['gemini', 'x-goog-api-client'],\n",
    to: '',
    tests: ['test/apis/lists.test.ts'],
    why: 'clients of Vertex are not known',
  },
  {
    file: 'src/apis/groq.ts',
    from: 'const last = ask.choices - 1',
    to: 'const last = 0',
    tests: ['test/server/agents.test.ts'],
    why: 'the first of several choices tells Groq’s usage',
  },
  {
    file: 'src/apis/groq.ts',
    from: '[...begin(answer.opening)]',
    to: 'answer.opening',
    tests: ['test/server/agents.test.ts'],
    why: 'a stream that is opened early has no id of Groq’s',
  },
  {
    file: 'src/apis/content.ts',
    from: 'choice * CALLS + call',
    to: 'call',
    tests: ['test/apis/callids.test.ts'],
    why: 'the choices of Mistral’s share the ids of their calls',
  },
  {
    file: 'src/apis/coherecitations.ts',
    from: 'Math.min(end, upTo, start + sources.length)',
    to: 'Math.min(end, start + sources.length)',
    tests: ['test/apis/coherechat.test.ts'],
    why: 'what is not sent is cited',
  },
  {
    file: 'src/apis/coherecitations.ts',
    from: 'at + lengthOf(text) - lengthOf(text.trimStart())',
    to: 'at',
    tests: ['test/apis/coherechat.test.ts'],
    why: 'a citation begins with a space',
  },
  {
    file: 'src/apis/coherechat.ts',
    from: "plan === '' ? logprobsOf(said) : []",
    to: 'logprobsOf(said)',
    tests: ['test/apis/coherechat.test.ts'],
    why: 'a plan is told with its probabilities, which no stream tells',
  },
]
