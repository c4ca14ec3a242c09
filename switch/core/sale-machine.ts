// One sale as a pure state machine: (state, event) -> (state, effects). No time, no I/O: the sale
// desk carries the effects out and feeds their results back as events.
//
//   writing intent --written--> asking host --result--> writing outcome --written--> ended
//        | not written -> ended (96, nothing was sent)        | not written -> stays, and may
//        | refused -> reserves; cancelled, late -> outcome    |   only become declined or reversing
//
// Invariants: `debit` only after the intent is durable; `answer` with vouchers only after `sold` is
// durable; vouchers are released only when no `sold` was ever committed; a cancelled sale never
// ends as sold. [nothing-lost, rules 1, 3, 5, 13]

import type { DebitResult } from './card-host.ts'
import type { Approval, Outcome, ReversalTrace } from './journal.ts'

export type SaleStage =
  | {
      readonly at: 'writing intent'
      readonly cancelled: boolean
      /** Intents of this sale that the store's guard refused. */
      readonly refused: number
    }
  | { readonly at: 'asking host'; readonly cancelled: boolean }
  | { readonly at: 'writing outcome'; readonly ending: Ending; readonly answered: boolean }
  | { readonly at: 'ended' }

/** How a sale ends, before the details that the record needs are filled in. */
export type Ending =
  | { readonly kind: 'sold'; readonly approval: Approval }
  | { readonly kind: 'declined'; readonly responseCode: string }
  | {
      readonly kind: 'reversing'
      readonly responseCode: string
      readonly approval: Approval | undefined
    }

export type SaleEvent =
  /** `late`: the switch's time for this sale is over before the host was asked. */
  | { readonly kind: 'intent written'; readonly late: boolean }
  | { readonly kind: 'intent not written' }
  /** Proven: nothing was written, because a voucher is not where it was reserved from. */
  | { readonly kind: 'intent refused'; readonly late: boolean }
  | { readonly kind: 'host result'; readonly result: DebitResult }
  | { readonly kind: 'cancelled' }
  | { readonly kind: 'outcome written' }
  /** Proven to be rolled back; the row is still an intent. */
  | { readonly kind: 'outcome not written' }

export type SaleEffect =
  | { readonly do: 'debit' }
  | { readonly do: 'write outcome'; readonly ending: Ending }
  | { readonly do: 'write outcome later'; readonly ending: Ending }
  | { readonly do: 'answer'; readonly responseCode: string; readonly approval?: Approval }
  /** The store has them elsewhere, or not all of them: memory is to read the stock anew. */
  | { readonly do: 'drop vouchers' }
  /** Others in their place, and a new intent; `intent not written` when there are none. */
  | { readonly do: 'reserve again' }
  | { readonly do: 'release vouchers' }
  | { readonly do: 'settle vouchers' }
  | { readonly do: 'queue reversal'; readonly approval: Approval | undefined }
  | { readonly do: 'end' }

export interface SaleStep {
  readonly stage: SaleStage
  readonly effects: readonly SaleEffect[]
}

export const BEGIN: SaleStage = { at: 'writing intent', cancelled: false, refused: 0 }

/**
 * A batch that goes on hold between reservation and commit refuses one intent. Stock read anew that
 * is refused again and again is no such accident, and the sale does not wait for its end.
 */
const REFUSED_MOST = 3

export function advance(stage: SaleStage, event: SaleEvent): SaleStep {
  switch (stage.at) {
    case 'writing intent':
      return whileWritingIntent(stage, event)
    case 'asking host':
      return whileAskingHost(stage, event)
    case 'writing outcome':
      return whileWritingOutcome(stage, event)
    case 'ended':
      return impossible(stage, event)
  }
}

function whileWritingIntent(
  stage: Extract<SaleStage, { at: 'writing intent' }>,
  event: SaleEvent,
): SaleStep {
  switch (event.kind) {
    case 'cancelled':
      return { stage: { ...stage, cancelled: true }, effects: [] }
    case 'intent not written':
      return { stage: { at: 'ended' }, effects: unsold(stage.cancelled) }
    case 'intent refused': {
      const drop = { do: 'drop vouchers' } as const
      const refused = stage.refused + 1
      if (stage.cancelled || event.late || refused >= REFUSED_MOST) {
        return { stage: { at: 'ended' }, effects: [drop, ...unsold(stage.cancelled)] }
      }
      return { stage: { ...stage, refused }, effects: [drop, { do: 'reserve again' }] }
    }
    case 'intent written':
      // Nothing was sent, so nothing is debited: the sale ends as a decline.
      if (stage.cancelled) return writeEnding({ kind: 'declined', responseCode: '94' })
      if (event.late) return writeEnding({ kind: 'declined', responseCode: '91' })
      return { stage: { at: 'asking host', cancelled: false }, effects: [{ do: 'debit' }] }
    default:
      return impossible(stage, event)
  }
}

/** Nothing of the sale was ever durable, and nothing of it is remembered. */
function unsold(cancelled: boolean): SaleEffect[] {
  return [
    { do: 'release vouchers' },
    { do: 'answer', responseCode: cancelled ? '94' : '96' },
    { do: 'end' },
  ]
}

function whileAskingHost(
  stage: Extract<SaleStage, { at: 'asking host' }>,
  event: SaleEvent,
): SaleStep {
  if (event.kind === 'cancelled') return { stage: { ...stage, cancelled: true }, effects: [] }
  if (event.kind !== 'host result') return impossible(stage, event)
  return writeEnding(endingOf(event.result, stage.cancelled))
}

function endingOf(result: DebitResult, cancelled: boolean): Ending {
  switch (result.kind) {
    case 'approved':
      if (!cancelled) return { kind: 'sold', approval: result.approval }
      return { kind: 'reversing', responseCode: '94', approval: result.approval }
    case 'unknown': {
      const responseCode = cancelled ? '94' : '68'
      return { kind: 'reversing', responseCode, approval: result.approval }
    }
    case 'declined':
      return { kind: 'declined', responseCode: cancelled ? '94' : result.responseCode }
    case 'not-sent':
      return { kind: 'declined', responseCode: cancelled ? '94' : '91' }
  }
}

/** What is written of it; `reversal` is there where the ending is one. */
export function outcomeOf(ending: Ending, reversal: ReversalTrace | undefined): Outcome {
  switch (ending.kind) {
    case 'sold':
      return { kind: 'sold', ...ending.approval }
    case 'declined':
      return ending
    case 'reversing':
      return { ...ending, reversal: reversal as ReversalTrace }
  }
}

function whileWritingOutcome(
  stage: Extract<SaleStage, { at: 'writing outcome' }>,
  event: SaleEvent,
): SaleStep {
  if (event.kind === 'outcome not written') return retry(stage)
  if (event.kind !== 'outcome written') return impossible(stage, event)
  const { ending } = stage
  const effects: SaleEffect[] = []
  if (ending.kind === 'sold') effects.push({ do: 'settle vouchers' })
  else effects.push({ do: 'release vouchers' })
  if (!stage.answered) {
    if (ending.kind === 'sold') {
      effects.push({ do: 'answer', responseCode: '00', approval: ending.approval })
    } else effects.push({ do: 'answer', responseCode: ending.responseCode })
  }
  if (ending.kind === 'reversing') {
    effects.push({ do: 'queue reversal', approval: ending.approval })
  }
  effects.push({ do: 'end' })
  return { stage: { at: 'ended' }, effects }
}

/** Once 96 was answered the sale may only end with nothing debited, and with 96 as its answer. */
function retry(stage: Extract<SaleStage, { at: 'writing outcome' }>): SaleStep {
  const before = stage.ending
  const ending: Ending =
    before.kind === 'declined'
      ? { kind: 'declined', responseCode: '96' }
      : { kind: 'reversing', responseCode: '96', approval: before.approval }
  const effects: SaleEffect[] = [{ do: 'write outcome later', ending }]
  if (!stage.answered) effects.unshift({ do: 'answer', responseCode: '96' })
  return { stage: { at: 'writing outcome', ending, answered: true }, effects }
}

function writeEnding(ending: Ending): SaleStep {
  return {
    stage: { at: 'writing outcome', ending, answered: false },
    effects: [{ do: 'write outcome', ending }],
  }
}

function impossible(stage: SaleStage, event: SaleEvent): never {
  throw new Error(`a sale cannot see '${event.kind}' while '${stage.at}'`)
}
