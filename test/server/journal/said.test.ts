// What a reply says, as far as a verdict needs it.
import { describe, expect, test } from 'bun:test'
import { saidIn, textOfReply } from '../../../src/server/journal/said.ts'
import { ask, cardOf, lay } from '../_desk.ts'
import { stream } from '../_playback.ts'

describe('the text of a stream', () => {
  const sent = (...frames: string[]) =>
    stream(frames.length, () => 0, {
      frames: frames.map((one) => new TextEncoder().encode(one)),
      marks: frames.map((_, step) => ({ part: 'content', step, events: 1 })),
    })
  const hashOf = (text: string): string => (Bun.SHA256.hash(text, 'hex') as unknown as string).slice(0, 16)

  test.each([
    [
      'chat',
      [
        'data: {"choices":[{"delta":{"role":"assistant","content":"a"}}]}\n\n',
        'data: {"choices":[{"delta":{"content":" b"}}]}\n\n',
      ],
      'a b',
    ],
    [
      'Anthropic',
      [
        'event: content_block_delta\ndata: {"type":"content_block_delta","delta":{"type":"text_delta","text":"a"}}\n\n',
      ],
      'a',
    ],
    ['Responses', ['event: x\ndata: {"type":"response.output_text.delta","delta":"a"}\n\n'], 'a'],
    ['Gemini', ['data: {"candidates":[{"content":{"parts":[{"text":"a"}],"role":"model"}}]}\r\n\r\n'], 'a'],
    ['Ollama', ['{"message":{"role":"assistant","content":"a"},"done":false}\n', '{"response":"b"}\n'], 'ab'],
    [
      'Gemini without SSE',
      [
        '[{"candidates":[{"content":{"parts":[{"text":"a"}]}}]}\n',
        ',\n{"candidates":[{"content":{"parts":[{"text":"b"}]}}]}\n]',
      ],
      'ab',
    ],
    [
      'over several lines, ended by any of the three',
      ['event: x\rdata: {\rdata:  "text": "a"\rdata:}\r\r', ': c\r\ndata:{\r\ndata: "text":"b"}\r\n\r\n'],
      'ab',
    ],
    [
      'Mistral, thinking',
      [
        'data: {"choices":[{"delta":{"content":[{"type":"thinking","thinking":[{"type":"text","text":"x"}]}]}}]}\n\n',
        'data: {"choices":[{"delta":{"content":"a"}}]}\n\n',
      ],
      'a',
    ],
    ['in pieces', ['data: {"choices":[{"del', 'ta":{"content":"a"}}]}\n\n'], 'a'],
    ['broken', ['data: {"choices":[{"delta":{"content":"a"}}]}\n\n', 'data: {"choices":[{"del'], 'a'],
    [
      'with reasoning',
      [
        'data: {"choices":[{"delta":{"reasoning_content":"x"}}]}\n\n',
        'data: {"choices":[{"delta":{"content":"a"}}]}\n\n',
      ],
      'a',
    ],
  ] as const)('%s', (_, frames, text) => expect(textOfReply(sent(...frames))).toBe(hashOf(text)))

  const chats = [
    '/v1/chat/completions',
    '/v1/responses',
    '/v1/messages',
    '/v1beta/models/m:streamGenerateContent',
    '/v1beta/models/m:streamGenerateContent?alt=sse',
    '/api/chat',
    '/v2/chat',
  ]
  test.each([...chats, '/v1/completions', '/api/generate'])('is found in what is really sent: %s', (path) => {
    for (const fault of ['abort:2', 'error:2', 'split:7+end:2', 'multiline+end:2', 'multiline+cr+abort:2'])
      expect(textOfReply(cardOf(ask(lay({ fault }), path)).reply)).toBe(hashOf('Hello world'))
  })

  test.each(chats)('without what is thought, asked of tools, or told again: %s', (path) => {
    const textOf = (content: string, fault: string): string | null =>
      textOfReply(cardOf(ask(lay({ fault, content, chunkCount: '8' }), path)).reply)
    expect(textOf('reasoning', 'end:6')).toBe(hashOf('reply was'))
    expect(textOf('reasoning', 'end:2')).toBeNull()
    const isPlan = path === '/v2/chat' // it says what it is up to
    expect(textOf('text+tools', 'end:7')).toBe(isPlan ? null : hashOf('Hello world, this'))
  })

  test.each([[[]], [['data: [DONE]\n\n']], [['\x00\x01']], [['data: {"a":1}\n\n']]])(
    '%j says nothing',
    (frames) => expect(textOfReply(sent(...frames))).toBeNull(),
  )

  test.each<[unknown, string[]]>([
    [{ messages: [{ role: 'user', content: 'a' }] }, []],
    [
      {
        messages: [
          { role: 'user', content: 'a' },
          { role: 'assistant', content: ' b ' },
        ],
      },
      ['b'],
    ],
    [
      {
        messages: [
          {
            role: 'assistant',
            content: [
              { type: 'text', text: 'b' },
              { type: 'text', text: 'c' },
            ],
          },
        ],
      },
      ['b', 'c'],
    ],
    [
      {
        contents: [
          { role: 'model', parts: [{ text: 'b' }] },
          { role: 'user', parts: [{ text: 'a' }] },
        ],
      },
      ['b'],
    ],
    [
      { input: [{ type: 'message', role: 'assistant', content: [{ type: 'output_text', text: 'b' }] }] },
      ['b'],
    ],
    [{ messages: [{ role: 'assistant', content: [{ role: 'user', content: 'a' }] }] }, []],
    ['"assistant"', []],
    [[], []],
  ])('%j says that the assistant has said', (body, texts) =>
    expect(saidIn(new TextEncoder().encode(JSON.stringify(body)))).toEqual(texts.map(hashOf)),
  )

  test.each([
    '{"role":"assistant"',
    `"assistant"${'['.repeat(60_000)}`,
    `${'{"role":"assistant","content":"x","a":'.repeat(600)}""${'}'.repeat(600)}`,
  ])('what is no JSON, or deep, says nothing', (body) =>
    expect(saidIn(new TextEncoder().encode(body))).toEqual([]),
  )
})
