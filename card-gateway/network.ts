// Network management, 0800 and 0810: the fields of ours, and what the card host's own requests are
// answered. Sends nothing and keeps no state. [wire-protocol 4]

import type { Rejection } from '../protocol/message/decode.ts'
import type { Fields } from '../protocol/message/encode.ts'
import type { FieldReader, Message } from '../protocol/message/message.ts'
import { isRequest } from '../protocol/message/mti.ts'
import type { ReversalTrace } from '../switch/core/journal.ts'

// [ISO 8583:1987 DE 70]
export const SIGN_ON = '001'
export const SIGN_OFF = '002'
export const ECHO = '301'
const KEY_CHANGE = '101'

export type NetworkCode = typeof SIGN_ON | typeof SIGN_OFF | typeof ECHO

const NETWORK_ECHOED = [7, 11, 70]
// [wire-protocol 2] What comes back of a request that cannot be served.
const ECHOED = [3, 4, 7, 11, 12, 13, 24, 25, 41, 42, 48, 49]

export function networkFields(trace: ReversalTrace, code: NetworkCode): Fields {
  return { 7: trace.transmission, 11: trace.stan, 70: code }
}

/** Our answer to a request of the card host, and what it asked for beside the answer. */
export interface HostRequest {
  readonly fields: Fields
  readonly asks: 'sign-on' | 'sign-off' | undefined
}

export function answerRequest(request: Message | Rejection): HostRequest {
  if (request.kind === 'rejected') {
    const echoed = request.mti?.startsWith('08') ? NETWORK_ECHOED : ECHOED
    return { fields: answer(request.read, echoed, '30'), asks: undefined }
  }
  if (!request.mti.startsWith('08')) {
    return { fields: answer(request, ECHOED, '12'), asks: undefined }
  }
  const answered = (responseCode: string, asks: HostRequest['asks']): HostRequest => {
    return { fields: answer(request, NETWORK_ECHOED, responseCode), asks }
  }
  if (NETWORK_ECHOED.some((de) => !request.has(de))) return answered('30', undefined)
  switch (request.get(70)) {
    case ECHO:
      return answered('00', undefined)
    case SIGN_ON:
      return answered('00', 'sign-on')
    case SIGN_OFF:
      return answered('00', 'sign-off')
    default:
      // A key change too, where the link has no keys.
      return answered('12', undefined)
  }
}

/** On a link with keys it is answered by who has them. */
export function isKeyChange(request: FieldReader & { readonly mti: string }): boolean {
  const { mti } = request
  return isRequest(mti) && isNetworkManagement(mti) && request.get(70) === KEY_CHANGE
}

export function isNetworkManagement(mti: string): boolean {
  return mti.startsWith('08')
}

function answer(request: FieldReader, echoed: readonly number[], responseCode: string): Fields {
  const fields: Fields = { 39: responseCode }
  for (const de of echoed) {
    const value = request.get(de)
    if (value !== undefined) fields[de] = value
  }
  return fields
}
