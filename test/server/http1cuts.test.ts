// The readers of HTTP/1.x requests: it does not matter how the bytes are cut.
import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { CHUNKED } from '../../src/server/engines/bytes.ts'
import { byteByByte, cutAt, NEXT, read, type Seen, whole } from './_http1.ts'

describe('any way of cutting the bytes', () => {
  const bytesOf = (alphabet: string, from: number, to: number): fc.Arbitrary<string> =>
    fc.string({ unit: fc.constantFrom(...alphabet), minLength: from, maxLength: to })
  const range = (from: number, to: number): string =>
    Array.from({ length: to - from + 1 }, (_, index) => String.fromCharCode(from + index)).join('')

  const TOKEN = "!#$%&'*+-.^_`|~0123456789ABCXYZabcxyz"
  const token = bytesOf(TOKEN, 1, 8)
  const space = bytesOf(' \t', 0, 3)
  const value = bytesOf(`\t${range(0x20, 0x7e)}${range(0x80, 0xff)}`, 0, 20).map((text) =>
    text.replace(/^[ \t]+|[ \t]+$/g, ''),
  )
  const path = bytesOf(range(0x21, 0x7e) + range(0x80, 0xff), 0, 20).map((text) => `/${text}`)
  const anyCase = (text: string): fc.Arbitrary<string> =>
    fc.mixedCase(fc.constant(text), { untoggleAll: (lower) => lower })
  const payload = bytesOf(`\r\n0;:${range(0, 0xff)}`, 0, 30)

  /** A header line, and the name and value it stands for. `x-` keeps it apart from those that mean something. */
  const header = fc
    .record({ name: token, before: space, value, after: space })
    .map(({ name, before, value, after }) => ({
      line: `X-${name}:${before}${value}${after}\r\n`,
      name: `x-${name.toLowerCase()}`,
      value,
    }))

  const meaningful = fc
    .record({
      connection: fc.constantFrom(null, 'close', 'keep-alive', 'TE, close', 'upgrade ,\tCLOSE'),
      expects: fc.boolean(),
    })
    .map(({ connection, expects }) => ({
      lines: [
        ...(connection === null ? [] : [`Connection: ${connection}\r\n`]),
        ...(expects ? ['expect:100-continue\r\n'] : []),
      ],
      closes: /close/i.test(connection ?? ''),
      expects,
    }))

  const extension = fc.oneof(
    token.map((name) => `;${name}`),
    fc.tuple(token, token).map(([name, text]) => `;${name}=${text}`),
    fc
      .tuple(token, value)
      .map(([name, text]) => `;${name}="${text.replace(/["\\]/g, (awkward) => `\\${awkward}`)}"`),
  )
  const extensions = fc.array(extension, { maxLength: 2 }).map((all) => all.join(''))
  const chunk = fc
    .record({
      data: payload.filter((data) => data !== ''),
      zeros: fc.nat(3),
      extensions,
      upper: fc.boolean(),
    })
    .map(({ data, zeros, extensions, upper }) => {
      const digits = data.length.toString(16)
      return {
        data,
        text: `${'0'.repeat(zeros)}${upper ? digits.toUpperCase() : digits}${extensions}\r\n${data}\r\n`,
      }
    })

  const body = fc.oneof(
    fc.constant({ line: '', text: '', payload: '', length: 0 }),
    payload.map((text) => ({
      line: `Content-Length: ${text.length}\r\n`,
      text,
      payload: text,
      length: text.length,
    })),
    fc
      .tuple(fc.array(chunk, { maxLength: 3 }), extensions, fc.array(header, { maxLength: 2 }))
      .chain(([chunks, last, trailers]) =>
        anyCase('chunked').map((coding) => ({
          line: `Transfer-Encoding: ${coding}\r\n`,
          text: `${chunks.map(({ text }) => text).join('')}0${last}\r\n${trailers.map(({ line }) => line).join('')}\r\n`,
          payload: chunks.map(({ data }) => data).join(''),
          length: CHUNKED,
        })),
      ),
  )

  const request = fc
    .record({
      stray: fc.constantFrom('', '\r\n'),
      method: fc.oneof(fc.constantFrom('GET', 'POST', 'HEAD', 'OPTIONS', 'PUT', 'DELETE', 'PATCH'), token),
      path,
      origin: fc.constantFrom('', '', 'http://o.example:80', 'HTTPS://o'),
      minor: fc.constantFrom(1, 1, 0),
      headers: fc.array(header, { maxLength: 4 }),
      meaningful,
      body,
    })
    .map(({ stray, method, path, origin, minor, headers, meaningful, body }) => {
      // HTTP/1.0 knows no chunks.
      const sent =
        minor === 0 && body.length === CHUNKED
          ? { ...body, line: '', text: '', payload: '', length: 0 }
          : body
      const lines = [sent.line, ...headers.map(({ line }) => line), 'hOST: x\r\n', ...meaningful.lines].join(
        '',
      )
      const text = `${stray}${method} ${origin}${path} HTTP/1.${minor}\r\n${lines}\r\n${sent.text}`
      const values = Map.groupBy(headers, ({ name }) => name)
      const expected: Seen = {
        method,
        target: path,
        minor,
        length: sent.length,
        keepAlive: minor === 1 && !meaningful.closes,
        expectsContinue: minor === 1 && meaningful.expects,
        headers: {
          host: 'x',
          'x-': null,
          ...Object.fromEntries(
            [...values].map(([name, all]) => [name, all.map(({ value }) => value).join(', ')]),
          ),
        },
        payload: sent.payload,
        end: text.length,
      }
      return { text, expected }
    })

  const cuts = fc.array(fc.nat(), { maxLength: 8 })

  test('what follows the rules is read as it was meant', () => {
    fc.assert(
      fc.property(request, cuts, ({ text, expected }, places) => {
        const all = text + NEXT
        const names = Object.keys(expected.headers)
        const reading = read(whole(all), names)
        expect(reading.outcome).toBe('between requests')
        expect(reading.requests).toHaveLength(2)
        expect(reading.requests[0]).toEqual(expected)
        expect(reading.requests[1]).toMatchObject({
          method: 'GET',
          target: '/next',
          length: 0,
          end: all.length,
        })
        expect(read(byteByByte(all), names)).toEqual(reading)
        expect(read(cutAt(all, places), names)).toEqual(reading)
      }),
      { numRuns: 300 },
    )
  })

  /** One change: bytes flipped, cut out or doubled, or something awkward put in. */
  const mutation = fc.record({
    at: fc.nat(),
    length: fc.nat(8),
    put: fc.oneof(
      fc.constantFrom(
        '',
        '\r\n',
        '\n',
        '\r',
        '\0',
        ' ',
        ':',
        '"',
        ';',
        ',',
        '\xff',
        '0\r\n\r\n',
        '99999999999999999',
      ),
      fc.constantFrom(
        'Transfer-Encoding: chunked\r\n',
        'Content-Length: 3\r\n',
        'Expect: tea\r\n',
        'HTTP/2.0',
      ),
      bytesOf(range(0, 0xff), 1, 1),
    ),
    doubles: fc.boolean(),
  })

  test('what breaks them is refused, or read, in the same way', () => {
    const outcomes = new Map<string, number>()
    fc.assert(
      fc.property(
        request,
        fc.array(mutation, { minLength: 1, maxLength: 3 }),
        cuts,
        ({ text }, mutations, places) => {
          let all = text + NEXT
          for (const { at, length, put, doubles } of mutations) {
            const place = at % all.length
            all =
              all.slice(0, doubles ? place + length : place) +
              put +
              all.slice(doubles ? place : place + length)
            if (all === '') return
          }
          const reading = read(whole(all), ['host', 'x-a'])
          expect(read(byteByByte(all), ['host', 'x-a'])).toEqual(reading)
          expect(read(cutAt(all, places), ['host', 'x-a'])).toEqual(reading)
          outcomes.set(reading.outcome, (outcomes.get(reading.outcome) ?? 0) + 1)
        },
      ),
      { numRuns: 600 },
    )
    expect(outcomes.size).toBeGreaterThan(8) // or the mutations would test nothing
  })
})
