// What is on its way between terminals, switch and card host. `sale` is the number of the identity:
// ten times the terminal's number and the sale's own; it is the sale's STAN too.

import type { Stan } from '../../protocol/values/identifiers.ts'
import type { HostTrace } from '../../switch/core/sale-record.ts'

export type Message =
  | { to: 'switch'; mti: '0200' | '0201' | '0400' | '0401' | '0220' | '0100'; sale: number }
  | {
      to: 'terminal'
      mti: '0210' | '0410' | '0230' | '0110'
      sale: number
      code: string
      rrn: string
      vouchers: string
    }
  | { to: 'card host'; mti: '0200' | '0420' | '0421'; sale: number; trace: string }
  | { to: 'card gateway'; mti: '0210' | '0430'; sale: number; trace: string; code: string }

export function inWords(message: Message): string {
  const { mti, sale, to } = message
  const code = 'code' in message ? ` ${message.code}` : ''
  return `${mti}${code} of sale ${sale} to the ${to}`
}

export function terminalOf(sale: number): number {
  return Math.floor(sale / 10)
}

/** The 0200's DE 7 is always the same here, so its STAN alone tells it from others. */
export function hostTrace(trace: string): HostTrace {
  return { link: 'sim', stan: trace as Stan, transmission: '0101080000' }
}
