// The real switch as a process on a real disk, killed with -9 at random moments while terminals
// sell and the card host misbehaves. After every kill it is started again on what it left; at the
// end three sides must agree: the switch, the card host's ledger, and the terminals' receipts.

import { createReadStream, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import type { AdminClient } from '../../admin-api/client.ts'
import { type CardHost, startCardHost } from '../../card-host/host.ts'
import { SwitchProcess } from '../../switch/demo/switch-process.ts'
import { init } from '../../switch/init.ts'
import { Seeded } from '../simulation/seeded.ts'
import { addShop, adminOf, importVouchers, untilReversed, untilSelling } from '../trial-shop.ts'
import { CARDS, Fleet } from './fleet.ts'
import { MISBEHAVIOUR } from './misbehaviour.ts'
import { findSecrets } from './secrets.ts'

export interface CrashResult {
  readonly kills: number
  readonly sales: Record<string, number>
  readonly receipts: number
  /** Of sales that a terminal had left open. */
  readonly lateReceipts: number
  /** From the start of the process to its ready line, in milliseconds. */
  readonly recoveries: readonly number[]
  readonly violations: readonly string[]
}

const MID = '000000000100001'
const TIDS = ['10000001', '10000002', '10000003', '10000004', '10000005', '10000006']
/** Chance that a backup, or an import, is under way when the kill comes. */
const BUSY = 0.15
const IMPORTED = 800
/** All PINs take the same way; to look for each in the files of a large stock would take hours. */
const SEARCHED_PINS = 20
/** No run of zeros in it: packed, that would be found in any database. */
const digitsOf = (number: number): number => 3_174_984_596_117 + 7_919 * number

const QUICK = {
  EVS_LIMITS_BALLAST_BYTES: '65536',
  EVS_TIMEOUTS_CARD_HOST_MS: '1000',
  EVS_TIMEOUTS_REVERSAL_BACKOFF_FIRST_MS: '100',
  EVS_TIMEOUTS_REVERSAL_BACKOFF_MAX_MS: '1000',
  EVS_TIMEOUTS_DIAL_BACKOFF_FIRST_MS: '50',
  EVS_TIMEOUTS_DIAL_BACKOFF_MAX_MS: '200',
}

export interface CrashOptions {
  readonly kills: number
  readonly seed: number
  /** In stock before the first kill. */
  readonly vouchers: number
  readonly program: readonly string[]
  readonly progress?: (kills: number) => void
}

export async function crashRun(options: CrashOptions): Promise<CrashResult> {
  const random = new Seeded(options.seed)
  const folder = mkdtempSync(join(tmpdir(), 'evs-crash-'))
  const ledger = join(folder, 'card-host.ndjson')
  const host = await startCardHost({
    ...{ port: 0, ledgerFile: ledger, seed: options.seed, faults: [...MISBEHAVIOUR] },
  })
  const { config } = await init({
    ...{ dir: join(folder, 'shop'), terminalPort: 0, institutionPort: 0 },
    cardHostPort: host.port,
  })
  const log = join(folder, 'switch.log')
  const switchProcess = new SwitchProcess(config, log, QUICK, options.program)
  try {
    await switchProcess.start()
    await prepare(switchProcess, folder, options.vouchers)
    const fleet = new Fleet({ tids: TIDS, mid: MID, random }, switchProcess)
    fleet.start()
    const recoveries: number[] = []
    for (let kill = 0; kill < options.kills; kill++) {
      await pause(random.between(100, 1_500))
      const work = startWork(adminOf(switchProcess, 'crash test'), folder, kill, random)
      if (work !== undefined) await pause(random.between(1, 120))
      await switchProcess.kill()
      await work
      rmSync(backupOf(folder, kill), { force: true })
      const started = performance.now()
      await switchProcess.start()
      recoveries.push(Math.round(performance.now() - started))
      options.progress?.(kill + 1)
    }
    await pause(500)
    host.faults = []
    await fleet.stop()
    return await audit(switchProcess, host, fleet, {
      ...{ folder, ledger, kills: options.kills, recoveries },
    })
  } finally {
    await switchProcess.stop()
    await host.stop()
    rmSync(folder, { recursive: true, force: true })
  }
}

/** What an administrator may be doing when it happens; the kill cuts it off. */
function startWork(
  admin: AdminClient,
  folder: string,
  kill: number,
  random: Seeded,
): Promise<unknown> | undefined {
  // That it fails is what is wanted: the process is gone in the middle of it.
  const cutOff = () => undefined
  if (random.chance(BUSY)) return admin.backup(backupOf(folder, kill)).catch(cutOff)
  if (!random.chance(BUSY)) return undefined
  const vouchers = { first: 10_000_000 + kill * IMPORTED, count: IMPORTED, digitsOf }
  return importVouchers(admin, folder, vouchers).catch(cutOff)
}

function backupOf(folder: string, kill: number): string {
  return join(folder, `${kill}.backup`)
}

async function prepare(
  switchProcess: SwitchProcess,
  folder: string,
  vouchers: number,
): Promise<void> {
  const admin = adminOf(switchProcess, 'crash test')
  await addShop(admin, { mid: MID, name: 'CRASH TEST', tids: TIDS })
  await importVouchers(admin, folder, { first: 1, count: vouchers, digitsOf })
  await untilSelling(admin)
}

/** What the switch says of a sale, for whoever looks for what went wrong. */
async function lifeOf(admin: AdminClient, rrn: string): Promise<string> {
  const { sales } = await admin.sales({ rrn, limit: 1 })
  if (sales[0] === undefined) return 'the switch does not know it'
  const { state, confirmed, disclosures, history } = await admin.sale(String(sales[0].id))
  const records = history.map(({ kind, at, text }) => `${at} ${kind} ${text}`)
  return [state, `confirmed ${confirmed}`, `told ${disclosures} times`, ...records].join('; ')
}

async function audit(
  switchProcess: SwitchProcess,
  host: CardHost,
  fleet: Fleet,
  run: { folder: string; ledger: string; kills: number; recoveries: number[] },
): Promise<CrashResult> {
  const admin = adminOf(switchProcess, 'crash test')
  await untilReversed(admin)
  const violations: string[] = []
  const seen = new Map<string, string>()
  for (const { voucherPin, by, rrn } of fleet.printed) {
    const other = seen.get(voucherPin)
    if (other !== undefined && other !== rrn) violations.push(`one PIN under ${other} and ${rrn}`)
    seen.set(voucherPin, rrn)
    const debits = host.netDebits().filter((debit) => debit.rrn === rrn).length
    if (debits !== 1) violations.push(`RRN ${rrn}: a receipt with ${debits} net debits (${by})`)
  }
  const printed = new Set(fleet.printed.map(({ rrn }) => rrn))
  for (const { rrn } of host.netDebits()) {
    if (!printed.has(rrn)) {
      violations.push(`RRN ${rrn}: debited without a receipt: ${await lifeOf(admin, rrn)}`)
    }
  }
  const reconciled = await admin.reconcile({ settle: false }, createReadStream(run.ledger))
  for (const difference of reconciled.differences) violations.push(difference.text)
  if (reconciled.doubleSold > 0) violations.push(`${reconciled.doubleSold} vouchers sold twice`)
  const checked = await admin.audit()
  for (const check of checked.checks) {
    if (check.violations > 0) violations.push(`${check.name}: ${check.detail}`)
  }
  const every = Math.ceil(fleet.printed.length / SEARCHED_PINS)
  const searched = fleet.printed.filter((_, index) => index % every === 0)
  const secrets = [...CARDS, ...searched.map(({ voucherPin }) => voucherPin)]
  violations.push(...findSecrets(run.folder, secrets))
  const journal = await admin.verifyJournal()
  violations.push(...journal.problems)
  const { sales } = await admin.sales({ limit: 10_000 })
  const states: Record<string, number> = {}
  for (const { state } of sales) states[state] = (states[state] ?? 0) + 1
  return {
    kills: run.kills,
    sales: states,
    receipts: fleet.printed.length,
    lateReceipts: fleet.lateReceipts,
    recoveries: run.recoveries,
    violations,
  }
}
