// A start with another version or another configuration than the one before is an act of
// administration, and goes into the audit record: the digest of the effective configuration, never
// its words. A start that changes nothing is none.

import { createHash } from 'node:crypto'
import { userInfo } from 'node:os'
import { type StoreJournal, writeChange } from '../voucher-store/admin/admin-write.ts'
import { putMeta } from '../voucher-store/backup/fence.ts'
import { metaOf } from '../voucher-store/meta.ts'
import type { Store } from '../voucher-store/store.ts'
import { printConfig } from './config/print.ts'
import type { Config } from './config/schema.ts'

export async function noteStart(
  store: Pick<Store, 'database'> & { readonly journal: StoreJournal },
  config: Config,
  { version, wallMs }: { readonly version: string; readonly wallMs: () => number },
): Promise<void> {
  const configuration = createHash('sha256').update(printConfig(config)).digest('hex')
  const started = JSON.stringify({ version, configuration })
  if (metaOf(store.database, 'started') === started) return
  // On a full disk the start goes on, and the next one says so again.
  await writeChange(store.journal, {
    action: 'start',
    by: userName(),
    detail: { version, configuration },
    statements: [putMeta('started', started)],
    atMs: wallMs(),
  })
}

function userName(): string {
  try {
    return userInfo().username
  } catch {
    // A container may run as a number without a name.
    return `uid ${process.getuid?.() ?? 'unknown'}`
  }
}
