// What the terminal reads out of a reply, and when it believes that a reply is the one it waits
// for. Nothing here guesses: a field that is not exactly as the protocol page says gives
// undefined.

import type { Fields } from '../protocol/message/encode.ts'
import type { Message } from '../protocol/message/message.ts'
import type { VoucherPin } from '../protocol/values/voucher-pin.ts'
import { REPLY_MTI } from './dialect.ts'
import { LOGON } from './requests.ts'
import type { CatalogueProduct, Totals } from './state.ts'
import type { TerminalKeys } from './terminal-keys.ts'

/** A reply brings these back as they were sent. DE 41 and 42 without their trailing spaces. */
const ECHOED = [3, 4, 7, 11, 12, 13, 41, 42] as const
/** In the reply of a logon they are the host's time. [wire-protocol 3.4] */
const HOST_TIME: readonly number[] = [12, 13]

export function isAnswerTo(mti: string, request: Fields, reply: Message): boolean {
  if (reply.mti !== REPLY_MTI[mti]) return false
  const code = reply.get(39)
  if (code === undefined || !/^[0-9A-Z]{2}$/.test(code)) return false
  const isLogon = mti === '0800' && request[3] === LOGON
  for (const de of ECHOED) {
    if (isLogon && HOST_TIME.includes(de)) continue
    const sent = request[de]
    const got = reply.get(de)
    if (sent === undefined) continue
    // A format error brings back only what could be read before it. [wire-protocol 2]
    if (got === undefined && code === '30') continue
    if (got?.trimEnd() !== sent.trimEnd()) return false
  }
  return true
}

export function responseCode(reply: Message): string {
  return reply.get(39) ?? ''
}

export interface DeliveredVoucher {
  readonly serial: string
  readonly voucherPin: VoucherPin
}

/** DE 62 of a sale, inquiry or reprint: count n2, serial length n2, PIN length n2, then each. */
export function readVouchers(
  field: string | undefined,
  keys: TerminalKeys,
): readonly DeliveredVoucher[] | undefined {
  const lead = /^(\d{2})(\d{2})(\d{2})/.exec(field ?? '')
  if (field === undefined || lead === null) return undefined
  const [count, serialLength, fieldLength] = [Number(lead[1]), Number(lead[2]), Number(lead[3])]
  // Vouchers of no length would be none: an approval without what was bought.
  if (count === 0 || fieldLength === 0) return undefined
  if (field.length !== 6 + count * (serialLength + fieldLength)) return undefined
  const vouchers: DeliveredVoucher[] = []
  for (let at = 6; at < field.length; at += serialLength + fieldLength) {
    const serial = field.slice(at, at + serialLength)
    const end = at + serialLength + fieldLength
    const voucherPin = keys.voucherPinOf(field.slice(at + serialLength, end))
    if (voucherPin === undefined || !/^[ -~]*$/.test(serial)) return undefined
    vouchers.push({ serial: serial.trimEnd(), voucherPin })
  }
  return vouchers
}

export interface CataloguePage {
  readonly version: string
  readonly page: number
  readonly pages: number
  readonly products: readonly CatalogueProduct[]
}

/** DE 62 of an initialise reply; name lengths count UTF-8 bytes. [wire-protocol 3.4] */
export function readCataloguePage(field: string | undefined): CataloguePage | undefined {
  const bytes = Buffer.from(field ?? '', 'utf8')
  const lead = /^(\d{4})(\d{2})(\d{2})$/.exec(bytes.toString('latin1', 0, 8))
  if (lead === null) return undefined
  const products: CatalogueProduct[] = []
  for (let at = 8; at < bytes.length; ) {
    const row = /^(\d{6})(\d{12})(\d{2})$/.exec(bytes.toString('latin1', at, at + 20))
    const nameEnd = at + 20 + Number(row?.[3])
    if (row === null || nameEnd > bytes.length) return undefined
    const name = bytes.toString('utf8', at + 20, nameEnd)
    products.push({ product: row[1] ?? '', priceRial: Number(row[2]), name })
    at = nameEnd
  }
  return { version: lead[1] ?? '', page: Number(lead[2]), pages: Number(lead[3]), products }
}

/** The switch's four figures, DE 48 of a 0510. */
export function readTotals(field: string | undefined): Totals | undefined {
  const figures = /^(\d{6})(\d{12})(\d{6})(\d{12})$/.exec(field ?? '')
  if (figures === null) return undefined
  return {
    salesCount: Number(figures[1]),
    salesRial: Number(figures[2]),
    reversalsCount: Number(figures[3]),
    reversalsRial: Number(figures[4]),
  }
}
