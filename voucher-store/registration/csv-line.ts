// One line of a CSV file as cells [RFC 4180], spaces at their ends apart. A quoted cell does not go
// on in the next line: such lines have no number that an administrator could look up.

/** Undefined when the quotes of the line do not fit. */
export function cellsOf(line: string): string[] | undefined {
  if (!line.includes('"')) return line.split(',').map((cell) => cell.trim())
  const cells: string[] = []
  // Blanks before a cell in quotes are of one place in it only: tried in two, their number squared.
  const pattern = /(?:\s*"((?:[^"]|"")*)"\s*|([^",]*))(,|$)/y
  for (;;) {
    const match = pattern.exec(line)
    if (match === null) return undefined
    const [, quoted, plain = '', end] = match
    cells.push(quoted === undefined ? plain.trim() : quoted.replaceAll('""', '"').trim())
    if (end === '') return cells
  }
}
