// Which terminal a connection may speak for. Where a terminal listener asks for certificates, a
// name of the certificate says it: `TID`, or `TID@MID` where several merchants use one TID. It is
// compared as text before anything is looked up. [nothing-lost, N8]
// An institution brings many terminals; who it is was decided when its handshake was done.

import type { Channel } from '../protocol/link/channel.ts'
import type { MerchantId, TerminalId } from '../protocol/values/identifiers.ts'
import type { GatewayListener } from './gateway.ts'

export interface TerminalBinding {
  /** The names of the certificate. */
  readonly names: readonly string[]
}

/** Undefined: any terminal may speak on this connection. */
export function bindingOf(
  listener: Pick<GatewayListener, 'kind'>,
  channel: Pick<Channel, 'peer'>,
): TerminalBinding | undefined {
  return listener.kind === 'terminal' ? channel.peer : undefined
}

export function isBoundTo(
  binding: TerminalBinding | undefined,
  mid: MerchantId,
  tid: TerminalId,
): boolean {
  if (binding === undefined) return true
  return binding.names.some((name) => {
    const at = name.lastIndexOf('@')
    return at < 0 ? name === tid : name.slice(0, at) === tid && name.slice(at + 1) === mid
  })
}
