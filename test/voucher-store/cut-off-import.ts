// An import whose process dies in the middle, for tests of what is done with what it leaves: a
// batch that is loading, with 750 vouchers that nobody sees.

import { systemTimers } from '../../protocol/link/timers.ts'
import { importBatch } from '../../voucher-store/import.ts'
import {
  genericFile,
  inChunks,
  KEK,
  orderFor,
  type TemporaryStore,
  vouchersFrom,
} from './temporary-store.ts'

/** It dies with the fifth of its writes. `first`: its serials and PINs count upwards from there. */
export function cutOffImport(store: TemporaryStore, first: number): Promise<void> {
  const { journal, database, ring } = store
  return new Promise((died, failed) => {
    let writes = 0
    const dying = {
      write: (record: Parameters<typeof journal.write>[0]) => {
        if (++writes <= 4) return journal.write(record)
        died()
        return new Promise<never>(() => undefined)
      },
    }
    const ports = { journal: dying, database, ring, kek: KEK, clock: systemTimers }
    const file = inChunks(genericFile(vouchersFrom(first, 4_000)))
    const run = async () => {
      for await (const event of importBatch(ports, orderFor(store), file)) void event
    }
    run().then(() => failed(new Error('the import did not die')), failed)
  })
}
