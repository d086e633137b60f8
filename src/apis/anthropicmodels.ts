// Anthropic's models. https://docs.anthropic.com/en/api/models-list
import type Anthropic from '@anthropic-ai/sdk'
import { jsonAnswer, type Setup, type WholeAnswer } from './api.ts'

/** `GET /v1/models` in Anthropic's form. */
export function anthropicModelList(setup: Setup): WholeAnswer {
  const data = setup.config.model.map((id) => model(setup, id))
  return jsonAnswer(200, { data, has_more: false, first_id: data[0]!.id, last_id: data.at(-1)!.id })
}

/** `GET /v1/models/{id}` in Anthropic's form. */
export function anthropicModel(setup: Setup, id: string): WholeAnswer {
  return jsonAnswer(200, model(setup, id))
}

function model({ createdAt }: Setup, id: string): Anthropic.ModelInfo {
  return {
    type: 'model',
    id,
    display_name: id,
    created_at: new Date(createdAt * 1000).toISOString(),
    lifecycle: 'active',
    deprecated_at: null,
    retires_at: null,
    line: null,
    max_input_tokens: 200_000,
    max_tokens: 64_000,
    capabilities: CAPABILITIES,
  }
}

const [YES, NO] = [{ supported: true }, { supported: false }] as const

/** What the mock does. */
const CAPABILITIES: Anthropic.ModelInfo['capabilities'] = {
  batch: NO,
  citations: NO,
  code_execution: NO,
  context_management: {
    ...NO,
    clear_thinking_20251015: null,
    clear_tool_uses_20250919: null,
    compact_20260112: null,
  },
  effort: { ...YES, low: YES, medium: YES, high: YES, max: YES, xhigh: null },
  image_input: YES,
  pdf_input: YES,
  server_tools: { ...NO, code_execution: NO, web_search: NO },
  structured_outputs: YES,
  thinking: { ...YES, types: { adaptive: YES, between_tools: YES, disabled: YES, enabled: YES } },
}
