// What TLS means on every link, ours to offer or to dial: versions 1.2 and 1.3, suites with forward
// secrecy and authenticated encryption and no others, in the order of the server.
// Reads no files: who calls has read and judged them. [nothing-lost, N7]

import { createSecureContext, type SecureContext, type SecureContextOptions } from 'node:tls'

export const TLS_VERSIONS = ['TLSv1.2', 'TLSv1.3'] as const
export type TlsVersion = (typeof TLS_VERSIONS)[number]

/** As PEM texts. */
export interface Credentials {
  /** Our certificate, and those between it and its root. */
  readonly certificate?: string | undefined
  readonly key?: string | undefined
  /** Who certifies the other end. */
  readonly ca?: string | undefined
  /** What each authority has revoked; with any, every authority needs one that holds. */
  readonly crl?: readonly string[] | undefined
  /** When the first of those lists ends. */
  readonly crlExpiresMs?: number | undefined
}

const SUITES = [
  'TLS_AES_128_GCM_SHA256',
  'TLS_AES_256_GCM_SHA384',
  'TLS_CHACHA20_POLY1305_SHA256',
  'ECDHE-ECDSA-AES128-GCM-SHA256',
  'ECDHE-RSA-AES128-GCM-SHA256',
  'ECDHE-ECDSA-AES256-GCM-SHA384',
  'ECDHE-RSA-AES256-GCM-SHA384',
  'ECDHE-ECDSA-CHACHA20-POLY1305',
  'ECDHE-RSA-CHACHA20-POLY1305',
].join(':')

/** How long a ticket resumes a session. A client certificate is not read again meanwhile. */
export const TICKET_SECONDS = 3_600

export function contextOptions(
  { certificate, key, ca, crl }: Credentials,
  minVersion: TlsVersion,
): SecureContextOptions {
  return {
    ...{ minVersion, maxVersion: 'TLSv1.3', ciphers: SUITES, honorCipherOrder: true },
    sessionTimeout: TICKET_SECONDS,
    ...(certificate === undefined ? {} : { cert: certificate }),
    ...(key === undefined ? {} : { key }),
    ...(ca === undefined ? {} : { ca }),
    ...(crl === undefined ? {} : { crl: [...crl] }),
  }
}

/** Throws when OpenSSL does not take them: a weak key, or a chain that is none. */
export function secureContext(credentials: Credentials, minVersion: TlsVersion): SecureContext {
  return createSecureContext(contextOptions(credentials, minVersion))
}
