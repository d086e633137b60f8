// What is served of Google's Gemini API.
import type { Route, Setup } from '../api.ts'
import {
  embeddedTurns,
  geminiEmbedding,
  geminiEmbeddings,
  instanceTurns,
  readGeminiEmbedding,
  readGeminiEmbeddings,
  readVertexEmbeddings,
  vertexEmbeddings,
} from '../embeddingforms.ts'
import { generation, pickGeneration } from '../gemini.ts'
import { providers } from '../providers.ts'
import { generationTurns, readGeneration } from '../reading/gemini.ts'
import { pickModel, showModel } from './paths.ts'

export function geminiRoutes(setup: Setup): Route[] {
  return [
    {
      method: 'POST',
      paths: ['/v1beta/models/{model}:embedContent', '/models/{model}:embedContent'],
      provider: 'gemini',
      role: 'model',
      answer: geminiEmbedding,
      read: (body, head) => readGeminiEmbedding(setup, body, head),
      turns: embeddedTurns,
    },
    {
      method: 'POST',
      paths: ['/v1beta/models/{model}:batchEmbedContents', '/models/{model}:batchEmbedContents'],
      provider: 'gemini',
      role: 'model',
      answer: geminiEmbeddings,
      read: (body, head) => readGeminiEmbeddings(setup, body, head),
      turns: embeddedTurns,
    },
    {
      method: 'POST',
      paths: ['/v1/publishers/google/models/{model}:predict', '/publishers/google/models/{model}:predict'],
      provider: 'gemini',
      role: 'model',
      answer: vertexEmbeddings,
      read: (body, head) => readVertexEmbeddings(setup, body, head),
      turns: instanceTurns,
    },
    {
      method: 'POST',
      paths: ['/v1beta/models/{model}:{verb}', '/models/{model}:{verb}'],
      provider: 'gemini',
      role: 'model',
      pick: pickGeneration,
      answer: (ask, drawn) => generation(setup, ask, drawn),
      read: (body, head) => readGeneration(setup, body, head),
      turns: generationTurns,
    },
    {
      method: 'GET',
      paths: ['/v1beta/models'],
      provider: 'gemini',
      role: 'list',
      answer: () => providers.gemini.modelList(setup),
    },
    {
      method: 'GET',
      paths: ['/v1beta/models/{model}'],
      provider: 'gemini',
      role: 'list',
      pick: pickModel,
      answer: ({ model }) => showModel(setup, 'gemini', model),
    },
  ]
}
