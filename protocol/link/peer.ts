// Who is at the other end, as the TLS handshake has proved it: the names that a trusted authority
// wrote into the certificate. Which name may do what is not decided here.

import type { TLSSocket } from 'node:tls'

export interface Peer {
  /** The common name of the subject and the DNS names of the subject alternative name. */
  readonly names: readonly string[]
}

/** Undefined: there is no certificate, or it has expired since its session began. */
export function peerOf(socket: TLSSocket, nowMs: number): Peer | undefined {
  const certificate = socket.getPeerCertificate()
  // Without a certificate it is an empty object, whatever the declared type says.
  if (certificate.subject === undefined) return undefined
  if (!(nowMs < Date.parse(certificate.valid_to))) return undefined
  const commonName: unknown = certificate.subject.CN
  const names = [commonName, ...dnsNames(certificate.subjectaltname ?? '')]
  return { names: names.filter((name) => typeof name === 'string' && name !== '') as string[] }
}

/**
 * `DNS:a, DNS:b, URI:c`. Node puts a name with a comma or the like into quotation marks; such a
 * text is not read at all, so that no name can pretend to be two.
 */
export function dnsNames(alternatives: string): string[] {
  if (alternatives.includes('"')) return []
  return alternatives
    .split(', ')
    .filter((name) => name.startsWith('DNS:'))
    .map((name) => name.slice('DNS:'.length))
}
