// The route table: which path answers with what.
import { jsonAnswer, type Route, type Setup, type WholeAnswer } from './api.ts'
import { chatStream } from './chat.ts'
import { errorAnswer, modelDetails, modelList, modelName, modelNotFound } from './openai.ts'

/** Every route, answered. Paths are exact; OpenAI's also stand without `/v1`, for clients whose base URL lacks it. */
export function catalogue(setup: Setup): Route[] {
  const openai: Route[] = [
    { method: 'POST', path: '/chat/completions', answer: (chunkCount) => chatStream(setup, chunkCount) },
    { method: 'GET', path: '/models', answer: () => modelList(setup) },
    { method: 'GET', path: `/models/${modelName}`, answer: () => modelDetails(setup) },
  ]
  return [
    ...openai.map((route) => ({ ...route, path: `/v1${route.path}` })),
    ...openai,
    { method: 'GET', path: '/health', answer: () => jsonAnswer(200, { status: 'ok' }) },
  ]
}

/**
 * The answer to a request that no route takes: 405 with `Allow` on a known path, else 404. `path` is decoded and has no query.
 */
export function unrouted(
  routes: readonly Pick<Route, 'method' | 'path'>[],
  method: string,
  path: string,
): WholeAnswer {
  const modelId = /^(?:\/v1)?\/models\/(.+)$/.exec(path)?.[1]
  if (modelId !== undefined && (method === 'GET' || method === 'HEAD')) return modelNotFound(modelId)
  const allowed = routes.filter((route) => route.path === path).map((route) => route.method)
  if (modelId !== undefined) allowed.push('GET')
  if (allowed.length === 0) return errorAnswer(404, `Invalid URL (${method} ${path})`)
  const allow = [...new Set(allowed)]
    .flatMap((known) => (known === 'GET' ? ['GET', 'HEAD'] : [known]))
    .join(', ')
  return errorAnswer(405, `Not allowed to ${method} on ${path} (allowed: ${allow})`, {
    code: 'method_not_allowed',
    headers: { Allow: allow },
  })
}
