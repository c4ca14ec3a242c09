// Receipt lines that the switch sent in DE 63: one style and one copy character and a text, whose
// placeholders are filled here, because only the terminal has the voucher PINs.
// A line that reveals a PIN goes to the customer, whatever its copy character says.

import type { DeliveredVoucher } from './replies.ts'
import { groupedDigits, redeemString } from './voucher-text.ts'

export interface SwitchLine {
  readonly style: 'N' | 'B' | 'T'
  readonly copy: 'C' | 'M' | 'A'
  readonly text: string
}

/** Undefined when a line is not as agreed: the terminal then uses its own layout. */
export function readSwitchLines(field: string | undefined): readonly SwitchLine[] | undefined {
  if (field === undefined || field === '') return undefined
  const lines: SwitchLine[] = []
  for (const line of field.split('\n')) {
    const match = /^([NBT])([CMA])(\P{Cc}*)$/u.exec(line)
    if (match === null) return undefined
    const [, style, copy, text] = match
    lines.push({
      style: style as SwitchLine['style'],
      copy: copy as SwitchLine['copy'],
      text: text ?? '',
    })
  }
  return lines
}

export interface FilledLine {
  readonly text: string
  /** Vouchers (from 1) whose PIN the text now shows. */
  readonly shows: readonly number[]
}

/** Undefined when the line asks for something that there is not; it is then left out. */
export function fillLine(
  text: string,
  vouchers: readonly DeliveredVoucher[],
  redeemPattern: string | undefined,
): FilledLine | undefined {
  const shows: number[] = []
  let missing = false
  const filled = text.replace(
    /\{([a-z]+):(\d{1,2})\}/g,
    (placeholder, what: string, index: string, at: number) => {
      const voucher = vouchers[Number(index) - 1]
      const value = voucher && fill(what, voucher, redeemPattern)
      if (value === undefined) {
        missing = true
        return ''
      }
      if (what === 'serial') return value
      shows.push(Number(index))
      const around = (text[at - 1] ?? '') + (text[at + placeholder.length] ?? '')
      // Inside a dial string such as *141*{pin:1}# the digits stand together.
      return /[*#]/.test(around) ? value.replaceAll(/\s/gu, '') : value
    },
  )
  return missing ? undefined : { text: filled, shows }
}

function fill(
  what: string,
  voucher: DeliveredVoucher,
  redeemPattern: string | undefined,
): string | undefined {
  switch (what) {
    case 'pin':
      return groupedDigits(voucher.voucherPin)
    case 'redeem':
      return redeemPattern && redeemString(redeemPattern, voucher.voucherPin)
    case 'serial':
      return voucher.serial
    default:
      return undefined
  }
}
