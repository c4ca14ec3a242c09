// Who sent a message, and under which keys: the checks before anything of a sale is read, in their
// order: merchant and terminal (03, 58), logged on (97), MAC (63). [wire-protocol 3]
//
// The MAC is computed before a blocked terminal is refused, so that the refusal of a message that
// is its own has a MAC, and one of somebody else's has none.

import type { Message } from '../protocol/message/message.ts'
import { parseMerchantId, parseTerminalId } from '../protocol/values/identifiers.ts'
import type { KeyScheme } from '../protocol/values/key.ts'
import { isReason } from '../protocol/values/reason.ts'
import { findSale, turnKey } from '../switch/core/book.ts'
import type { KeyOwner } from '../switch/core/key-store.ts'
import type { Terminal } from '../switch/core/sale-record.ts'
import { isBoundTo, type TerminalBinding } from './bound-terminal.ts'
import type { Gateway, GatewayListener } from './gateway.ts'
import { identityOf } from './request-fields.ts'
import { isLogon, isNewBusiness } from './routes.ts'
import type { SessionKeys } from './session-keys.ts'

export type KnownSender = Extract<Sender, { kind: 'known' }>

export type Sender =
  | {
      readonly kind: 'known'
      readonly terminal: Terminal
      /** Undefined: a terminal without keys, or a logon. */
      readonly keys: SessionKeys | undefined
      readonly owner: KeyOwner
      readonly settings: Readonly<Record<string, string>>
      /** Of the keys that a logon asks for; undefined for every other message. */
      readonly logon: KeyScheme | undefined
    }
  /** `keys`: the refusal is to its own message, and carries a MAC. `terminal`: it is its own. */
  | {
      readonly kind: 'refused'
      readonly responseCode: string
      readonly keys: SessionKeys | undefined
      readonly terminal: Terminal | undefined
    }
  /** A MAC that is missing or wrong counts, also where a blocked terminal is answered 58 first. */
  | { readonly kind: 'wrong MAC'; readonly responseCode: string }

const NO_SETTINGS: Readonly<Record<string, string>> = {}

/** Where a message came in: the door, and the terminal that its certificate binds it to. */
export interface Entrance {
  readonly listener: GatewayListener
  readonly binding: TerminalBinding | undefined
}

export function senderOf(gateway: Gateway, entrance: Entrance, message: Message): Sender {
  const { listener, binding } = entrance
  const tid = parseTerminalId(message.get(41) ?? '')
  const mid = parseMerchantId(message.get(42) ?? '')
  if (isReason(tid) || isReason(mid)) {
    return refused(message.has(41) && message.has(42) ? '03' : '30')
  }
  if (!isBoundTo(binding, mid, tid)) {
    gateway.count('security events', 'terminal is not the one of its certificate')
    return refused('58')
  }
  if (listener.merchants !== undefined && !listener.merchants.has(mid)) return refused('58')
  const registered = gateway.directory.find(listener.institution, mid, tid)
  if (registered === undefined) return refused('03')
  const { terminal, scheme, settings = NO_SETTINGS } = registered
  // On an institution link the keys are the link's; on a terminal link they are the terminal's.
  const isInstitution = listener.kind === 'institution'
  const own = isInstitution ? listener.keys : scheme
  if (own !== listener.keys || (own === 'none' && !listener.insecure && !listener.tls))
    return refused('58')
  const owner = isInstitution ? `institution/${listener.name}` : `terminal/${terminal.key}`
  const known = (keys: SessionKeys | undefined, logon?: KeyScheme): KnownSender => {
    return { kind: 'known', terminal, keys, owner, settings, logon }
  }
  if (own === 'none') return permitted(gateway, message, known(undefined))
  // A blocked terminal may log on: what it owes, reversals and confirmations, needs a MAC.
  if (isLogon(message) && !isInstitution) return known(undefined, own)
  const keys = gateway.keyDesk?.verify(owner, message, own) ?? 'none'
  const isBlocked = !terminal.maySell && isNewBusiness(message)
  if (keys === 'none') return refused(isBlocked ? '58' : '97')
  if (keys === 'wrong') {
    if (!isInstitution) gateway.seen?.failedMac(terminal.key)
    return { kind: 'wrong MAC', responseCode: isBlocked ? '58' : '63' }
  }
  return permitted(gateway, message, known(keys))
}

function permitted(gateway: Gateway, message: Message, known: KnownSender): Sender {
  const { terminal, keys } = known
  if (!terminal.maySell && isNewBusiness(message) && !isTaken(gateway, terminal, message)) {
    return { kind: 'refused', responseCode: '58', keys, terminal }
  }
  return known
}

/**
 * A sale that was taken before its terminal was blocked: its repeat gets the stored answer. By a
 * clock that is behind none is found, and 58 would be its end: it is answered 96 meanwhile.
 */
function isTaken({ book }: Gateway, terminal: Terminal, message: Message): boolean {
  const identity = identityOf(message, terminal)
  if (isReason(identity) || !message.mti.startsWith('020')) return false
  if (book.running.has(turnKey(identity)) || findSale(book, identity) !== undefined) return true
  return message.mti === '0201' && book.clockBehind?.() === true
}

function refused(responseCode: string): Sender {
  return { kind: 'refused', responseCode, keys: undefined, terminal: undefined }
}
