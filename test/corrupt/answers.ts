// Everything that the product would answer or do on the strength of a store: what a damaged copy
// must either say alike, or not be believed. Secrets go into it as hashes only.

import { createHash } from 'node:crypto'
import type Database from 'better-sqlite3'
import type { ProductId } from '../../protocol/values/identifiers.ts'
import { listClaims, listDayEndDifferences } from '../../voucher-store/admin/claims.ts'
import { readFence, readGaps } from '../../voucher-store/backup/fence.ts'
import { SqliteCatalogue } from '../../voucher-store/reading/catalogue-reader.ts'
import { SqliteSaleReader } from '../../voucher-store/reading/sale-reader.ts'
import { SqliteStockReader } from '../../voucher-store/reading/stock-reader.ts'
import { SqliteTerminalDirectory } from '../../voucher-store/reading/terminal-directory.ts'
import { type KeyRing, SqliteVault } from '../../voucher-store/vault/vault.ts'
import { TODAY } from '../voucher-store/temporary-store.ts'

/** The identities and ids that are asked about: those of the store before it was damaged. */
export interface Questions {
  readonly keys: readonly {
    day: number
    time: string
    terminal: number
    stan: string
    id: number
  }[]
  readonly vouchers: readonly number[]
}

/** A voucher whose PIN does not open is noticed when it is used, and taken out of stock. */
export const UNOPENED = 'does not open'

export function questionsOf(database: Database.Database): Questions {
  const keys = database.prepare('select day, time, terminal, stan, id from sale').all()
  const vouchers = database.prepare('select id from voucher').pluck().all()
  return { keys: keys as Questions['keys'], vouchers: vouchers as number[] }
}

export function answersOf(
  database: Database.Database,
  ring: KeyRing,
  { keys, vouchers }: Questions,
): string[] {
  const sales = new SqliteSaleReader(database)
  const stock = new SqliteStockReader(database)
  const vault = new SqliteVault(ring, (id) => stock.byId(id))
  const catalogue = new SqliteCatalogue(database, () => TODAY)
  const directory = new SqliteTerminalDirectory(database, 10)
  const answers: unknown[] = []
  for (const { day, time, terminal, stan } of keys) {
    answers.push(sales.find({ day, time, terminalKey: terminal, stan: stan as never }))
  }
  for (const { id } of keys) {
    const reversal = sales.openReversal(id)
    const card = reversal === undefined ? undefined : vault.openCard(reversal.sealedCard, id)
    const opened = card === undefined ? UNOPENED : hash(card.reveal())
    answers.push({ ...reversal, sealedCard: reversal === undefined ? undefined : opened })
  }
  answers.push(
    sales.openIntents(),
    sales.openReversals(0, 1_000).map(({ id }) => id),
  )
  answers.push(sales.highestSaleId(), sales.counter('rrn'), sales.counter('stan/bank'))
  answers.push(sales.newestSold(1, 1_000).map(({ id }) => id))
  answers.push(sales.refundTally(TODAY, { terminalKey: 1 }))
  answers.push(sales.refundTally(TODAY, { merchantKey: 1 }))
  answers.push(sales.dayUse({ terminalKey: 1 }), sales.dayUse({ merchantKey: 1 }))
  answers.push(listClaims(database), listDayEndDifferences(database))
  answers.push(readFence(database), readGaps(database), catalogue.products())
  answers.push(catalogue.product('093205' as ProductId, TODAY))
  answers.push(directory.find(0, '000000000012345', '10000001'))
  answers.push(stock.available('093205', undefined, 1_000).vouchers.map(({ id }) => id))
  for (const id of vouchers) {
    const voucher = stock.byId(id)
    const voucherPin = voucher === undefined ? undefined : vault.openPin(voucher)
    const opened = voucherPin === undefined ? UNOPENED : hash(voucherPin.reveal())
    answers.push({ ...voucher, sealedPin: opened })
  }
  return answers.map((answer) => JSON.stringify(answer) ?? 'nothing')
}

function hash(secret: string): string {
  return createHash('sha256').update(secret).digest('hex')
}
