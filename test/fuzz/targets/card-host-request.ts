// What the bundled card host reads out of any message: a request whose values stand in the message,
// or the code that refuses it.

import { readRequest } from '../../../card-host/request.ts'
import { decode } from '../../../protocol/message/decode.ts'
import { DIALECTS } from '../../../protocol/message/dialect.ts'
import { goldenBodies } from '../golden-seeds.ts'
import { type FuzzTarget, Mismatch, type Outcome } from '../target.ts'

const DIALECT = DIALECTS.iso87ascii

export const CARD_HOST_REQUEST_TARGET: FuzzTarget = {
  name: 'card-host-request',
  weight: 30,
  sliceRuns: 3_000_000,
  mostBytes: 2_048,
  floorBytes: 4_096,
  words: ['0200', '0420', '0800', '364', '000000', '=', '301'],
  open: () => ({ seeds: goldenBodies(DIALECT), run }),
}

function run(input: Buffer): Outcome {
  const message = decode(DIALECT, input)
  // A rejected message is read as far as it goes: the reader must bear any gap.
  const reader = message.kind === 'message' ? message : message.read
  const request = readRequest(message.mti ?? '', reader)
  switch (request.kind) {
    case 'refused':
      return request.rc
    case 'network':
      return `network ${request.de70 === '301'}`
    default:
      if (request.key.stan !== reader.get(11)) throw new Mismatch('another STAN')
      if (String(request.amountRial).padStart(12, '0') !== reader.get(4)) {
        throw new Mismatch('another amount')
      }
      return `${request.kind} ${message.kind}`
  }
}
