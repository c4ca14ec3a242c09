// Groups of settings that the switch and a gateway have alike: names, addresses, framing, TLS of a
// listener, and tables of times and limits. Which of them a configuration has is its schema's
// business.

import { z } from 'zod'
import type { Framing } from '../../protocol/link/framing.ts'
import { TLS_VERSIONS } from '../../protocol/link/tls.ts'
import type { Row } from '../limits.ts'

export const LENGTHS = ['binary2', 'ascii4', 'bcd2'] as const satisfies readonly Framing['length'][]
export const LEVELS = ['silent', 'fatal', 'error', 'warn', 'info', 'debug', 'trace'] as const

export const name = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,30}$/, 'must be letters, digits, . _ and -, at most 31')
export const host = z
  .string()
  .regex(/^[A-Za-z0-9.:_-]{1,255}$/, 'must be a host name or an IP address')
export const filePath = z.string().regex(/^[^\0]+$/, 'must not be empty')

export const certificateName = z
  .string()
  .regex(/^[ -~]{1,255}$/, 'must be 1 to 255 printable characters')

export const minVersion = z
  .enum(TLS_VERSIONS)
  .default('TLSv1.2')
  .describe('oldest version of TLS that is spoken')

/** List of revoked certificates, of the authority under that name. */
export const crlOf = (authority: string) =>
  filePath
    .optional()
    .describe(`PEM file of the certificates that ${authority} revoked`)
    .meta({ fallback: 'none is looked at' })

/** How a listener frames messages. */
export const framing = {
  length: z.enum(LENGTHS).default('binary2').describe('length header in front of a message'),
  lengthIncludesItself: z.boolean().default(false).describe('the length header counts itself'),
  tpdu: z
    .boolean()
    .optional()
    .describe('a 5-byte TPDU stands in front of the message')
    .meta({ fallback: 'true for terminals, false for an institution' }),
}

export const listenerTls = z.strictObject({
  certificate: filePath.describe('PEM file of its certificate and chain; then it speaks TLS only'),
  key: filePath.describe('PEM file of the private key, mode 0600'),
  clientCa: filePath
    .optional()
    .describe('PEM file of the authority whose certificate every client must show')
    .meta({ fallback: 'no certificate is asked for' }),
  crl: crlOf('clientCa'),
  clients: z
    .array(certificateName)
    .default([])
    .describe('names of certificates that an institution may show'),
  minVersion,
})

export function settingsOf<T extends Readonly<Record<string, Row>>>(table: T) {
  const shape: Record<string, z.ZodDefault<z.ZodInt>> = {}
  for (const [key, row] of Object.entries(table)) {
    shape[key] = z.int().min(row.least).max(row.most).default(row.value).describe(row.about)
  }
  return z.strictObject(shape as { [K in keyof T]: z.ZodDefault<z.ZodInt> })
}
