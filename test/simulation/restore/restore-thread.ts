// The product's restore on a thread of its own, because it waits for promises and the loop of a
// simulation does not. One order at a time; the answer is there when the bell is rung.

import { parentPort, workerData } from 'node:worker_threads'
import { restoreBackup } from '../../../voucher-store/backup/restore.ts'
import { bytesKek } from '../../../voucher-store/vault/kek.ts'
import type { OrderWithBytes, RestoreAnswer, Slate } from './restorer.ts'

const { bell, text } = workerData as Slate
if (parentPort === null) throw new Error('restores run on a thread only')

parentPort.on('message', (order: OrderWithBytes) => {
  restoreBackup({ ...order, kek: bytesKek(Buffer.from(order.kek)) }).then(
    (result) => tell({ result }),
    (error: unknown) => tell({ error: (error as Error).stack ?? String(error) }),
  )
})

function tell(answer: RestoreAnswer): void {
  const bytes = Buffer.from(JSON.stringify(answer))
  text.set(bytes)
  Atomics.store(bell, 0, bytes.length)
  Atomics.notify(bell, 0)
}
