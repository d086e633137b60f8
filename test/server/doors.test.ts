// Any base URL: which route a path comes to, behind whatever prefix; in whose form it is refused; and what was probably meant.
import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { catalogue } from '../../src/apis/catalogue.ts'
import { absentSegments } from '../../src/apis/routes/paths.ts'
import { readSettings } from '../../src/config/config.ts'
import { Router } from '../../src/server/match.ts'
import { headOf, lay } from './_desk.ts'

const routes = catalogue({ config: readSettings({}, {}), createdAt: 0 })
const router = new Router(
  routes.flatMap(({ method, paths, role }) =>
    paths.map((path) => ({
      method,
      path,
      anywhere: role !== 'health' && path === paths.at(-1),
      value: `${method} ${paths[0]}`,
    })),
  ),
  absentSegments,
)

const CHAT = 'POST /v1/chat/completions'
const CONVERSE = 'POST /model/{model}/converse'
const GEMINI = 'POST /v1beta/models/{model}:{verb}'
const PREDICT = 'POST /v1/publishers/google/models/{model}:predict'

describe('a path comes to', () => {
  test.each([
    ['POST', '/openai/v1/chat/completions', CHAT],
    ['POST', '/api/v1/chat/completions', CHAT],
    ['POST', '/api/chat/completions', CHAT],
    ['POST', '/inference/v1/chat/completions', CHAT],
    ['POST', '/v1beta/openai/chat/completions', CHAT],
    ['POST', '/compatible-mode/v1/chat/completions', CHAT],
    ['POST', '/v1/accounts/a/gateways/g/openai/chat/completions', CHAT],
    ['POST', '/models/org/name/v1/chat/completions', CHAT],
    ['POST', '/models/org/name:free/v1/chat/completions', CHAT],
    ['POST', '/openai/v1/completions', 'POST /v1/completions'],
    ['POST', '/openai/v1/responses', 'POST /v1/responses'],
    ['POST', '/openai/responses', 'POST /v1/responses'],
    ['POST', '/openai/v1/embeddings', 'POST /v1/embeddings'],
    ['GET', '/openai/models', 'GET /v1/models'],
    ['GET', '/openai/v1/models/a/b', 'GET /v1/models/{model}'],
    ['GET', '/openai/v1/models/gpt-oss:20b', 'GET /v1/models/{model}'],
    ['POST', '/anthropic/v1/messages', 'POST /v1/messages'],
    ['POST', '/anthropic/messages', 'POST /v1/messages'],
    ['POST', '/messages', 'POST /v1/messages'],
    ['POST', '/anthropic/v1/messages/count_tokens', 'POST /v1/messages/count_tokens'],
    [
      'POST',
      '/proxy/openai/deployments/d/chat/completions',
      'POST /openai/deployments/{deployment}/chat/completions',
    ],
    ['POST', '/openai/deployments/d/embeddings', 'POST /openai/deployments/{deployment}/embeddings'],
    ['POST', '/openai/deployments/d/e/embeddings', 'POST /v1/embeddings'],
    ['POST', '/openai/deployments/d/completions', 'POST /openai/deployments/{deployment}/completions'],
    ['POST', '/openai/deployments/d/responses', 'POST /openai/deployments/{deployment}/responses'],
    ['POST', '/models/gemini:generateContent', GEMINI],
    ['POST', '/v1/models/gemini:generateContent', GEMINI],
    ['POST', '/v1alpha/models/gemini:generateContent', GEMINI],
    ['POST', '/v1beta/models/org/gemini:generateContent', GEMINI],
    ['POST', '/v1beta1/projects/p/locations/l/publishers/google/models/gemini:generateContent', GEMINI],
    ['GET', '/google/v1beta/models', 'GET /v1beta/models'],
    ['GET', '/v1alpha/models', 'GET /v1/models'],
    ['POST', '/v1/projects/p/locations/l/publishers/google/models/text-embedding-005:predict', PREDICT],
    ['POST', '/publishers/google/models/e:predict', PREDICT],
    ['POST', '/v1beta/models/imagen:predict', GEMINI], // which refuses it
    ['GET', '/v1/chat/completions/chatcmpl-1', 'GET /v1/chat/completions/{id}'],
    ['GET', '/gw/chat/completions/completion_id', 'GET /v1/chat/completions/{id}'],
    ['GET', '/gw/v1/responses/compacted', 'GET /v1/responses/{id}'],
    ['POST', '/gw/v1/agents/completions', 'POST /v1/agents/completions'],
    ['POST', '/ollama/api/chat', 'POST /api/chat'],
    ['GET', '/ollama/api/tags', 'GET /api/tags'],
    ['POST', '/model/anthropic.claude-v2:1/converse', CONVERSE],
    ['POST', '/model/arn:aws:bedrock:us-east-1:1:inference-profile/us.a.b:0/converse', CONVERSE],
    ['POST', '/aws/bedrock/model/a/b/converse', CONVERSE],
    ['POST', '/model/a/converse-stream', 'POST /model/{model}/converse-stream'],
    ['POST', '/model/a/converse/invoke', 'POST /model/{model}/invoke'],
    ['POST', '/model/ /\n/invoke-with-response-stream', 'POST /model/{model}/invoke-with-response-stream'],
    ['GET', '/aws/foundation-models', 'GET /foundation-models'],
    ['GET', '/foundation-models/arn:aws:a/b', 'GET /foundation-models/{model}'],
    ['POST', '/v1/chat/completions', CHAT],
    ['POST', '/chat/completions', CHAT],
    ['GET', '/health', 'GET /health'],
    // not
    ['POST', '/x/v1/chat/completionss', undefined],
    ['POST', '/xchat/completions', 'POST /v1/completions'],
    ['POST', 'chat/completions', undefined],
    ['POST', '/x//chat/completions', undefined],
    ['POST', '//chat/completions', undefined],
    ['POST', '/v1/chat/completions/', undefined],
    ['GET', '/x/v1/chat/completions', undefined],
    ['POST', '/v1/chat/completions/chatcmpl-1', undefined],
    ['GET', '/v1/chat/completions/chatcmpl-1/messages', undefined],
    ['POST', '/v1/responses/compact', undefined],
    ['POST', '/v1/responses/compact/cancel', undefined],
    ['POST', '/v1/chat/completions/v1/chat/completions', undefined],
    ['POST', '/v1/chat/completions/chat/completions', undefined],
    ['POST', '/v1/chat/completions/embeddings', undefined],
    ['POST', '/v1/threads/t/messages', undefined],
    ['POST', '/v1/messages/batches', undefined],
    ['POST', '/v1/conversations/c/responses', undefined],
    ['POST', '/model//converse', undefined],
    ['POST', '/model/a/converse/', undefined],
    ['POST', '/model/a/count-tokens', undefined],
    ['POST', '/models/a/converse', undefined],
    ['POST', '/x/models/gemini:', undefined],
    ['POST', '/x/models/:generateContent', undefined],
    ['POST', '/openai/deployments//chat/completions', undefined],
    ['GET', '/x/health', undefined],
    ['GET', '/x/', undefined],
  ] as const)('%s %s: %s', (method, path, found) => expect(router.find(method, path)).toBe(found as string))

  test('any prefix of whole segments makes no difference', () =>
    fc.assert(
      fc.property(
        fc.array(fc.stringMatching(/^[\w.~:@%-]{1,8}$/), { maxLength: 5 }),
        fc.constantFrom(
          ...routes.filter(({ role, paths }) => role !== 'health' && !paths.at(-1)!.includes('{')),
        ),
        (segments, { method, paths }) => {
          if (segments.some((segment) => absentSegments.has(segment))) return
          const prefix = segments.map((segment) => `/${segment}`).join('')
          const found = router.find(method, prefix + paths.at(-1)!)
          // Only where prefix and end together are the longer end of another row, it is that.
          expect(found === `${method} ${paths[0]}` || found?.startsWith(method)).toBe(true)
        },
      ),
    ))

  test('what is a name in some path is no id', () => {
    const names = new Set([...absentSegments, ...routes.flatMap(({ paths }) => paths[0].split('/'))])
    for (const name of names)
      for (const base of ['/v1/responses', '/gw/responses', '/v1/chat/completions'])
        expect([name, router.find('GET', `${base}/${name}`), router.methods(`${base}/${name}`)]).toEqual([
          name,
          undefined,
          name === 'input_tokens' && !base.includes('chat') ? new Set(['POST']) : new Set(),
        ])
  })

  test('a path of 64 KB takes no time', () => {
    const hostile = [
      '/a'.repeat(32_768),
      '/models/'.repeat(8192),
      `/models/${':'.repeat(65_000)}/`,
      '/model/'.repeat(9362),
      `/model/${'/converse'.repeat(7281)}/`,
      '/'.repeat(65_536),
    ]
    const beganMs = performance.now()
    for (const path of hostile) {
      router.find('POST', path)
      router.methods(path)
      router.meant('POST', path)
    }
    expect(performance.now() - beganMs).toBeLessThan(2000) // with a search that backtracks it would be minutes
  })
})

describe('what was probably meant', () => {
  test.each([
    ['POST', '/v1/chat/completions/', '/v1/chat/completions'],
    ['POST', '/v1//chat/completions', '/v1/chat/completions'],
    ['POST', '//v1///chat/completions//', '/v1/chat/completions'],
    ['POST', '/gw//v1/chat/completions', '/gw/v1/chat/completions'],
    ['POST', '/v1/chat/completions/chat/completions', '/v1/chat/completions'],
    ['POST', '/v1/chat/completions/v1/chat/completions', '/v1/chat/completions'],
    ['POST', '/v1/chat/completions/embeddings', '/v1/embeddings'],
    ['POST', '/v1/chat/completion', '/v1/chat/completions'],
    ['GET', '/v1/chat/completions/models', '/v1/models'],
    ['POST', '/v1/responses/compact', undefined],
    ['GET', '/stats/', undefined],
    ['GET', '/helth', '/health'],
    ['POST', '/v1/foo', undefined],
    ['POST', '/v1/audio/speech', undefined],
    ['GET', '/nothing', undefined],
    ['POST', '/v1beta/models/g:unknownVerb', undefined],
    ['GET', '/v1beta/model', '/v1beta/models'],
    ['HEAD', '/v1beta/model', '/v1beta/models'],
    ['HEAD', '/v1/models/', '/v1/models'],
    ['POST', '/v1beta/model', undefined],
    ['GET', '/v1/chat/completion', undefined],
  ] as const)('%s %s: %s', (method, path, meant) =>
    expect(router.meant(method, path)).toEqual(meant === undefined ? [] : [meant]),
  )
})

test.each([...absentSegments])('what stays out, as %s, is not taken for what is spelled alike', (name) => {
  for (const path of [`/v1/${name}`, `/v1/responses/${name}`, `/v1/${name}/x`])
    expect([path, router.meant('POST', path)]).toEqual([path, []])
})

describe('whose form a refusal has', () => {
  const { desk } = lay({ reply: 'auto' })
  test.each([
    ['PUT', '/gw/v1/messages', {}, 405, 'anthropic'],
    ['PUT', '/gw/v1/messages', { 'x-goog-api-key': 'k' }, 405, 'anthropic'],
    ['PUT', '/gw/v1/chat/completions', { 'anthropic-version': '1' }, 405, 'openai'],
    ['PUT', '/v1beta/models', {}, 405, 'gemini'],
    ['PUT', '/ollama/api/chat', {}, 405, 'ollama'],
    ['PUT', '/v1/models', { 'anthropic-version': '1' }, 405, 'anthropic'],
    ['POST', '/anthropic/v1/nothing', {}, 404, 'openai'],
    ['POST', '/anthropic/v1/nothing', { 'anthropic-version': '1' }, 404, 'anthropic'],
    ['POST', '/v1beta/nothing', {}, 404, 'openai'],
    ['POST', '/v1beta1/projects/p/nothing', { 'x-goog-api-client': 'google-genai-sdk/3.1.0' }, 404, 'gemini'],
    ['POST', '/v1/responses/compact', {}, 404, 'openai'],
    ['POST', '/v1/chat/completions/chatcmpl-1', {}, 405, 'openai'],
    ['DELETE', '/v1/chat/completions/chatcmpl-1', {}, 405, 'openai'],
    ['DELETE', '/v1/models/mine', {}, 405, 'openai'],
    ['POST', '/v1beta/cachedContents', { 'x-goog-api-key': 'k' }, 404, 'gemini'],
    ['POST', '/v1beta/models/gemini:computeTokens', { 'x-goog-api-key': 'k' }, 404, 'gemini'],
    ['POST', '/v1beta/models/imagen:predict', { 'x-goog-api-key': 'k' }, 404, 'gemini'],
    ['POST', '/v1beta/models/gemini:nothing', { 'x-goog-api-key': 'k' }, 404, 'gemini'],
    ['POST', '/api/nothing', { 'user-agent': 'ollama-js/1' }, 404, 'ollama'],
    ['PUT', '/aws/model/a/converse', {}, 405, 'bedrock'],
    ['POST', '/model/a/count-tokens', { authorization: 'AWS4-HMAC-SHA256 Credential=a/b' }, 404, 'bedrock'],
  ] as const)('%s %s with %j: %d, %s', (method, path, headers, status, form) => {
    const choice = desk.match(method, path)(headOf(method, path, headers as Record<string, string>))
    if (choice.kind !== 'card') throw new Error(choice.kind)
    const body = new TextDecoder().decode(choice.reply.frames[0]!)
    expect([choice.reply.status, formOf(JSON.parse(body))]).toEqual([status, form])
  })
})

function formOf(body: { type?: string; error?: string | { status?: string } }): string {
  if (body.error === undefined) return 'bedrock'
  if (typeof body.error === 'string') return 'ollama'
  if (body.type === 'error') return 'anthropic'
  return body.error.status === undefined ? 'openai' : 'gemini'
}
