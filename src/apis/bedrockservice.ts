// What AWS Bedrock says besides a model's reply: exceptions, and which models there are.
// https://docs.aws.amazon.com/bedrock/latest/APIReference/CommonErrors.html
import type {
  FoundationModelDetails,
  GetFoundationModelResponse,
  ListFoundationModelsResponse,
} from '@aws-sdk/client-bedrock'
import type { Config } from '../config/config.ts'
import {
  type ErrorDetails,
  jsonAnswer,
  messageOf,
  MIDSTREAM_MESSAGE,
  type Setup,
  type StreamEvent,
  type WholeAnswer,
} from './api.ts'

/** The name of each status. */
const exceptions: Readonly<Record<number, string>> = {
  401: 'UnrecognizedClientException',
  403: 'AccessDeniedException',
  404: 'ResourceNotFoundException',
  405: 'UnknownOperationException',
  408: 'ModelTimeoutException',
  409: 'ConflictException',
  424: 'ModelErrorException',
  429: 'ThrottlingException',
  503: 'ServiceUnavailableException',
}

/** An exception as a status: its name is in a header. */
export function bedrockError(status: number, message: string, { headers }: ErrorDetails = {}): WholeAnswer {
  const name = exceptions[status] ?? (status >= 500 ? 'InternalServerException' : 'ValidationException')
  return jsonAnswer(status, { message }, { 'x-amzn-errortype': name, ...headers })
}

/** Those that a stream may break off with; all others are the model's. */
const streamExceptions: Readonly<Record<number, string>> = {
  400: 'validationException',
  408: 'modelTimeoutException',
  429: 'throttlingException',
  500: 'internalServerException',
  503: 'serviceUnavailableException',
}

/** The exception with which a stream breaks off, after so many events. */
export function streamException(_sent: number, status?: number): Pick<StreamEvent, 'event' | 'data'> {
  return {
    event: streamExceptions[status ?? 0] ?? 'modelStreamErrorException',
    data: JSON.stringify({ message: status === undefined ? MIDSTREAM_MESSAGE : messageOf(status) }),
  }
}

/** How long a reply of so many chunks is said to have taken, as the configured means have it; never 0, since clients divide by it. */
export function latencyMs({ ttftMs, chunkDelayMs }: Config, chunkCount: number): number {
  return Math.max(1, Math.round(ttftMs + chunkCount * chunkDelayMs))
}

/** `GET /foundation-models`. */
export function foundationModels({ config }: Setup): WholeAnswer {
  return jsonAnswer(200, {
    modelSummaries: config.model.map(describe),
  } satisfies ListFoundationModelsResponse)
}

/** `GET /foundation-models/{model}`. */
export function foundationModel(id: string): WholeAnswer {
  return jsonAnswer(200, { modelDetails: describe(id) } satisfies GetFoundationModelResponse)
}

function describe(modelId: string): FoundationModelDetails {
  return {
    modelArn: modelId.startsWith('arn:') ? modelId : `arn:aws:bedrock:us-east-1::foundation-model/${modelId}`,
    modelId,
    modelName: modelId,
    providerName: 'mock-llm-api',
    inputModalities: ['TEXT', 'IMAGE'],
    outputModalities: ['TEXT'],
    responseStreamingSupported: true,
    customizationsSupported: [],
    inferenceTypesSupported: ['ON_DEMAND'],
    modelLifecycle: { status: 'ACTIVE' },
  }
}

export function bedrockModelNotFound(_id: string): WholeAnswer {
  return bedrockError(404, 'Could not resolve the foundation model from the provided model identifier.')
}
