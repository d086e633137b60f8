import { expect, test } from 'bun:test'
import { generate } from 'selfsigned'
import { findConcerns, WEAK_SIGNATURE } from '../../src/fleet/certificate.ts'

const nowMs = Date.UTC(2026, 5, 1, 12)
const DAY_MS = 86_400_000

async function made(options: object): Promise<string> {
  const dates = { notBeforeDate: new Date(nowMs - DAY_MS), notAfterDate: new Date(nowMs + DAY_MS) }
  return (await generate([{ name: 'commonName', value: 'x' }], { algorithm: 'sha256', ...dates, ...options }))
    .cert
}

const good = await made({ keyType: 'ec' })

test.each([
  ['an elliptic curve', { keyType: 'ec' }, []],
  ['RSA of 2048 bits', {}, []],
  [
    'one that has expired',
    { notAfterDate: new Date(nowMs - 1000) },
    ['the certificate expired on 2026-06-01T11:59:59Z'],
  ],
  [
    'one of the future',
    { notBeforeDate: new Date(nowMs + 1000) },
    ['the certificate is not valid before 2026-06-01T12:00:01Z'],
  ],
  ['a short key', { keySize: 1024 }, ['the certificate has an RSA key of 1024 bits, and clients want 2048']],
  [
    'SHA-1',
    { algorithm: 'sha1' },
    ['the certificate is signed with sha1WithRSAEncryption, which clients refuse'],
  ],
  [
    'SHA-1 with a curve',
    { keyType: 'ec', algorithm: 'sha1' },
    ['the certificate is signed with ecdsa-with-SHA1, which clients refuse'],
  ],
])('%s', async (_, options, concerns) => {
  expect(findConcerns(await made(options), nowMs)).toEqual(concerns)
})

test('a chain: all of it is looked at, but for the signature of the root', async () => {
  const root = await made({ algorithm: 'sha1', notAfterDate: new Date(nowMs - 1000) })
  expect(findConcerns(`${good}\n${root}`, nowMs)).toEqual([
    'certificate 2 of the chain expired on 2026-06-01T11:59:59Z',
  ])
})

test.each([
  ['sha1WithRSAEncryption', true],
  ['ecdsa-with-SHA1', true],
  ['md5WithRSAEncryption', true],
  ['sha256WithRSAEncryption', false],
  ['ecdsa-with-SHA256', false],
  ['ecdsa-with-SHA512', false],
  ['ED25519', false],
])('the signature %s is weak: %j', (name, isWeak) => expect(WEAK_SIGNATURE.test(name)).toBe(isWeak))
