// One seeded run: terminals sell, lose answers, repeat, reverse and confirm, the card host
// misbehaves, the disk fills, the switch is killed and started again. Then everything heals, and
// what is left must agree. The same seed gives the same run.

import type { Fields } from '../../protocol/message/encode.ts'
import type { Stan, TerminalId } from '../../protocol/values/identifiers.ts'
import { GENESIS, verifyChain } from '../../voucher-store/writer/chain.ts'
import { Oracle } from './oracle.ts'
import { Seeded } from './seeded.ts'
import { NO_FAULTS, SimLedger } from './sim-card-host.ts'
import { memoryDatabase, stock } from './sim-store.ts'
import { adviceFields, ask, inquiryFields, pinsOf, saleFields } from './sim-terminal.ts'
import { VirtualTime } from './virtual-time.ts'
import { type RunningSwitch, startSwitch } from './world.ts'

export interface RunResult {
  readonly seed: number
  readonly sales: number
  readonly crashes: number
  readonly virtualMs: number
  readonly states: Record<string, number>
  readonly violations: readonly string[]
}

const TERMINALS = 4
const HEAL_MS = 3_600_000

export async function simulate(seed: number, sales: number): Promise<RunResult> {
  const random = new Seeded(seed)
  const time = new VirtualTime(Date.UTC(2026, 10, 22, 6))
  const database = await memoryDatabase()
  const { ring } = stock(database, {
    terminals: TERMINALS,
    products: [
      { id: '091905', vouchers: sales },
      { id: '093505', vouchers: Math.ceil(sales / 8) },
    ],
  })
  const ledger = new SimLedger()
  const oracle = new Oracle()
  const trouble = random.next() * 0.15
  let full = false
  let crashes = 0
  const writeFaults = { full: () => full, delayMs: () => random.between(1, 5) }
  const start = () => startSwitch({ time, database, ring, ledger, random, writeFaults })

  let running = await withTime(time, start())
  const faults = () => ({
    ...NO_FAULTS,
    decline: random.next() * 0.2,
    silent: random.next() * trouble,
    silentDebited: random.next() * trouble,
    late: random.next() * trouble,
    otherAmount: random.next() * trouble,
    notSent: random.next() * trouble,
    reversalSilent: random.next() * 0.5,
    down: random.next() * trouble,
  })
  let healing = false
  let active = 0
  let done = 0
  const current = () => running

  const terminal = async (number: number): Promise<void> => {
    active++
    for (let stan = 1; done < sales; stan++) {
      done++
      await oneSale({
        time,
        current,
        random,
        oracle,
        terminal: number,
        stan,
        faulty: () => !healing,
      })
    }
    active--
  }
  for (let number = 1; number <= TERMINALS; number++) void terminal(number)
  while (active > 0) {
    running.cardHost.faults = faults()
    full = random.chance(trouble / 2)
    await time.run(random.between(10, 20_000))
    full = false
    if (random.chance(trouble / 4)) {
      crashes++
      running.kill()
      await time.run(random.between(1, 5_000))
      running = await withTime(time, start())
    }
  }
  healing = true
  running.cardHost.faults = { ...NO_FAULTS }
  await time.run(HEAL_MS)
  settle(running, ledger)
  await time.run(HEAL_MS)
  oracle.checkRest(database, ledger)
  const broken = verifyChain(database, { after: GENESIS }).why
  const violations = broken === undefined ? oracle.violations : [...oracle.violations, broken]
  const rows = database.prepare('select state, count(*) as n from sale group by state').all()
  const states: Record<string, number> = {}
  for (const row of rows as { state: number; n: number }[]) states[row.state] = row.n
  running.kill()
  database.close()
  return { seed, sales, crashes, virtualMs: time.monotonicMs(), states, violations }
}

/**
 * The host's settlement file: what it still has as debited is told to the switch, as for a debit
 * that the host booked after it had answered the reversal twice with 25 and whose approval was
 * lost.
 */
function settle(running: RunningSwitch, ledger: SimLedger): void {
  for (const [key, debit] of ledger.debits) {
    if (debit.reversed) continue
    const [transmission = '', stan, tid] = key.split('/')
    const host = { link: 'sim', transmission, stan: stan as Stan }
    const approval = { authCode: '004711', hostDate: undefined }
    void running.book.reversals.lateApproval(host, tid as TerminalId, approval)
  }
}

interface Attempt {
  readonly time: VirtualTime
  readonly current: () => RunningSwitch
  readonly random: Seeded
  readonly oracle: Oracle
  readonly terminal: number
  readonly stan: number
  readonly faulty: () => boolean
}

/** One sale as a terminal drives it to an end: sold and confirmed, refused, or reversed. */
async function oneSale(attempt: Attempt): Promise<void> {
  const { time, random, terminal, stan } = attempt
  const count = random.chance(0.2) ? random.between(2, 3) : 1
  const product = random.chance(0.3) ? '093505' : '091905'
  const fields = saleFields(time, { terminal, stan, count, product })
  const identity = `${terminal}/${stan}`
  await pause(time, random.between(1, 5_000))
  if (random.chance(0.02)) {
    // The reversal overtakes its sale.
    await reverse(attempt, fields, identity)
  }
  let reply = await send(attempt, '0200', fields, identity, count)
  if (random.chance(0.1)) reply = await send(attempt, '0201', fields, identity, count)
  if (reply === undefined) reply = await send(attempt, '0201', fields, identity, count)
  if (reply === undefined || reply === '96' || reply === '68') {
    return reverse(attempt, fields, identity)
  }
  if (reply !== '00') return
  if (random.chance(0.1)) return reverse(attempt, fields, identity)
  if (random.chance(0.7)) {
    await exchange(attempt, '0220', adviceFields(time, fields))
  }
  if (random.chance(0.1)) {
    const inquiry = inquiryFields(time, fields, stan)
    await exchange(attempt, '0100', inquiry)
  }
}

async function send(
  attempt: Attempt,
  mti: string,
  fields: Fields,
  identity: string,
  count: number,
): Promise<string | undefined> {
  const reply = await exchange(attempt, mti, fields)
  if (reply === undefined) return undefined
  const code = reply.get(39) ?? ''
  const seen = { code, rrn: reply.get(37) ?? '', pins: pinsOf(reply), count }
  attempt.oracle.sawSaleReply(identity, seen)
  return code
}

/** Repeats the reversal until it is ended, as a terminal does. */
async function reverse(attempt: Attempt, fields: Fields, identity: string): Promise<void> {
  const advice = adviceFields(attempt.time, fields)
  for (let mti = '0400'; ; mti = '0401') {
    const reply = await exchange(attempt, mti, advice)
    const code = reply?.get(39)
    if (code === '00') attempt.oracle.sawReversed(identity)
    if (code !== undefined && ['00', '21', '61', '94'].includes(code)) return
    await pause(attempt.time, 5_000)
  }
}

/** A message and its reply, either of which may be lost; sometimes the request arrives twice. */
async function exchange(attempt: Attempt, mti: string, fields: Fields) {
  const { time, random, current } = attempt
  if (attempt.faulty() && random.chance(0.05)) {
    await pause(time, 45_000)
    return undefined
  }
  if (attempt.faulty() && random.chance(0.05))
    void ask(current(), time, mti, fields, { loseReply: true })
  const loseReply = attempt.faulty() && random.chance(0.1)
  return ask(current(), time, mti, fields, { loseReply })
}

function pause(time: VirtualTime, ms: number): Promise<void> {
  return new Promise((resolve) => {
    time.after(ms, resolve)
  })
}

async function withTime<Result>(time: VirtualTime, starting: Promise<Result>): Promise<Result> {
  let ended = false
  starting.then(() => {
    ended = true
  })
  await time.runUntil(() => ended)
  return starting
}
