// Runs that end badly. The switch is killed under one: its lines sell until they are cut, and a
// second run repeats what was left without an answer, as terminals do. Under another the card host
// debits and says nothing: its links are cut again and again, until so many sales are to be undone.

import type { DrainReport } from './orders.ts'
import { pause } from './runs.ts'
import type { SaleLine } from './sale-line.ts'
import type { ScriptedHost } from './scripted-host.ts'

/** Resolves when every connection has ended: somebody must end them. */
export async function runUntilCut(lines: readonly SaleLine[]): Promise<{ sales: number }> {
  let sales = 0
  const sellOn = (line: SaleLine, ended: () => void): void => {
    line.sell((approved) => {
      if (approved) sales++
      if (line.isOpen) sellOn(line, ended)
      else ended()
    })
  }
  await Promise.all(lines.map((line) => new Promise<void>((ended) => sellOn(line, ended))))
  return { sales }
}

/** Throws when an answer is still owed then. */
export async function repeatOwed(
  lines: readonly SaleLine[],
): Promise<{ owed: number; sold: number }> {
  const owed = lines.filter(({ isOwed }) => isOwed)
  const answers = owed.map(
    (line) => new Promise<boolean>((answered) => line.repeat((approved) => answered(approved))),
  )
  const sold = (await Promise.all(answers)).filter((approved) => approved).length
  if (owed.some(({ isOwed }) => isOwed)) throw new Error('a repeat was not answered')
  return { owed: owed.length, sold }
}

/** Between two looks at how much the host has swallowed. */
const LOOK_MS = 50
/** A terminal waits so long after a sale that was refused. */
const REFUSED_MS = 30
/** Without more to swallow the link is cut all the same. */
const CUT_AFTER_MS = 500

/** So many sales are debited at a host that does not answer; each then has its reversal. */
export async function loseSales(
  lines: readonly SaleLine[],
  host: ScriptedHost,
  count: number,
): Promise<{ lost: number }> {
  host.isSilent = true
  const before = host.debits
  const isEnough = (): boolean => host.debits - before >= count
  const sellOn = (line: SaleLine, ended: () => void): void => {
    if (isEnough()) return ended()
    line.sell(() => setTimeout(() => sellOn(line, ended), REFUSED_MS))
  }
  const selling = lines.map((line) => new Promise<void>((ended) => sellOn(line, ended)))
  const state = { cutMs: performance.now(), atCut: host.debits }
  const watch = setInterval(() => {
    const isFull = host.debits - state.atCut >= lines.length
    if (!isFull && performance.now() - state.cutMs < CUT_AFTER_MS) return
    Object.assign(state, { cutMs: performance.now(), atCut: host.debits })
    host.cut()
  }, LOOK_MS)
  await Promise.all(selling)
  clearInterval(watch)
  return { lost: host.debits - before }
}

const DRAIN_MOST_MS = 120_000

/** The host is back on a new link, and answers at once; the rate is from the first to the last. */
export async function drained(host: ScriptedHost, reversals: number): Promise<DrainReport> {
  host.reversedMs = []
  host.isSilent = false
  host.cut()
  const untilMs = performance.now() + DRAIN_MOST_MS
  while (host.reversedMs.length < reversals && performance.now() < untilMs) await pause(LOOK_MS)
  const { reversedMs, reversal, port: hostPort } = host
  if (reversal === undefined || reversedMs.length < reversals) {
    throw new Error(`only ${reversedMs.length} reversals came`)
  }
  const seconds = ((reversedMs.at(-1) ?? 0) - (reversedMs[0] ?? 0)) / 1_000
  const perSecond = Math.round(reversedMs.length / seconds)
  return { reversals: reversedMs.length, seconds, perSecond, sample: reversal, hostPort }
}
