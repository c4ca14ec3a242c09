// A terminal of a simulation: builds the bytes of its requests and reads those of the replies with
// the codec, keeps what a real one keeps (STAN, open reversal), and notes every PIN it was shown.

import type { Channel } from '../../../protocol/link/channel.ts'
import { decode } from '../../../protocol/message/decode.ts'
import { DIALECTS } from '../../../protocol/message/dialect.ts'
import { encode, type Fields } from '../../../protocol/message/encode.ts'
import type { Message } from '../../../protocol/message/message.ts'
import { transmissionTime } from '../../../protocol/values/moment.ts'
import { openSession } from '../../../terminal-gateway/session.ts'
import type { VirtualTime } from '../../simulation/virtual-time.ts'
import { localTime, PRICE, type RunningSwitch } from './story-switch.ts'

const CARD_TRACK = '6037990000000014=29121010000000000000'
const DIALECT = DIALECTS.iso87binary

interface AskOptions {
  readonly loseReply?: boolean
  readonly timeoutMs?: number
  readonly cameMs?: number
  /** So long after the reply was sent it is told that it went out; left out: at once. */
  readonly writtenMs?: number
}

/** Sends one message on a connection of its own; undefined when no answer came in time. */
export function ask(
  running: RunningSwitch,
  time: VirtualTime,
  mti: string,
  fields: Fields,
  options: AskOptions = {},
): Promise<Message | undefined> {
  return new Promise((resolve) => {
    const cancel = time.after(options.timeoutMs ?? 45_000, () => resolve(undefined))
    const channel: Channel = {
      id: 1,
      remote: 'simulated',
      open: true,
      send: (body, _tpdu, written) => {
        const told = () => written?.(options.loseReply !== true)
        if (options.writtenMs === undefined) told()
        else time.after(options.writtenMs, told)
        if (options.loseReply === true) return true
        const reply = decode(DIALECT, Buffer.from(body))
        cancel()
        if (reply.kind === 'rejected') throw new Error(`unreadable reply: ${reply.reason}`)
        resolve(reply)
        return true
      },
      close: () => undefined,
      dropped: () => undefined,
    }
    openSession(running.gateway, running.listener, channel).frame(
      encode(DIALECT, mti, fields),
      Buffer.from('6000010002', 'hex'),
      options.cameMs,
    )
  })
}

export function saleFields(
  time: VirtualTime,
  sale: {
    terminal: number
    stan: number
    product?: string
    count?: number
    amount?: number
    track?: string
    status?: string
  },
): Fields {
  const { terminal, stan, product = '091905', count = 1, track = CARD_TRACK } = sale
  const local = localTime(time)
  const amount = sale.amount ?? PRICE * count
  return {
    3: '150000',
    4: String(amount).padStart(12, '0'),
    7: transmissionTime(time.wallMs()),
    11: String(stan).padStart(6, '0'),
    12: local.time,
    13: local.date,
    22: '021',
    24: '001',
    25: '14',
    35: track,
    41: String(10_000_000 + terminal),
    42: '000000000100001',
    48: `${product} ${String(count).padStart(2, '0')}`,
    49: '364',
    60: sale.status ?? '02010',
  }
}

/** The advice (0220, 0400, 0420) of a sale. */
export function adviceFields(time: VirtualTime, sale: Fields): Fields {
  const fields: Fields = { 7: transmissionTime(time.wallMs()) }
  for (const de of [3, 4, 11, 12, 13, 41, 42]) fields[de] = sale[de] ?? ''
  return fields
}

export function inquiryFields(time: VirtualTime, sale: Fields, stan: number): Fields {
  const local = localTime(time)
  return {
    3: '330000',
    7: transmissionTime(time.wallMs()),
    11: String(stan).padStart(6, '0'),
    12: local.time,
    13: local.date,
    24: '001',
    41: sale[41] ?? '',
    42: sale[42] ?? '',
    48: `${sale[11]}${sale[12]}${sale[13]}`,
  }
}

/** The voucher PINs in DE 62 of a reply of a terminal without keys. */
export function pinsOf(reply: Message): string[] {
  const field = reply.get(62)
  if (field === undefined) return []
  const count = Number(field.slice(0, 2))
  const serial = Number(field.slice(2, 4))
  const length = Number(field.slice(4, 6))
  const pins: string[] = []
  for (let n = 0; n < count; n++) {
    const at = 6 + n * (serial + length) + serial
    pins.push(field.slice(at, at + length).trimEnd())
  }
  return pins
}
