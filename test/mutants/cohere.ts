// Deliberate faults in what is served of Cohere's API and of Mistral's.
import type { Mutant } from './mutant.ts'

const CHAT = ['test/apis/coherechat.test.ts']
const EMBED = ['test/apis/cohereembed.test.ts']
const RERANK = ['test/apis/rerank.test.ts']

export const cohere: readonly Mutant[] = [
  {
    file: 'src/apis/coherechat.ts',
    from: "return kind === 'text' && calls.length > 0",
    to: "return kind === 'text' && calls.length > 1",
    tests: CHAT,
    why: 'a plan of one call is a text',
  },
  {
    file: 'src/apis/coherechat.ts',
    from: "said.sections.some(({ kind }) => kind === 'reasoning') ? 1 : 0",
    to: '0',
    tests: CHAT,
    why: 'thoughts and text have the same index',
  },
  {
    file: 'src/apis/coherechat.ts',
    from: '...(i === 0 ? [] : begin(section)),\n',
    to: '\n',
    tests: [...CHAT, 'test/apis/usage.test.ts'],
    why: 'what has no chunks ends without having begun',
  },
  {
    file: 'src/apis/coherechat.ts',
    from: "if (reason.kind === 'sequence') return 'STOP_SEQUENCE'",
    to: '',
    tests: CHAT,
    why: 'a stop is not told',
  },
  {
    file: 'src/apis/cohereembed.ts',
    from: 'inputs.length > MAX_INPUTS',
    to: 'inputs.length >= MAX_INPUTS',
    tests: EMBED,
    why: '96 inputs are too many',
  },
  {
    file: 'src/apis/cohereembed.ts',
    from: '0x80 >> (i & 7)',
    to: '1 << (i & 7)',
    tests: EMBED,
    why: 'the first bit is the last',
  },
  {
    file: 'src/apis/cohereembed.ts',
    from: 'Math.max(known, Math.abs(value))',
    to: 'Math.max(known, value)',
    tests: EMBED,
    why: 'negative numbers may leave the range',
  },
  {
    file: 'src/apis/cohereembed.ts',
    from: '[...new Set(forms as EmbeddingForm[])]',
    to: '(forms as EmbeddingForm[])',
    tests: EMBED,
    why: 'a form is written twice',
  },
  {
    file: 'src/apis/rerank.ts',
    from: 'b.relevance_score - a.relevance_score',
    to: 'a.relevance_score - b.relevance_score',
    tests: RERANK,
    why: 'the worst document comes first',
  },
  {
    file: 'src/apis/rerank.ts',
    from: 'Math.sqrt(query.size * document.size)',
    to: 'query.size',
    tests: RERANK,
    why: 'words that a document has besides cost nothing',
  },
  {
    file: 'src/apis/rerank.ts',
    from: 'results: results.slice(0, most)',
    to: 'results',
    tests: RERANK,
    why: 'top_n makes no difference',
  },
  {
    file: 'src/apis/rerank.ts',
    from: 'shared === 0 ? 0 : ',
    to: '',
    tests: RERANK,
    why: 'no words at all are no number',
  },
  {
    file: 'src/apis/ask.ts',
    from: 'ranking: ask.ranking && cleanRanking(ask.ranking),',
    to: '',
    tests: RERANK,
    why: 'a document may set a place',
  },
  {
    file: 'src/apis/reading/cohere.ts',
    from: "if (role === 'assistant' && (content ?? undefined) === undefined) continue",
    to: '',
    tests: ['test/apis/reading/cohere.test.ts'],
    why: 'an assistant that calls has to say something',
  },
  {
    file: 'src/apis/reading/cohere.ts',
    from: "format!['json_schema'] ?? format!['schema']",
    to: "format!['schema']",
    tests: ['test/apis/reading/cohere.test.ts'],
    why: 'a schema under its usual name is passed over',
  },
  {
    file: 'src/apis/mistral.ts',
    from: 'param !== undefined && status === 400',
    to: 'param !== undefined && status === 404',
    tests: ['test/apis/errors.test.ts', 'test/server/agents.test.ts'],
    why: 'a wrong field is a 400',
  },
  {
    file: 'src/apis/mistralchat.ts',
    from: 'isCut && end > upTo',
    to: 'isCut && end > upTo + 1',
    tests: CHAT,
    why: 'a call that is cut is called',
  },
  {
    file: 'src/apis/mistralchat.ts',
    from: 'index === ask.choices - 1 ? usageField',
    to: 'index === 0 ? usageField',
    tests: CHAT,
    why: 'the usage is not in the last chunk',
  },
  {
    file: 'src/apis/reading/mistral.ts',
    from: "{ ...part, image_url: { url: part['image_url'] } }",
    to: 'part',
    tests: ['test/apis/reading/mistral.test.ts'],
    why: 'an address of a picture is refused',
  },
  {
    file: 'src/apis/routes/paths.ts',
    from: 'agent.startsWith(begin)',
    to: 'agent.includes(begin)',
    tests: ['test/server/agents.test.ts', 'test/apis/lists.test.ts'],
    why: 'whoever names a client in passing is one',
  },
]

/** In src/server. */
export const agents: readonly Mutant[] = [
  {
    file: 'src/server/asks.ts',
    from: '(agent && pickers.get(agent)) ?? usual',
    to: 'usual',
    tests: ['test/server/agents.test.ts'],
    why: 'no client has rows of its own',
  },
  {
    file: 'src/server/decks.ts',
    from: 'return `${route.provider} ${nameOf(route)}`',
    to: 'return nameOf(route)',
    tests: ['test/server/agents.test.ts'],
    why: 'a reply to one client is an answer to another at the same path',
  },
  {
    file: 'src/server/answers.ts',
    from: 'const name = `${route.provider} ${route.method}',
    to: 'const name = `${route.method}',
    tests: ['test/server/agents.test.ts'],
    why: 'rules answer all clients of a path in the form of the first',
  },
  {
    file: 'src/server/desk.ts',
    from: 'one.provider === own.provider && ',
    to: '',
    tests: ['test/server/agents.test.ts'],
    why: 'with settings of its own a rule answers everybody in one form',
  },
]
