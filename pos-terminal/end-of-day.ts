// End of day: the terminal's totals against the switch's. [wire-protocol 3.3]
// An unanswered 0500 is kept and repeated, because the switch may have closed the period with it.

import { ask } from './ask.ts'
import { readTotals, responseCode } from './replies.ts'
import { endOfDayFields } from './requests.ts'
import { NO_TOTALS, type OpenEndOfDay, subtractTotals, type Totals } from './state.ts'
import { ANSWERED_UNSEEN, nextStamp, type Terminal } from './terminal.ts'

export type EndOfDayOutcome =
  | { readonly kind: 'closed'; readonly totals: Totals }
  /** 95: an administrator closes the period; ours count on until `startNewPeriod`. */
  | { readonly kind: 'differs'; readonly ours: Totals; readonly theirs: Totals | null }
  | { readonly kind: 'refused'; readonly responseCode: string }
  | { readonly kind: 'unknown'; readonly reason: string }
  | { readonly kind: 'blocked'; readonly reason: string }

export type NewPeriodOutcome =
  | { readonly kind: 'begun' }
  | { readonly kind: 'nothing-differed' }
  | Exclude<EndOfDayOutcome, { readonly kind: 'closed' | 'differs' }>

/** The queue must be clear: an open sale may belong to either side of the line. */
export async function endOfDay(terminal: Terminal): Promise<EndOfDayOutcome> {
  const { state } = terminal.store
  if (state.endOfDay !== null) return send(terminal, state.endOfDay, true)
  const day: OpenEndOfDay = { ...nextStamp(terminal), totals: state.totals }
  terminal.store.save({ ...terminal.store.state, endOfDay: day })
  const first = await send(terminal, day, false)
  return first.kind === 'unknown' ? send(terminal, day, true) : first
}

export async function repeatEndOfDay(terminal: Terminal): Promise<void> {
  const { endOfDay: day } = terminal.store.state
  if (day !== null) await send(terminal, day, true)
}

/**
 * For a period that an administrator has closed with a difference: what that end of day claimed
 * leaves the totals, and what was sold since stays, because the switch counts it in the new period.
 *
 * An unanswered end of day is repeated first and never dropped: the switch may have closed the
 * period with it, or have counted it as one more that differs, and only its answer tells which
 * totals are gone there.
 */
export async function startNewPeriod(terminal: Terminal): Promise<NewPeriodOutcome> {
  const { endOfDay: day } = terminal.store.state
  if (day !== null) {
    const answered = await send(terminal, day, true)
    if (answered.kind === 'closed') return { kind: 'begun' }
    if (answered.kind !== 'differs') return answered
  }
  const { state } = terminal.store
  if (state.differed === null) return { kind: 'nothing-differed' }
  // A file of before does not say what was claimed; then it is all, as it was before.
  const totals =
    state.differed === undefined ? NO_TOTALS : subtractTotals(state.totals, state.differed)
  terminal.store.save({ ...state, differed: null, totals })
  return { kind: 'begun' }
}

async function send(
  terminal: Terminal,
  day: OpenEndOfDay,
  repeat: boolean,
): Promise<EndOfDayOutcome> {
  const { settings } = terminal
  const fields = endOfDayFields(settings, day)
  const asking = { timeoutMs: settings.waits.replyMs, fresh: repeat }
  const answer = await ask(terminal, repeat ? '0501' : '0500', fields, asking)
  if (answer.kind !== 'reply') return { kind: 'unknown', reason: answer.reason }
  const code = responseCode(answer.reply)
  const { state } = terminal.store
  if (code === '00') {
    const totals = subtractTotals(state.totals, day.totals)
    terminal.store.save({ ...state, endOfDay: null, differed: null, totals })
    return { kind: 'closed', totals: day.totals }
  }
  // Refused unseen, the repeat says nothing about the first message: it stays to be repeated.
  const endOfDay = repeat && ANSWERED_UNSEEN.has(code) ? day : null
  const differed = code === '95' ? { differed: day.totals } : {}
  terminal.store.save({ ...state, endOfDay, ...differed })
  if (code !== '95') return { kind: 'refused', responseCode: code }
  return { kind: 'differs', ours: day.totals, theirs: readTotals(answer.reply.get(48)) ?? null }
}
