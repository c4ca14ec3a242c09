// 0800 with DE 3 = 920000: new session keys for a terminal, as TR-31 blocks under its master key.
// Request and reply carry no MAC. What a terminal without keys, or an institution, asks for here is
// not served: 12. [wire-protocol 3.4]

import { tehranTime } from '../../protocol/values/moment.ts'
import { withoutCards } from '../../protocol/values/pan.ts'
import { isReason } from '../../protocol/values/reason.ts'
import type { Gateway, Incoming } from '../gateway.ts'
import { plain, type Reply } from '../reply.ts'
import { identityOf, missing } from '../request-fields.ts'

const REQUIRED = [3, 7, 11, 12, 13, 24, 41, 42, 60]

export async function handleLogon(gateway: Gateway, incoming: Incoming): Promise<Reply> {
  const { message, terminal, status, owner, logon: scheme } = incoming
  if (scheme === undefined) return plain('12')
  if (missing(message, REQUIRED) !== undefined || isReason(identityOf(message, terminal))) {
    return plain('30')
  }
  if (status.serialNumber === undefined) return plain('30')
  const transmission = message.get(7) ?? ''
  const device = deviceOf(status.serialNumber, gateway.hashCard)
  const request = { scheme, stan: message.get(11) ?? '', transmission, ...device }
  const result = await gateway.keyDesk?.logon(owner, request)
  switch (result?.kind) {
    case 'keys': {
      const { time, date } = tehranTime(gateway.timers.wallMs())
      return { responseCode: '00', fields: { 12: time, 13: date, 62: result.blocks } }
    }
    case 'not-written':
    case 'busy':
      return plain('96')
    case 'other-serial-number':
      gateway.count('security events', 'logon with another serial number')
      return plain('58')
    default:
      gateway.count('security events', 'logon without a master key')
      return plain('58')
  }
}

const HASH_CHARS = 16

/**
 * A serial number as it may be written down. One that could be a card number, as every IMEI could,
 * is masked; a keyed hash beside it tells its device from another one that has the same digits in
 * front and at the end. It is no hash of a card, which would be found among those of sales.
 */
function deviceOf(serialNumber: string, hash: Gateway['hashCard']) {
  const masked = withoutCards(serialNumber)
  if (masked === serialNumber) return { serialNumber, masked }
  const told = hash(`serial number ${serialNumber}`).slice(0, HASH_CHARS)
  return { serialNumber: `${masked} ${told}`, masked }
}
