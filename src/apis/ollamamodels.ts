// What Ollama tells of its models, and how it fetches one. https://github.com/ollama/ollama/blob/main/docs/api.md
import { type Answer, jsonAnswer, type Setup, type StreamEvent, type WholeAnswer } from './api.ts'
import type { Ask } from './ask.ts'
import { DIGEST, failure, MODEL_BYTES, modelOf } from './ollama.ts'

/** `POST /api/show`. */
export function ollamaShow(setup: Setup, { model }: Ask): WholeAnswer {
  const { details, modified_at } = modelOf(setup, model)
  return jsonAnswer(200, {
    modelfile: `# Modelfile of ${model}\nFROM ${model}\n`,
    parameters: 'stop "</s>"',
    template: '{{ .Prompt }}',
    license: 'MIT',
    details,
    model_info: {
      'general.architecture': 'mock',
      'general.parameter_count': 8_000_000_000,
      'mock.context_length': 131_072,
    },
    capabilities: ['completion', 'tools', 'thinking', 'embedding'],
    modified_at,
  })
}

/** `GET /api/ps`: all models are loaded, until long after the run. */
export function ollamaRunning(setup: Setup): WholeAnswer {
  const models = setup.config.model.map((name) => {
    const { modified_at: _, ...model } = modelOf(setup, name)
    return { ...model, expires_at: '2100-01-01T00:00:00Z', size_vram: MODEL_BYTES, context_length: 131_072 }
  })
  return jsonAnswer(200, { models })
}

/** `POST /api/pull`: a chunk is a line of progress. */
export function ollamaPull({ stream }: Ask, drawn: number): Answer {
  if (!stream) return { ...jsonAnswer(200, { status: 'success' }), step: drawn }
  const line = (status: string, rest: object = {}): string => JSON.stringify({ status, ...rest })
  const content = (): StreamEvent[] =>
    Array.from({ length: drawn }, (_, i) => {
      const completed = Math.round((MODEL_BYTES * (i + 1)) / drawn)
      const data = line(`pulling ${DIGEST.slice(0, 12)}`, {
        digest: `sha256:${DIGEST}`,
        total: MODEL_BYTES,
        completed,
      })
      return { data, step: i, part: 'content' }
    })
  return {
    kind: 'stream',
    status: 200,
    framing: 'ndjson',
    drawn,
    upTo: drawn,
    opening: [{ data: line('pulling manifest'), step: 0 }],
    content,
    ending: [
      { data: line('verifying sha256 digest'), step: drawn },
      { data: line('writing manifest'), step: drawn },
      { data: line('success'), step: drawn, part: 'last' },
    ],
    failure,
  }
}
