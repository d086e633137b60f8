// What clients will not like about a certificate. Pure: PEM and the time in, words out.
import { X509Certificate } from 'node:crypto'

/** Clients refuse shorter RSA keys. */
export const LEAST_RSA_BITS = 2048

/** As `openssl` names algorithms, `ecdsa-with-SHA1` and `sha1WithRSAEncryption`; MD5 is older still. */
export const WEAK_SIGNATURE = /sha1|md5/i

/**
 * A sentence for each thing for which clients refuse it, the chain included; none for one that is in order.
 * @throws when a certificate of it cannot be read
 */
export function findConcerns(pem: string, nowMs: number): string[] {
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g) ?? []
  return blocks.flatMap((block, i) => {
    const certificate = new X509Certificate(block) as X509Certificate & { signatureAlgorithm?: string }
    const name = i === 0 ? 'the certificate' : `certificate ${i + 1} of the chain`
    const { validFromDate, validToDate, signatureAlgorithm = '', publicKey } = certificate
    const bits = publicKey.asymmetricKeyDetails?.modulusLength ?? LEAST_RSA_BITS
    const isRoot = i > 0 && certificate.subject === certificate.issuer // trusted as it is, not for its signature
    const found: string[] = []
    if (validToDate.getTime() < nowMs) found.push(`${name} expired on ${dateOf(validToDate)}`)
    if (validFromDate.getTime() > nowMs) found.push(`${name} is not valid before ${dateOf(validFromDate)}`)
    if (bits < LEAST_RSA_BITS)
      found.push(`${name} has an RSA key of ${bits} bits, and clients want ${LEAST_RSA_BITS}`)
    if (WEAK_SIGNATURE.test(signatureAlgorithm) && !isRoot)
      found.push(`${name} is signed with ${signatureAlgorithm}, which clients refuse`)
    return found
  })
}

function dateOf(date: Date): string {
  return `${date.toISOString().slice(0, 19)}Z`
}
