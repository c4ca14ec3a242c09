// The report of a replay for people: how sales ended, how long they waited, and what was lost.

import { expect, it } from 'vitest'
import { ConnectionSlots } from '../../replay/connection-slots.ts'
import { Ledger } from '../../replay/ledger.ts'
import { showProgress } from '../../replay/progress-line.ts'
import { reportOf, reportText } from '../../replay/report.ts'
import { madeUpCards } from '../../replay/test-cards.ts'
import { Waits } from '../../replay/waits.ts'

const WRITTEN_OVER = '\r\u001b[2K'

function run(lost: number) {
  const [ledger, waits] = [new Ledger(), new Waits()]
  const about = { tid: '10000001', product: '091905', rial: 50_000 }
  const sold = ledger.begin({ ...about, stan: '000001' })
  ledger.end(sold, { kind: 'sold', rrn: '1', serials: ['A'] })
  const declined = ledger.begin({ ...about, stan: '000002' })
  ledger.end(declined, { kind: 'declined', responseCode: '51', rrn: '2' })
  for (let n = 0; n < lost; n++) {
    ledger.begin({ ...about, tid: '10000002', stan: String(n).padStart(6, '0') })
  }
  waits.note('sale', { dueMs: 0, turnMs: 30, nowMs: 42 })
  waits.note('sale', { dueMs: 0, turnMs: 0, nowMs: 12 })
  ledger.tally('confirmations accepted')
  const progress = { records: 3, leftOut: 7, atMs: 5_000, isReading: false }
  return {
    ledger,
    waits,
    progress,
    dropped: 0,
    seconds: 2,
    processorSeconds: 1,
    interrupted: false,
  }
}

it('tells how sales ended and how long they waited, from due and from their turn', () => {
  const given = run(0)
  given.ledger.close()
  const report = reportOf(given)
  expect(report).toMatchObject({ ok: true, lost: 0, processorShare: 0.5 })
  expect(report.sales).toMatchObject({ sent: 2, perSecond: 1, sold: 1, declined: { 51: 1 } })
  const [row] = report.waits
  expect(row?.fromDue.mostMs).toBeCloseTo(42, 0)
  expect(row?.fromTurn.mostMs).toBeCloseTo(12, 0)
  expect(report.lateness.mostMs).toBeCloseTo(30, 0)
  const text = reportText(report)
  expect(text).toMatch(/declined +1 {2}51: 1/)
  expect(text).toMatch(/records played +3 {2}7 of terminals beyond the list/)
  expect(text).toContain('audit: nothing lost in 2 sales')
})

it('counts what was lost beyond what it names', () => {
  const given = run(250)
  given.ledger.close()
  const report = reportOf(given)
  expect(report).toMatchObject({ ok: false, lost: 250 })
  expect(reportText(report)).toContain('audit: 250 LOST')
})

it('names what was lost, the first twenty of it, and ends with the verdict', () => {
  const given = run(30)
  given.ledger.close()
  const text = reportText(reportOf(given))
  expect(text.match(/^LOST: terminal 10000002/gm)).toHaveLength(20)
  expect(text).toContain('... and 10 more')
  expect(text.trimEnd().endsWith('audit: 30 LOST')).toBe(true)
})

it('shows how it is going, over and over in one line on a terminal and line by line in a log', () => {
  for (const [isTTY, form] of [
    [true, /^00:00:05 \| .* \| 1 sold \| 1 declined \|/],
    [false, /^replay: 00:00:05 \| .*connections\n$/],
  ] as const) {
    const { ledger, waits, progress } = run(0)
    const due: (() => void)[] = []
    const after = (_ms: number, show: () => void) => {
      due.push(show)
      return () => undefined
    }
    const timers = { monotonicMs: () => 1_000, wallMs: () => 0, after }
    const stage = {
      ...{ ledger, waits, slots: new ConnectionSlots(1), cards: madeUpCards() },
      ...{ isStopping: () => false, work: { waiting: 0, underWay: 0, dropped: 0 } },
      failed: () => undefined,
    }
    const shown: string[] = []
    const out = { stderr: (text: string) => void shown.push(text), isTTY }
    const end = showProgress({ stage, progress: { ...progress, isReading: true }, timers }, out)
    due[0]?.()
    end()
    expect(shown[0]?.replace(WRITTEN_OVER, '')).toMatch(form)
    expect(shown[0]?.startsWith(WRITTEN_OVER)).toBe(isTTY)
    expect(shown.slice(1)).toEqual(isTTY ? [WRITTEN_OVER] : [])
  }
})
