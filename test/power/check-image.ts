// Boots an image with the product's own recovery and judges what is there: it must boot, its
// journal and counts must hold, and every promise made before the cut must be kept. The quick boot
// leaves out locks and threads only; every so often an image is opened as the switch opens it.

import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type Database from 'better-sqlite3'
import { systemTimers } from '../../protocol/link/timers.ts'
import type { Stan } from '../../protocol/values/identifiers.ts'
import type { Notice } from '../../switch/core/notice.ts'
import { reverseOpenIntents } from '../../switch/core/recovery.ts'
import { DATABASE_FILE } from '../../voucher-store/checked-data.ts'
import { saleState, voucherCode } from '../../voucher-store/codes.ts'
import { openForWriting } from '../../voucher-store/open-database.ts'
import { checkTail, readMark } from '../../voucher-store/outside-mark.ts'
import { SqliteSaleReader } from '../../voucher-store/reading/sale-reader.ts'
import { audit } from '../../voucher-store/reports/audit.ts'
import { verifyJournal } from '../../voucher-store/reports/verify-journal.ts'
import { openStore } from '../../voucher-store/store.ts'
import type { StoreRecord } from '../../voucher-store/store-record.ts'
import { GroupCommit } from '../../voucher-store/writer/group-commit.ts'
import type { Image } from './disk.ts'
import type { Identity, Promised } from './promises.ts'

export interface BootOptions {
  readonly folder: string
  readonly kekFile: string
  /** With `openStore`, as the switch does. */
  readonly whole: boolean
}

/** What is wrong with the image; nothing when all is well. */
export async function checkImage(
  image: Image,
  promised: readonly Promised[],
  options: BootOptions,
): Promise<string[]> {
  const { folder } = options
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  for (const [name, bytes] of image) writeFileSync(join(folder, name), bytes)
  try {
    if (options.whole) await openWhole(options)
    return await bootAndJudge(folder, promised)
  } catch (error) {
    return [`does not boot: ${(error as Error).message}`]
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

async function openWhole({ folder, kekFile }: BootOptions): Promise<void> {
  const opened = await openStore({
    ...{ directory: folder, kekFile, groupMost: 100, queueMost: 1_000 },
    onFatal: (why) => {
      throw new Error(why)
    },
  })
  if ('kind' in opened) throw new Error(`${opened.code}: ${opened.message}`)
  await opened.close()
}

async function bootAndJudge(folder: string, promised: readonly Promised[]): Promise<string[]> {
  const database = openForWriting(join(folder, DATABASE_FILE))
  try {
    const damage = checkTail(database, readMark(folder))
    if (damage !== undefined) return [`refused: ${damage}`]
    await recover(database)
    return judge(database, promised)
  } finally {
    database.close()
  }
}

async function recover(database: Database.Database): Promise<void> {
  const groups = new GroupCommit(database)
  const journal = {
    write: async (record: StoreRecord) => {
      const result = groups.write([record])
      if (result.kind === 'fatal') throw new Error(result.why)
      const [written] = result.results
      if (written === undefined) throw new Error('a record without a result')
      return written
    },
  }
  let stan = 0
  const reversalTrace = () => {
    return { stan: String(++stan).padStart(6, '0') as Stan, transmission: '0101000000' }
  }
  const notice = ({ what }: Notice) => {
    throw new Error(what)
  }
  const intents = new SqliteSaleReader(database).openIntents()
  await reverseOpenIntents({ journal, clock: systemTimers, notice, reversalTrace }, intents)
}

/** A database that was recovered, against what was promised. */
export function judge(database: Database.Database, promised: readonly Promised[]): string[] {
  const problems: string[] = []
  const whole = database.pragma('integrity_check', { simple: true })
  if (whole !== 'ok') problems.push(`integrity: ${String(whole)}`)
  for (const { name, violations, detail } of audit(database).checks) {
    if (violations > 0) problems.push(`${name}: ${detail}`)
  }
  problems.push(...verifyJournal(database).problems)
  const keeper = new PromiseKeeper(database)
  for (const one of promised) {
    const problem = keeper.broken(one)
    if (problem !== undefined) problems.push(problem)
  }
  return problems
}

interface SaleRow {
  readonly id: number
  readonly state: number
  readonly rrn: string | null
  readonly response_code: string
  readonly vouchers: string | null
  readonly confirmed_ms: number | null
  readonly cancelled: number
}

const SHOWN = new Set(['sold', 'refunding', 'refunded'])
const UNDONE = new Set(['reversing', 'reversed', 'refunding', 'refunded', 'tombstone', 'declined'])

class PromiseKeeper {
  readonly #byIdentity: Database.Statement
  readonly #byRrn: Database.Statement
  readonly #byTrace: Database.Statement
  readonly #voucher: Database.Statement
  readonly #undoing: Database.Statement

  constructor(database: Database.Database) {
    const from = 'select s.* from sale s'
    this.#byIdentity = database.prepare(
      `${from} join terminal t on t.id = s.terminal
       where t.tid = ? and s.day % 10000 = ? and s.time = ? and s.stan = ?`,
    )
    this.#byRrn = database.prepare(`${from} where s.rrn = ?`)
    this.#byTrace = database.prepare(`${from} where s.host_stan = ? and s.host_transmission = ?`)
    this.#voucher = database.prepare('select id, state, sale from voucher where serial = ?')
    this.#undoing = database.prepare(
      'select sale from reversal where host_stan = ? and host_transmission = ?',
    )
  }

  broken(promised: Promised): string | undefined {
    switch (promised.kind) {
      case 'answer':
        return this.#answer(promised)
      case 'confirmed': {
        const sale = this.#byRrn.get(promised.rrn) as SaleRow | undefined
        if (sale === undefined) return `confirmed ${promised.rrn} is not there`
        return sale.confirmed_ms === null ? `${promised.rrn} is not confirmed` : undefined
      }
      case 'cancelled': {
        const place = placeOf(promised.identity)
        const sale = this.#byIdentity.get(...place) as SaleRow | undefined
        if (sale === undefined) return `cancelled ${place.join(' ')} is not there`
        if (sale.cancelled === 1 || UNDONE.has(saleState(sale.state))) return undefined
        return `the reversal of ${place.join(' ')} was accepted; it is ${saleState(sale.state)}`
      }
      case 'debit':
        if (this.#byTrace.get(promised.stan, promised.transmission) !== undefined) return undefined
        return `the debit ${promised.stan} left without an intent`
      case 'undoing':
        if (this.#undoing.get(promised.stan, promised.transmission) !== undefined) return undefined
        return `the reversal of debit ${promised.stan} is not there`
    }
  }

  #answer(promised: Promised & { kind: 'answer' }): string | undefined {
    const { rrn, rc, serials } = promised
    const sale = this.#byIdentity.get(...placeOf(promised.identity)) as SaleRow | undefined
    if (sale === undefined) return `answered ${rrn} with ${rc}: no such sale`
    // A terminal's reversal changes what its own repeat is told, and nothing else may.
    if (sale.response_code !== rc && sale.cancelled !== 1) {
      return `answered ${rrn} with ${rc}; stored is ${sale.response_code}`
    }
    if (sale.rrn !== rrn) return `answered ${rrn}; stored is ${sale.rrn}`
    if (rc !== '00') return undefined
    if (!SHOWN.has(saleState(sale.state))) return `approved ${rrn} is ${saleState(sale.state)}`
    const ids = JSON.parse(sale.vouchers ?? '[]') as number[]
    for (const [index, serial] of serials.entries()) {
      const voucher = this.#voucher.get(serial) as
        | { id: number; state: number; sale: number | null }
        | undefined
      if (voucher === undefined || voucher.sale !== sale.id || ids[index] !== voucher.id) {
        return `the voucher shown with ${rrn} is not its own`
      }
      if (![voucherCode('sold'), voucherCode('quarantined')].includes(voucher.state)) {
        return `the voucher shown with ${rrn} is in state ${voucher.state}`
      }
    }
    return serials.length === ids.length ? undefined : `${rrn} was shown other vouchers`
  }
}

function placeOf({ tid, date, time, stan }: Identity): [string, number, string, string] {
  return [tid, Number(date), time, stan]
}
