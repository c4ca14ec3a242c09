// A record that the rows it meets do not allow: the row is not in the state the record starts from.
// Nothing of the record is kept. It means a bug, or memory and store in disagreement.

export class GuardError extends Error {
  readonly code = 'GUARD'
}

/** Refuses the record unless exactly one row was changed. */
export function oneRow(changes: number, what: string): void {
  if (changes !== 1) throw new GuardError(`${what}: ${changes} rows changed where 1 was expected`)
}
