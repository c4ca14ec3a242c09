// What the switch has promised by what it sent: every answer to a terminal and every request to the
// card host is a fact that a disk must know from then on. Read from the wire alone, by the
// simulation's own reader; whether a disk keeps a promise is judged in `check-image.ts`.

import { FrameCutter } from '../../protocol/link/framing.ts'
import { readMessage, type WireFields } from '../simulation/wire/codec.ts'
import type { SendOperation } from './recording.ts'

export interface Identity {
  readonly tid: string
  readonly date: string
  readonly time: string
  readonly stan: string
}

export type Promised =
  /** An answer to a sale: it is stored under its identity. */
  | {
      readonly kind: 'answer'
      readonly identity: Identity
      readonly rrn: string
      readonly rc: string
      /** Serials of the vouchers that the terminal was shown. */
      readonly serials: readonly string[]
    }
  | { readonly kind: 'confirmed'; readonly rrn: string }
  /** A terminal's reversal was accepted; of a sale that never arrived too, which has no RRN. */
  | { readonly kind: 'cancelled'; readonly identity: Identity }
  /** The card host was asked for a debit. */
  | { readonly kind: 'debit'; readonly stan: string; readonly transmission: string }
  /** The card host was asked to undo the debit with this number and moment. */
  | { readonly kind: 'undoing'; readonly stan: string; readonly transmission: string }

export interface Ports {
  readonly terminals: ReadonlySet<number>
  readonly cardHost: number
}

const FRAME_BYTES = 9_999
const TERMINAL = { length: 'binary2', tpdu: true } as const
const CARD_HOST = { length: 'ascii4', tpdu: false } as const

/** Answers that a terminal may take for the end of its sale; others invite it to come again. */
const STORED = new Set(['00', '44', '51', '68'])

export class PromiseReader {
  readonly #ports: Ports
  readonly #cutters = new Map<string, FrameCutter>()

  constructor(ports: Ports) {
    this.#ports = ports
  }

  read({ fd, localPort, peerPort, data }: SendOperation): Promised[] {
    const fromTerminal = this.#ports.terminals.has(localPort)
    if (!fromTerminal && peerPort !== this.#ports.cardHost) return []
    const line = `${fd}/${localPort}/${peerPort}`
    let cutter = this.#cutters.get(line)
    if (cutter === undefined) {
      const framing = fromTerminal ? TERMINAL : CARD_HOST
      const settings = { ...framing, lengthIncludesItself: false, maxFrameBytes: FRAME_BYTES }
      cutter = new FrameCutter(settings)
      this.#cutters.set(line, cutter)
    }
    cutter.push(Buffer.from(data))
    const promised: Promised[] = []
    for (let frame = cutter.next(); frame !== undefined; frame = cutter.next()) {
      if (frame.kind === 'broken') throw new Error(`the switch sent no frame: ${frame.reason}`)
      const { mti, fields } = readMessage(fromTerminal ? 'binary' : 'ascii', frame.body)
      const one = fromTerminal ? ofAnswer(mti, fields) : ofRequest(mti, fields)
      if (one !== undefined) promised.push(one)
    }
    return promised
  }
}

function ofAnswer(mti: string, fields: WireFields): Promised | undefined {
  const rc = fields[39] ?? ''
  const rrn = fields[37] ?? ''
  switch (mti) {
    case '0210':
      if (!STORED.has(rc)) return undefined
      return { kind: 'answer', identity: identityOf(fields), rrn, rc, serials: serialsOf(fields) }
    case '0230':
      return rc === '00' ? { kind: 'confirmed', rrn } : undefined
    case '0410':
      return rc === '00' ? { kind: 'cancelled', identity: identityOf(fields) } : undefined
    default:
      return undefined
  }
}

function ofRequest(mti: string, fields: WireFields): Promised | undefined {
  const { 7: transmission = '', 11: stan = '', 90: original = '' } = fields
  if (mti === '0200') return { kind: 'debit', stan, transmission }
  if (mti !== '0420' && mti !== '0421') return undefined
  // DE 90: MTI, STAN and DE 7 of the original.
  return { kind: 'undoing', stan: original.slice(4, 10), transmission: original.slice(10, 20) }
}

function identityOf(fields: WireFields): Identity {
  const { 41: tid = '', 13: date = '', 12: time = '', 11: stan = '' } = fields
  return { tid, date, time, stan }
}

/** DE 62: count, digits of a serial, digits of a PIN, then serial and PIN in turn. */
function serialsOf(fields: WireFields): string[] {
  const text = fields[62] ?? ''
  const [count, serial, secret] = [0, 2, 4].map((at) => Number(text.slice(at, at + 2)))
  if (!count || !serial || !secret) return []
  return Array.from({ length: count }, (_, index) => {
    const at = 6 + index * (serial + secret)
    return text.slice(at, at + serial)
  })
}
