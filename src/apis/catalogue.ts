// The route table: which path answers with what, for whom.
import { baseUrls } from '../config/baseurls.ts'
import { formatAddress } from '../config/format.ts'
import type { Upstream } from '../config/upstreams.ts'
import { jsonAnswer, type RequestHead, type Route, type Setup, type WholeAnswer } from './api.ts'
import type { ProviderName } from './ask.ts'
import { providers } from './providers.ts'
import { anthropicRoutes } from './routes/anthropic.ts'
import { bedrockRoutes } from './routes/bedrock.ts'
import { cohereRoutes } from './routes/cohere.ts'
import { geminiRoutes } from './routes/gemini.ts'
import { groqRoutes } from './routes/groq.ts'
import { mistralRoutes } from './routes/mistral.ts'
import { ollamaRoutes } from './routes/ollama.ts'
import { openaiRoutes } from './routes/openai.ts'

/** Every route. Models and lists answer behind any prefix too, by the last path of their row: see server/match.ts. */
export function catalogue(setup: Setup): Route[] {
  const routes = apiRoutes(setup)
  return [
    ...routes,
    {
      method: 'GET',
      paths: ['/health', '/healthz'],
      provider: 'openai',
      role: 'health',
      open: true,
      answer: () => jsonAnswer(200, { status: 'ok' }),
    },
    {
      method: 'GET',
      paths: ['/readyz'],
      provider: 'openai',
      role: 'health',
      open: true,
      waits: true,
      answer: () => jsonAnswer(200, { status: 'ok' }),
    },
    {
      method: 'GET',
      paths: ['/'],
      provider: 'openai',
      role: 'health',
      open: true,
      ...(!setup.config.noPage && { page: true }),
      answer: () =>
        jsonAnswer(200, describeService(setup, routes), setup.config.noPage ? {} : { Vary: 'Accept' }),
    },
  ]
}

/** For whoever asks what this is: the base URLs that programs are given, the models, and what is served. */
function describeService({ config, upstream }: Setup, routes: readonly Route[]): object {
  const { name = '', prefix = '', all = [] } = upstream ?? {}
  return {
    service: 'mock-llm-api',
    ...(name !== '' && {
      upstream: name,
      upstreams: Object.fromEntries(all.map((one) => [one.name, placeOf(one)])),
    }),
    base_urls: Object.fromEntries(baseUrls.map(({ id, path }) => [id, `${prefix}${path || '/'}`])),
    models: config.model,
    endpoints: routes.filter(({ isForOwn }) => !isForOwn).map(({ method, paths }) => `${method} ${paths[0]}`),
    numbers: ['/stats', '/metrics', '/health'],
  }
}

/** `/slow`, `127.0.0.1:9002` or both. */
function placeOf({ listen, prefix }: Pick<Upstream, 'listen' | 'prefix'>): string {
  return listen === null ? prefix || '/' : `${formatAddress(listen)}${prefix}`
}

function apiRoutes(setup: Setup): Route[] {
  return [
    ...openaiRoutes(setup),
    ...anthropicRoutes(setup),
    ...geminiRoutes(setup),
    ...ollamaRoutes(setup),
    ...bedrockRoutes(setup),
    ...cohereRoutes(setup),
    ...mistralRoutes(setup),
    ...groqRoutes(setup),
  ]
}

/**
 * The answer to a request that no route takes: 405 when its path is known to other methods, `allowed`, else 404, with a `hint` where
 * there is one.
 */
export function unrouted(
  name: ProviderName,
  head: Pick<RequestHead, 'method' | 'path' | 'header'>,
  allowed: ReadonlySet<string>,
  hint?: string,
): WholeAnswer {
  const { method, path } = head
  const provider = providers[name]
  if (allowed.size === 0)
    return provider.error(
      404,
      [`Invalid URL (${method} ${path})`, ...(hint === undefined ? [] : [hint])].join(': '),
    )
  // With a 405 some programs try again and again before they do without.
  if (head.header('upgrade')?.toLowerCase() === 'websocket')
    return provider.error(426, 'There are no WebSockets here: send a POST request instead.', {
      headers: { Upgrade: 'HTTP/1.1' },
    })
  const allow = [...allowed].flatMap((one) => (one === 'GET' ? ['GET', 'HEAD'] : [one])).join(', ')
  return provider.error(405, `Not allowed to ${method} on ${path} (allowed: ${allow})`, {
    code: 'method_not_allowed',
    headers: { Allow: allow },
  })
}
