// The columns of a list of terminals.
// What stands in a cell is the admin API's; how a cell is written is `rows.ts`.

import type { Terminal } from '../admin-api/terminal-schemas.ts'
import type { Column } from './rows.ts'

export const TERMINAL_COLUMNS: readonly Column<Terminal>[] = [
  { title: 'TID', of: (row) => row.tid },
  { title: 'MID', of: (row) => row.mid },
  { title: 'institution', kind: 'number', of: (row) => row.institution },
  { title: 'keys', of: (row) => row.scheme },
  { title: 'state', of: (row) => row.state },
  { title: 'name', of: (row) => row.name },
  { title: 'serial', of: (row) => row.serial },
  { title: 'last seen', of: (row) => row.seenAt },
  { title: 'version', of: (row) => row.version },
  { title: 'printer', of: (row) => row.printer },
  { title: 'bad MACs', kind: 'number', of: (row) => row.failedMacs },
  { title: 'sales a day', kind: 'number', of: (row) => row.limitCount },
  { title: 'rial a day', kind: 'number', of: (row) => row.limitRial },
]
