// Whose certificates a listener takes: an institution's are named, a terminal's name the terminal.
// The same at a door of the switch and of a gateway.

import type { Problem } from './problem.ts'
import type { ListenerConfig } from './schema.ts'

export function institutionTlsRules(
  { kind, tls }: Pick<ListenerConfig, 'kind' | 'tls'>,
  at: string,
): Problem[] {
  if (tls === undefined) return []
  if (tls.crl !== undefined && tls.clientCa === undefined) {
    const message = 'no certificate is asked for, so none can be revoked'
    return [{ path: `${at}.crl`, message, hint: 'set clientCa to the authority that revoked them' }]
  }
  const path = `${at}.clients`
  const named = tls.clients.length > 0
  if (kind === 'terminal') {
    if (!named) return []
    const message = 'is for an institution only'
    const hint = 'a terminal is bound by its own certificate, whose name is its TID'
    return [{ path, message, hint }]
  }
  if (named && tls.clientCa === undefined) {
    const message = 'no certificate is asked for, so nobody shows these names'
    return [{ path, message, hint: 'set clientCa to the authority of the institution' }]
  }
  if (named || tls.clientCa === undefined) return []
  const message = 'any holder of a certificate of clientCa could speak for the institution'
  const hint = "list the names (CN or DNS) in the institution's own certificates"
  return [{ path, message, hint }]
}
