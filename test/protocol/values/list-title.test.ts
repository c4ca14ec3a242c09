// The title line of lists: which columns it names, however they are written.

import { expect, it } from 'vitest'
import { readTitle, TERMINAL_COLUMNS } from '../../../protocol/values/list-title.ts'

const read = (...cells: string[]) => readTitle(cells, TERMINAL_COLUMNS)

it('names columns in any order; case, spaces, dashes and underscores do not matter', () => {
  expect(read('TID', ' Mid', 'scheme', 'Key File', 'limit_count', 'limit-rial')).toEqual([
    ...['tid', 'mid', 'scheme', 'keyFile', 'limitCount', 'limitRial'],
  ])
})

it.each([
  [['tid', 'mid', 'scheme', 'owner'], 'owner', 'no such column'],
  [['tid', 'mid', 'scheme', 'TID'], 'tid', 'the column is there twice'],
  [['tid', 'mid'], 'scheme', 'the column is missing'],
  [['x'.repeat(50)], 'x'.repeat(20), 'no such column'],
])('%j is refused', (cells, column, message) => {
  const hint = expect.stringContaining('columns are mid, tid, scheme, institution')
  expect(read(...cells)).toEqual({ kind: 'fault', column, message, hint })
})
