// The TLS of `evs pos`: which authority the switch must be certified by, what that revoked, which
// name the switch must bear, and the terminal's own certificate, whose name is its TID. Files are
// read once, before anything is sent. There is no option that leaves the switch unverified.

import { readTlsFiles } from '../protocol/certificates/tls-files.ts'
import type { DialTls } from '../protocol/link/outgoing.ts'
import { secureContext } from '../protocol/link/tls.ts'
import { type Reason, reason } from '../protocol/values/reason.ts'

export interface PosTlsOptions {
  /** PEM files. */
  readonly tlsCa?: string | undefined
  readonly tlsCert?: string | undefined
  readonly tlsKey?: string | undefined
  readonly tlsCrl?: string | undefined
  /** The host that is dialled when left out. */
  readonly tlsName?: string | undefined
}

const OPTIONS = '--tls-ca, --tls-cert, --tls-key, --tls-crl'

/** Undefined: in clear, because nothing of TLS was asked for. */
export function readTls(
  options: PosTlsOptions,
  host: string,
  nowMs: number,
): DialTls | Reason | undefined {
  const { tlsCa: ca, tlsCert: certificate, tlsKey: key, tlsCrl: crl, tlsName } = options
  if (ca === undefined) {
    const other = certificate ?? key ?? crl ?? tlsName
    return other === undefined ? undefined : reason('--tls-ca: needed, or the switch is not known')
  }
  const files = readTlsFiles({ ca, certificate, key, crl }, nowMs)
  if (files.kind === 'problem') return reason(`${OPTIONS}: ${files.message}`)
  const context = secureContext(files.credentials, 'TLSv1.2')
  return { serverName: tlsName ?? host, context: () => context }
}
