import { expect, test } from 'bun:test'
import { acceptedCodings, prefersHtml } from '../../src/server/accept.ts'
import { named } from '../_helpers.ts'

const BROWSER = 'text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8'

test.each(
  named<readonly [accept: string | null, page: boolean]>([
    // browsers
    [BROWSER, true],
    ['text/html', true],
    ['TEXT/HTML', true],
    ['text/html; charset=utf-8', true],
    ['text/html;level=1;q=0.9, */*;q=0.1', true],
    ['text/html, */*; q=0.01', true],
    ['text/html, */*', true],
    ['text/*', true],
    ['application/json;q=0.5, text/html;q=0.6', true],
    ['text/html;q=0.001', true],
    // programs
    [null, false],
    ['', false],
    ['*/*', false],
    ['application/json', false],
    ['application/json, text/html;q=0.1', false],
    ['application/json, text/html', false],
    ['text/html, application/json', false],
    ['text/html;q=0.8, */*', false],
    ['text/*, */*', false],
    ['text/html;q=0', false],
    ['text/html;q=0, */*;q=0', false],
    ['text/html;q=0.0, text/*', false],
    ['text/plain', false],
    ['image/png,*/*;q=0.5', false],
    // what makes no sense
    ['html', false],
    ['text/html;q=2', false],
    ['text/html;q=', false],
    ['text/html;q=0.1234', false],
    ['text/html;q=-1', false],
    [',;,=;q', false],
    ['text / html', false],
    [`${BROWSER},${'x'.repeat(1000)}`, false],
  ]),
)('%s', (_, accept, page) => expect(prefersHtml(accept)).toBe(page))

test('the longest that is read', () => {
  expect(prefersHtml('text/html'.padEnd(1000))).toBe(true)
  expect(prefersHtml('text/html'.padEnd(1001))).toBe(false)
})

test.each(
  named<readonly [accept: string | null, accepted: string]>([
    // clients: browsers, fetch of Node and of Bun, httpx, Go
    ['gzip, deflate, br, zstd', 'gzip br'],
    ['br, gzip, deflate', 'gzip br'],
    ['gzip, deflate', 'gzip'],
    ['gzip', 'gzip'],
    ['GZIP;Q=0.5', 'gzip'],
    ['x-gzip', 'gzip'],
    ['*', 'gzip br'],
    ['*;q=0.1, br;q=0', 'gzip'],
    ['br;q=1.0, *;q=0', 'br'],
    // none
    [null, ''],
    ['', ''],
    ['identity', ''],
    ['gzip;q=0', ''],
    ['gzip;q=0.000, br; q=0', ''],
    ['*;q=0', ''],
    ['deflate, zstd', ''],
    // what makes no sense
    ['gzip;q=2', ''],
    ['gzip/br', ''],
    ['gzip br', ''],
    [',,;', ''],
    [`gzip${' '.repeat(1000)}`, ''],
  ]),
)('Accept-Encoding: %s', (_, accept, accepted) =>
  expect(acceptedCodings(accept, ['gzip', 'br']).join(' ')).toBe(accepted),
)

test('of what is not offered nothing is accepted', () => {
  expect(acceptedCodings('gzip, br', ['br'])).toEqual(['br'])
  expect(acceptedCodings('*', [])).toEqual([])
})
