// What the oracle remembers of one identity: what was asked under it, what was answered, and what a
// terminal has been told since. Judges nothing by itself.

import type { WireMessage } from '../wire/codec.ts'

export interface SaleAnswerSeen {
  readonly code: string
  readonly rrn: string
  readonly authCode: string
  readonly amount: string
  /** Serial and PIN of each voucher; empty when the answer carried none. */
  readonly vouchers: readonly string[]
}

/** What a restored switch may have forgotten of an identity. */
export interface Forgotten {
  /** At the backup: answered, asked and not answered, or not heard of. */
  readonly known: 'known' | 'begun' | 'never'
  readonly restoredMs: number
  /** What it had been answered when the disk was lost. */
  readonly answer: SaleAnswerSeen | undefined
  readonly reversed: boolean
  /**
   * Its date is in no gap that the switch remembers, as when a clock was set back in between: it
   * was answered as a new sale, and what it was answered before may come up again.
   */
  readonly takenAnew: boolean
}

export interface IdentitySeen {
  readonly key: string
  readonly institution: number
  readonly tid: string
  readonly mid: string
  readonly firstAskedMs: number
  touchedMs: number
  /** A sale request arrived, the newest. */
  lastAskedMs: number
  /** DE 3, 4, 48 and the card number of what was answered; undefined before. */
  content: string | undefined
  /** The card number of that content. */
  card: string
  /** Content of what arrived first: a later one under it is another sale's. */
  firstContent: string | undefined
  answer: SaleAnswerSeen | undefined
  answeredMs: number
  /** A reversal arrived, accepted or not. */
  reversalAskedMs: number | undefined
  /** A reversal was answered 00. */
  reversedMs: number | undefined
  /** The Tehran day of that answer. */
  reversedDay: number | undefined
  confirmationAskedMs: number | undefined
  confirmedMs: number | undefined
  /** Its STAN came as tag 01 of a later message. */
  maybeConfirmed: boolean
  reprints: number
  /** A reprint that may have been its own was asked for; the answer may never have been sent. */
  reprintAsked: boolean
  soldMs: number | undefined
  /** Sale requests that are not answered yet. */
  pending: number
  /** Sale requests in all. */
  asked: number
  /** The largest amount of them. */
  askedAmount: number
  rrn: string | undefined
  /** Answered 96 after its debit had been sent: it may only be reversed. */
  doomedRrn: string | undefined
  /** A repeat of it came that was older than its terminal's keys. */
  fromBeforeLogon: boolean
  /** Something else than such a repeat asked for it. */
  askedInTime: boolean
  /** An end of day under this identity: its answer, or that one was asked for. */
  dayEnd: string | undefined
  /** Undefined: no restore was since it was first heard of. */
  forgotten: Forgotten | undefined
  /** Under way in a backup that was restored: what it may have held is not for sale again. */
  heldBack: boolean
}

/** Institution, MID, TID, STAN, DE 12 and DE 13. [wire-protocol 3.1] */
export function identityKey(
  institution: number,
  { fields }: WireMessage,
  original = `${fields[11]}${fields[12]}${fields[13]}`,
): string {
  return `${institution} ${fields[42]?.trimEnd()} ${fields[41]?.trimEnd()} ${original}`
}

export function newIdentity(
  key: string,
  institution: number,
  { fields }: WireMessage,
  nowMs: number,
): IdentitySeen {
  return {
    key,
    institution,
    tid: fields[41]?.trimEnd() ?? '',
    mid: fields[42]?.trimEnd() ?? '',
    firstAskedMs: nowMs,
    touchedMs: nowMs,
    lastAskedMs: nowMs,
    content: undefined,
    card: '',
    firstContent: undefined,
    answer: undefined,
    answeredMs: Number.POSITIVE_INFINITY,
    reversalAskedMs: undefined,
    reversedMs: undefined,
    reversedDay: undefined,
    confirmationAskedMs: undefined,
    confirmedMs: undefined,
    maybeConfirmed: false,
    reprints: 0,
    reprintAsked: false,
    soldMs: undefined,
    pending: 0,
    asked: 0,
    askedAmount: 0,
    rrn: undefined,
    doomedRrn: undefined,
    fromBeforeLogon: false,
    askedInTime: false,
    dayEnd: undefined,
    forgotten: undefined,
    heldBack: false,
  }
}

export function contentOf({ fields }: WireMessage): string {
  return `${fields[3]} ${fields[4]} ${fields[48]} ${cardOf(fields)}`
}

function cardOf(fields: WireMessage['fields']): string {
  return (fields[35] ?? fields[2] ?? '').split('=')[0] ?? ''
}

/** Voucher fields of DE 62, without keys: serial and PIN, each without its padding. */
export function vouchersOf(field: string | undefined): string[] {
  if (field === undefined) return []
  const count = Number(field.slice(0, 2))
  const serial = Number(field.slice(2, 4))
  const size = Number(field.slice(4, 6))
  if (field.length !== 6 + count * (serial + size)) throw new Error('DE 62 has a wrong length')
  return Array.from({ length: count }, (_, n) => {
    const at = 6 + n * (serial + size)
    const digits = field.slice(at + serial, at + serial + size).trimEnd()
    return `${field.slice(at, at + serial).trimEnd()} ${digits}`
  })
}
