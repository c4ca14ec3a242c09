// What a replay came to, as one object for programs and as text for people. The verdict is one
// number: what was lost. A decline is no loss, and a sale that was never sent is none either, but
// both are told, because load that was not there proves nothing.

import type { Ledger, Tally } from './ledger.ts'
import type { Progress } from './player.ts'
import type { Percentiles, WaitRow, Waits } from './waits.ts'

export interface Report {
  readonly kind: 'replay'
  /** No loss. */
  readonly ok: boolean
  readonly lost: number
  /** Ended by a signal, before the traffic was over. */
  readonly interrupted: boolean
  readonly seconds: number
  readonly records: { readonly played: number; readonly leftOut: number; readonly dropped: number }
  readonly sales: {
    readonly sent: number
    readonly perSecond: number
    readonly sold: number
    readonly soldRial: number
    readonly vouchers: number
    readonly declined: Readonly<Record<string, number>>
    readonly reversed: number
    readonly unanswered: number
    readonly notSent: number
  }
  readonly tallies: Readonly<Partial<Record<Tally, number>>>
  readonly waits: readonly WaitRow[]
  /** From due to a terminal's turn. */
  readonly lateness: Percentiles
  readonly processorShare: number
  readonly findings: Ledger['findings']
}

export interface Run {
  readonly ledger: Ledger
  readonly waits: Waits
  readonly progress: Progress
  readonly dropped: number
  readonly seconds: number
  readonly processorSeconds: number
  readonly interrupted: boolean
}

/** The books are closed. */
export function reportOf(run: Run): Report {
  const { ledger, waits, progress, seconds } = run
  const { begun, sold, soldRial, vouchers, reversed, unended, notSent } = ledger
  return {
    kind: 'replay',
    ok: ledger.faults === 0,
    lost: ledger.faults,
    interrupted: run.interrupted,
    seconds: rounded(seconds),
    records: { played: progress.records, leftOut: progress.leftOut, dropped: run.dropped },
    sales: {
      ...{ sent: begun, perSecond: rounded(begun / Math.max(seconds, 0.001)) },
      ...{ sold, soldRial, vouchers, reversed, unanswered: unended, notSent },
      declined: Object.fromEntries([...ledger.declined].sort()),
    },
    tallies: Object.fromEntries([...ledger.tallies].sort()),
    waits: waits.rows(),
    lateness: waits.lateness(),
    processorShare: rounded(run.processorSeconds / Math.max(seconds, 0.001)),
    findings: ledger.findings,
  }
}

const SHOWN = 20

export function reportText(report: Report): string {
  const { sales, records, waits, lateness, findings } = report
  const declines = Object.entries(sales.declined).map(([code, count]) => `${code}: ${f(count)}`)
  const declined = Object.values(sales.declined).reduce((sum, count) => sum + count, 0)
  const rows: [string, string, string?][] = [
    ['sales sent', f(sales.sent), `${f(sales.perSecond)} a second`],
    ['  sold', f(sales.sold), `${f(sales.vouchers)} vouchers, ${f(sales.soldRial)} rial`],
    ['  declined', f(declined), declines.join(', ')],
    ['  reversed', f(sales.reversed)],
    ['  neither answered nor reversed', f(sales.unanswered)],
    ['sales not sent', f(sales.notSent)],
    ...Object.entries(report.tallies).map(([what, count]): [string, string] => [what, f(count)]),
    ['records played', f(records.played), leftOutText(report)],
  ]
  const table = rows.map(([what, count, more = '']) =>
    `${what.padEnd(46)}${count.padStart(13)}  ${more}`.trimEnd(),
  )
  const late = `p99 ${ms(lateness.p99Ms)}, most ${ms(lateness.mostMs)}`
  return [
    ...table,
    '',
    ...waitLines(waits),
    '',
    `from due to turn: ${late}; processor of the player: ${percent(report.processorShare)}`,
    ...findings.slice(0, SHOWN).map(({ fault, tid, stan, detail }) => {
      return `LOST: terminal ${tid}, STAN ${stan}: ${fault} (${detail})`
    }),
    ...(report.lost > SHOWN ? [`... and ${f(report.lost - SHOWN)} more`] : []),
    verdict(report),
    '',
  ].join('\n')
}

function verdict({ lost, interrupted, sales }: Report): string {
  const end = interrupted ? ' (interrupted)' : ''
  if (lost > 0) return `audit: ${f(lost)} LOST${end}`
  return `audit: nothing lost in ${f(sales.sent)} sales${end}`
}

function leftOutText({ records: { leftOut, dropped } }: Report): string {
  const parts = []
  if (leftOut > 0) parts.push(`${f(leftOut)} of terminals beyond the list`)
  if (dropped > 0) parts.push(`${f(dropped)} dropped by the interruption`)
  return parts.join(', ')
}

const WAIT_WIDTH = 10

function waitLines(waits: readonly WaitRow[]): string[] {
  const titles = ['count', 'p50', 'p90', 'p99', 'p99.9', 'most', 'turn p50', 'turn p99']
  const head = 'answered in ms, from due'.padEnd(26)
  return [
    head + titles.map((title) => title.padStart(WAIT_WIDTH)).join(''),
    ...waits.map(({ kind, count, fromDue, fromTurn }) => {
      const { p50Ms, p90Ms, p99Ms, p999Ms, mostMs } = fromDue
      const times = [p50Ms, p90Ms, p99Ms, p999Ms, mostMs, fromTurn.p50Ms, fromTurn.p99Ms]
      const cells = [f(count), ...times.map((time) => time.toFixed(1))]
      return kind.padEnd(26) + cells.map((cell) => cell.padStart(WAIT_WIDTH)).join('')
    }),
  ]
}

function f(value: number): string {
  return value.toLocaleString('en-US', { maximumFractionDigits: 1 })
}

function ms(value: number): string {
  return `${value.toFixed(1)} ms`
}

function percent(share: number): string {
  return `${Math.round(share * 100)} % of a core`
}

function rounded(value: number): number {
  return Number(value.toFixed(3))
}
