// A process of its own that opens a data directory as `evs serve` does and sells without end, a few
// sales at once; it says the number of each sale once its last record is told as written. It is
// there to be killed.

import { openStore } from '../../voucher-store/store.ts'
import { intentOf, NOW } from '../voucher-store/temporary-store.ts'

const [directory = '', kekFile = '', ...range] = process.argv.slice(2)
const [first = 0, last = 0] = range.map(Number)

const store = await openStore({
  ...{ directory, kekFile, groupMost: 100, queueMost: 1_000 },
  onFatal: () => process.exit(70),
})
if ('kind' in store) throw new Error(`${store.code}: ${store.message}`)
const { journal } = store

let next = first
await Promise.all(
  [1, 2, 3].map(async () => {
    while (next <= last) await sell(next++)
  }),
)
// The last ones are told too before the parent looks.
setInterval(() => undefined, 1_000)

/** Vouchers have the numbers of their sales. */
async function sell(id: number): Promise<void> {
  await written(intentOf({ id, voucherIds: [id] }))
  const outcome = { kind: 'sold' as const, authCode: '004711', hostDate: '0701' }
  await written({ kind: 'outcome', id, outcome, atMs: NOW })
  if (id % 2 === 0) await written({ kind: 'disclosure', id, by: 'inquiry', atMs: NOW })
  process.stdout.write(`${id}\n`)
}

async function written(record: Parameters<typeof journal.write>[0]): Promise<void> {
  const result = await journal.write(record)
  if (result.kind !== 'written') throw new Error(`${result.reason}: ${result.detail}`)
}
