// Gives a stopped shop a past: sold sales of earlier days, written by the product's own writer from
// the vouchers in its stock, so that journal, chain, rows and counts are those that selling makes.
// Only nobody is asked and nothing is answered. Parameters: data directory, how many. Tells its
// parent when it is done.

import { join } from 'node:path'
import { addDays, ordinalDay, tehranMidnight, tehranTime } from '../protocol/values/moment.ts'
import type { IntentRecord, OutcomeRecord } from '../switch/core/journal.ts'
import { DATABASE_FILE } from '../voucher-store/checked-data.ts'
import { epochOf } from '../voucher-store/meta.ts'
import { openForWriting } from '../voucher-store/open-database.ts'
import { MarkKeeper } from '../voucher-store/outside-mark.ts'
import { readHead } from '../voucher-store/writer/chain.ts'
import { Checkpoints } from '../voucher-store/writer/checkpoint.ts'
import { GroupCommit } from '../voucher-store/writer/group-commit.ts'

const GROUP = 2_000
const SALES_A_DAY = 100_000
const SECONDS_A_DAY = 86_400
/** Of no card. */
const HASH = '0'.repeat(32)

const [directory = '', wanted] = process.argv.slice(2)
const database = openForWriting(join(directory, DATABASE_FILE))
// Nothing of it has to outlive a power cut.
database.pragma('synchronous = OFF')
const groups = new GroupCommit(database)
const checkpoints = new Checkpoints(database)
const mark = new MarkKeeper(directory, { epoch: epochOf(database), head: readHead(database) })
const today = tehranTime(Date.now()).day
const terminals = database.prepare('select id, merchant from terminal').all() as {
  readonly id: number
  readonly merchant: number
}[]
const firstId = database
  .prepare('select coalesce(max(id), 0) + 1 from sale')
  .pluck()
  .get() as number
const vouchers = database
  .prepare('select id from voucher where state = 0 order by lot, id limit ?')
  .pluck()
  .all(Number(wanted)) as number[]

for (let at = 0; at < vouchers.length; at += GROUP) {
  const sales = vouchers.slice(at, at + GROUP).map((voucher, n) => sale(at + n, voucher))
  write(sales.map(({ intent }) => intent))
  write(sales.map(({ outcome }) => outcome))
  checkpoints.whenGrown()
}
const head = readHead(database)
database.pragma('wal_checkpoint(TRUNCATE)')
database.close()
mark.final(head)
process.send?.({ sales: vouchers.length })

function write(records: readonly (IntentRecord | OutcomeRecord)[]): void {
  const result = groups.write(records)
  const failed = result.kind === 'done' && result.results.find(({ kind }) => kind !== 'written')
  if (result.kind === 'fatal' || failed) throw new Error(`not written: ${JSON.stringify(result)}`)
}

function sale(n: number, voucher: number) {
  const day = addDays(today, -2 - Math.trunc(n / SALES_A_DAY))
  const turn = n % SALES_A_DAY
  const second = Math.trunc((turn * SECONDS_A_DAY) / SALES_A_DAY)
  const atMs = tehranMidnight(day) + second * 1_000
  const { id: terminalKey, merchant } = terminals[n % terminals.length] ?? { id: 0, merchant: 0 }
  const { time } = tehranTime(atMs)
  const intent = {
    ...{ kind: 'intent', id: firstId + n, merchantKey: merchant, atMs },
    key: { terminalKey, day, time, stan: String(turn).padStart(6, '0') },
    content: { processingCode: '150000', amount: 50_000, order: '093205 01', cardHash: HASH },
    ...{ product: '093205', count: 1, voucherIds: [voucher] },
    rrn: ordinalDay(day) + String(turn).padStart(8, '0'),
    host: { link: 'bench-host', stan: String(turn).padStart(6, '0'), transmission: '0101000000' },
    ...{ sealedCard: '\0'.repeat(48), maskedCard: '603799******0014' },
  } as unknown as IntentRecord
  const sold = { kind: 'sold', authCode: '123456', hostDate: undefined } as const
  const outcome = { kind: 'outcome', id: firstId + n, outcome: sold, atMs } as const
  return { intent, outcome: outcome as OutcomeRecord }
}
