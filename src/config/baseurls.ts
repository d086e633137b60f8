// What clients of each provider are given as base URL, host or endpoint: the address of the mock, and the path that they have by default.

export interface BaseUrl {
  readonly id: string
  readonly name: string
  /** Behind the address; empty where the client adds all of it. */
  readonly path: string
}

export const baseUrls: readonly BaseUrl[] = [
  { id: 'openai', name: 'OpenAI', path: '/v1' },
  { id: 'anthropic', name: 'Anthropic', path: '' },
  { id: 'gemini', name: 'Gemini', path: '' },
  { id: 'ollama', name: 'Ollama', path: '' },
  { id: 'azure', name: 'Azure OpenAI', path: '' },
  { id: 'bedrock', name: 'AWS Bedrock', path: '' },
  { id: 'cohere', name: 'Cohere', path: '' },
  { id: 'mistral', name: 'Mistral', path: '' },
  { id: 'groq', name: 'Groq', path: '' },
  { id: 'deepseek', name: 'DeepSeek', path: '' },
  { id: 'fireworks', name: 'Fireworks', path: '/inference/v1' },
  { id: 'openrouter', name: 'OpenRouter', path: '/api/v1' },
  { id: 'xai', name: 'xAI', path: '/v1' },
]
