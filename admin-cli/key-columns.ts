// The columns of a master key in a table: everything of it but the key. They stand apart because
// ceremonies end in the same table.

import type { KeyRow, MasterKeyInfo } from '../admin-api/key-schemas.ts'
import type { Column } from './rows.ts'

export const KEY_COLUMNS: readonly Column<MasterKeyInfo>[] = [
  { title: 'owner', of: (row) => row.whose },
  { title: 'scheme', of: (row) => row.scheme },
  { title: 'check value', of: (row) => row.checkValue },
  { title: 'serial number', of: (row) => row.serialNumber },
  { title: 'created', of: (row) => row.created },
  { title: 'active', of: (row) => row.active },
  { title: 'pending', of: (row) => row.pending },
]

export const KEY_STATE_COLUMNS: readonly Column<KeyRow>[] = [
  ...KEY_COLUMNS,
  { title: 'master key', of: (row) => row.masterKey },
  { title: 'session keys', of: (row) => row.sessionKeys },
]
