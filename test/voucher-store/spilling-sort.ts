// A process of its own that sorts more than SQLite keeps in memory, once the place for that is set,
// and says which files without a name it has open.

import { readdirSync, readlinkSync } from 'node:fs'
import { Sqlite, spillInto } from '../../voucher-store/sqlite.ts'

spillInto(process.argv[2] ?? '')
const database = new Sqlite(':memory:')
database.pragma('cache_size = 10')
const rows = database
  .prepare(
    `with recursive n (i) as (select 1 union all select i + 1 from n where i < 100000)
     select hex(randomblob(100)) as text, i from n order by text`,
  )
  .iterate()
rows.next()
const open = readdirSync('/proc/self/fd').map((fd) => {
  try {
    return readlinkSync(`/proc/self/fd/${fd}`)
  } catch {
    return ''
  }
})
process.stdout.write(open.filter((name) => name.endsWith(' (deleted)')).join('\n'))
