// Seals the keys of terminals and zones anew under the newest storage key of the security module,
// some at a time. The module opens and seals each for the place where it lies; nobody else sees
// one.

import type { SecurityModule } from '../../protocol/security/security-module.ts'
import type { KeyUse } from '../../protocol/values/key.ts'
import type { ChangeResult, StoreJournal } from '../../voucher-store/admin/admin-write.ts'
import { resealKeys, type SealedKeyRow } from '../../voucher-store/admin/keys.ts'
import type { By } from '../../voucher-store/admin/merchants.ts'
import { masterPlace, setPlace } from '../core/key-store.ts'

/** What a key in that column may be for. */
const USES = {
  sealed: ['master', 'dukpt-base'],
  mac_key: ['mac'],
  pin_key: ['pin'],
  data_key: ['data'],
} as const satisfies Record<SealedKeyRow['column'], readonly KeyUse[]>

/** What does not open is left as it is. */
export async function resealModuleKeys(
  module: SecurityModule,
  journal: StoreJournal,
  rows: readonly SealedKeyRow[],
  by: By,
): Promise<ChangeResult> {
  const resealed = rows.flatMap((row): [SealedKeyRow, Uint8Array][] => {
    const place = placeOf(row)
    for (const use of USES[row.column]) {
      const key = module.unseal(use, row.scheme, row.sealed, place)
      if (key !== undefined) return [[row, module.seal(key, place)]]
    }
    return []
  })
  if (resealed.length === 0) return { kind: 'written', changes: 0 }
  return resealKeys(journal, resealed, by)
}

function placeOf({ column, owner, generation }: SealedKeyRow): string {
  return column === 'sealed' ? masterPlace(owner) : setPlace(owner, generation)
}
