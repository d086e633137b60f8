// The certificates that are made or given: for whom they are, and whom clients must trust.
import { afterAll, describe, expect, test } from 'bun:test'
import { X509Certificate } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { generate } from 'selfsigned'
import { type GivenFlags, readSettings } from '../../src/config/config.ts'
import { type Identity, prepareIdentity } from '../../src/fleet/tls.ts'
import { temporaryFolder } from '../_helpers.ts'

const folder = temporaryFolder()
const made: Identity[] = []
afterAll(() => {
  for (const identity of made) identity.remove()
  folder.remove()
})

async function identityOf(flags: GivenFlags): Promise<Identity> {
  const identity = (await prepareIdentity(readSettings(flags, {})))!
  made.push(identity)
  return identity
}

const always = 'DNS:localhost, IP Address:127.0.0.1, IP Address:0:0:0:0:0:0:0:1'

test.each([
  ['127.0.0.1:0', always],
  ['localhost:0', always],
  [':0', always],
  ['[::]:0', always],
  ['[::1]:0', always],
  ['10.1.2.3:0', `${always}, IP Address:10.1.2.3`],
  ['mock.example:0', `${always}, DNS:mock.example`],
])('--tls on %s: %s', async (listen, names) => {
  const { cert, selfSigned } = await identityOf({ tls: 'true', listen })
  const certificate = new X509Certificate(cert)
  expect(certificate.subjectAltName).toBe(names)
  expect(certificate.ca).toBe(true) // clients take it for their authority
  expect(selfSigned).toBe(true)
})

describe('a certificate that an authority has signed', async () => {
  const subject = [{ name: 'commonName', value: 'x' }]
  const authority = await generate([{ name: 'commonName', value: 'authority' }], {
    algorithm: 'sha256',
    extensions: [{ name: 'basicConstraints', cA: true }],
  })
  const signed = await generate(subject, {
    algorithm: 'sha256',
    ca: { key: authority.private, cert: authority.cert },
  })
  const [tlsCert, tlsKey] = [join(folder.path, 'signed.pem'), join(folder.path, 'signed.key')]
  writeFileSync(tlsKey, signed.private)

  test('needs no trust of its own', async () => {
    writeFileSync(tlsCert, `${signed.cert}\n${authority.cert}`)
    expect(await identityOf({ tlsCert, tlsKey })).toMatchObject({ isOurs: false, selfSigned: false })
  })

  test.each([
    ['is cut', (chain: string) => chain.slice(0, -60)],
    ['is no certificate', () => '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----'],
  ])('whose chain %s is refused', async (_, spoil) => {
    writeFileSync(tlsCert, `${signed.cert}\n${spoil(authority.cert)}`)
    await expect(identityOf({ tlsCert, tlsKey })).rejects.toThrow(`cannot use --tls-cert ${tlsCert}: `)
  })
})
