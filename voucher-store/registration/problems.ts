// Rows that were refused: the first ones with line, column, reason and what to do; the others are
// only counted. Whether a row is refused is not decided here.

export interface RegistrationProblem {
  readonly line: number
  /** Empty when it is the whole row. */
  readonly column: string
  readonly message: string
  readonly hint: string
}

const SHOWN_MOST = 100

export class Problems {
  readonly first: RegistrationProblem[] = []
  count = 0

  add(problem: RegistrationProblem): void {
    this.count++
    if (this.first.length < SHOWN_MOST) this.first.push(problem)
  }
}
