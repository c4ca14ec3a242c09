// The transitions of a sale, of a reversal and of what hangs on them, named as an engineer would
// tell them, and recognised from the journal's records and the 0200s that went out.

import type { JournalRecord, ReversalStatus, WriteResult } from '../../../switch/core/journal.ts'

export const TRANSITIONS = [
  ...['intent written: debit', 'intent not written: 96'],
  ...['intent written late: declined 91', 'intent written, reversed meanwhile: declined 94'],
  ...['approved: sold', 'approved, reversed meanwhile: reversing 94'],
  ...['declined by the host', 'declined by the host, reversed meanwhile: 94'],
  ...['unknown: reversing 68', 'unknown with an approval: reversing 68'],
  'unknown, reversed meanwhile: reversing 94',
  ...['sold not written: reversing 96', 'decline not written: declined 96'],
  'reversing not written: reversing 96',
  ...['recovered: reversing 96', 'recovered, reversed meanwhile: reversing 94'],
  ...['refused 05', 'refused 13', 'refused 14', 'refused 44', 'refused 91'],
  ...['cancelled while intent', 'cancelled after declined', 'cancelled after reversing'],
  ...['cancelled after refused', 'tombstone'],
  ...['confirmed by 0220', 'confirmed by tag 01', 'refunded'],
  ...['claim: too late', 'claim: after a reprint', 'claim: daily limit'],
  ...['disclosed to a repeat', 'disclosed to an inquiry', 'reprinted'],
  ...['pending: closed', 'pending: unfound', 'pending: suspense', 'unfound: no-debit'],
  ...[
    'unfound: closed',
    'unfound: suspense',
    'suspense: closed',
    'suspense: pending by a late approval',
  ],
  ...['pending: pending by a late approval', 'unfound: pending by a late approval'],
  ...['closed: pending by a late approval', 'no-debit: pending by a late approval'],
  ...['pending: watched', 'end of day agreed', 'end of day differs'],
]

interface Watched {
  state: 'intent' | 'sold' | 'declined' | 'reversing' | 'refused'
  readonly rrn: string
  debited: boolean
  cancelled: boolean
  inDoubt: boolean
  unwritten: string | undefined
  status: ReversalStatus
}

export class TransitionWatch {
  readonly #count: (name: string) => void
  readonly #sales = new Map<number, Watched>()
  readonly #debited = new Set<string>()

  constructor(count: (name: string) => void) {
    this.#count = count
  }

  /** What is an intent now was left by the life before. */
  crashed(): void {
    for (const sale of this.#sales.values()) if (sale.state === 'intent') sale.inDoubt = true
  }

  started(): void {
    this.crashed()
  }

  debited(rrn: string): void {
    this.#debited.add(rrn)
  }

  recorded(record: JournalRecord, result: WriteResult): void {
    const written = result.kind === 'written'
    switch (record.kind) {
      case 'intent':
        // Refused by the guard, another intent of the same sale may follow.
        if (result.kind !== 'written' && result.reason === 'guard') return
        if (!written) return this.#count('intent not written: 96')
        this.#sales.set(record.id, newSale('intent', record.rrn))
        return
      case 'outcome':
        return this.#outcome(record, written)
      case 'refusal':
        if (!written) return
        this.#sales.set(record.id, newSale('refused', record.rrn))
        return this.#count(`refused ${record.responseCode}`)
      case 'cancel':
        return written ? this.#cancelled(record.id, record.isTombstone) : undefined
      case 'reversal':
        return written ? this.#reversal(record.id, record.status, record.why) : undefined
    }
    if (written) this.#other(record, result.agreed)
  }

  #other(record: JournalRecord, agreed: boolean | undefined): void {
    switch (record.kind) {
      case 'confirm':
        return this.#count(`confirmed by ${record.by}`)
      case 'refund': {
        const sale = this.#sales.get(record.id)
        if (sale !== undefined) sale.status = 'pending'
        return this.#count('refunded')
      }
      case 'claim':
        return this.#count(`claim: ${record.reason}`)
      case 'disclosure':
        return this.#count(`disclosed to ${record.by === 'repeat' ? 'a repeat' : 'an inquiry'}`)
      case 'reprint':
        return this.#count('reprinted')
      case 'end-of-day':
        return this.#count(agreed === true ? 'end of day agreed' : 'end of day differs')
    }
  }

  #outcome(record: Extract<JournalRecord, { kind: 'outcome' }>, written: boolean): void {
    const sale = this.#sales.get(record.id)
    if (sale === undefined) return
    const { outcome } = record
    if (!written) {
      sale.unwritten ??= outcome.kind
      return
    }
    sale.state = outcome.kind
    sale.debited = this.#debited.has(sale.rrn)
    if (sale.debited) this.#count('intent written: debit')
    this.#count(nameOf(sale, outcome))
  }

  #cancelled(id: number, isTombstone: boolean): void {
    if (isTombstone) return this.#count('tombstone')
    const sale = this.#sales.get(id)
    if (sale === undefined) return
    sale.cancelled = true
    this.#count(
      sale.state === 'intent' ? 'cancelled while intent' : `cancelled after ${sale.state}`,
    )
  }

  #reversal(id: number, status: ReversalStatus, why: string): void {
    const sale = this.#sales.get(id)
    if (sale === undefined) return
    const before = sale.status
    sale.status = status
    const by = why === 'late approval' ? ' by a late approval' : ''
    this.#count(`${before}: ${status}${by}`)
  }
}

function nameOf(
  sale: Watched,
  outcome: Extract<JournalRecord, { kind: 'outcome' }>['outcome'],
): string {
  if (sale.inDoubt) return recoveredName(sale)
  if (sale.unwritten !== undefined) return unwrittenName(sale.unwritten)
  switch (outcome.kind) {
    case 'sold':
      return 'approved: sold'
    case 'declined':
      if (!sale.debited) {
        return outcome.responseCode === '94'
          ? 'intent written, reversed meanwhile: declined 94'
          : 'intent written late: declined 91'
      }
      return outcome.responseCode === '94'
        ? 'declined by the host, reversed meanwhile: 94'
        : 'declined by the host'
    case 'reversing': {
      const isApproved = outcome.approval !== undefined
      if (outcome.responseCode === '94') {
        return isApproved
          ? 'approved, reversed meanwhile: reversing 94'
          : 'unknown, reversed meanwhile: reversing 94'
      }
      return isApproved ? 'unknown with an approval: reversing 68' : 'unknown: reversing 68'
    }
  }
}

function recoveredName(sale: Watched): string {
  if (sale.cancelled) return 'recovered, reversed meanwhile: reversing 94'
  return 'recovered: reversing 96'
}

function unwrittenName(kind: string): string {
  if (kind === 'declined') return 'decline not written: declined 96'
  return `${kind} not written: reversing 96`
}

function newSale(state: Watched['state'], rrn: string): Watched {
  return {
    ...{ state, rrn, debited: false, cancelled: false, inDoubt: false, unwritten: undefined },
    status: 'pending',
  }
}
