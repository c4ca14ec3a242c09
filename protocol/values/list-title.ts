// The title line of a list that people write in a spreadsheet: which columns it names, and which a
// list of terminals has. One list serves the registration of terminals and those who play them, so
// both read its titles here. Cells and rows are for each reader to see to.

export interface ListColumns {
  readonly required: readonly string[]
  readonly optional: readonly string[]
}

/** `keyFile`: of who plays terminals; the store never reads it. */
export const TERMINAL_COLUMNS: ListColumns = {
  required: ['mid', 'tid', 'scheme'],
  optional: ['institution', 'name', 'limitCount', 'limitRial', 'settings', 'keyFile'],
}

export interface TitleFault {
  readonly kind: 'fault'
  readonly column: string
  readonly message: string
  readonly hint: string
}

/** A cell may be a whole line that was quoted by mistake. */
const SHOWN = 20

/** The columns in the order of the file; case, spaces, dashes and underscores do not matter. */
export function readTitle(
  cells: readonly string[],
  { required, optional }: ListColumns,
): string[] | TitleFault {
  const all = [...required, ...optional]
  const hint = `columns are ${all.join(', ')}`
  const fault = (column: string, message: string) =>
    ({ kind: 'fault', column, message, hint }) as const
  const names = new Map(all.map((name) => [name.toLowerCase(), name]))
  const title: string[] = []
  for (const cell of cells) {
    const name = names.get(cell.toLowerCase().replaceAll(/[\s_-]/g, ''))
    if (name === undefined) return fault(cell.slice(0, SHOWN), 'no such column')
    if (title.includes(name)) return fault(name, 'the column is there twice')
    title.push(name)
  }
  const absent = required.find((name) => !title.includes(name))
  return absent === undefined ? title : fault(absent, 'the column is missing')
}
