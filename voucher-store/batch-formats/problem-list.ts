// The problems of one file, as many as an administrator wants to read. Reading stops when the list
// is full; its last entry then says that there may be more.

import type { BatchProblem } from './batch-format.ts'

export class ProblemList {
  readonly #max: number
  readonly #problems: BatchProblem[] = []
  #full = false

  constructor(max: number) {
    this.#max = Math.max(1, max)
  }

  get full(): boolean {
    return this.#full
  }

  get empty(): boolean {
    return this.#problems.length === 0
  }

  add(problem: BatchProblem): void {
    if (this.#full) return
    if (this.#problems.length < this.#max) {
      this.#problems.push(problem)
      return
    }
    this.#problems.push({ line: problem.line, message: '... and more' })
    this.#full = true
  }

  /** Nothing that follows is worth reading. */
  close(): void {
    this.#full = true
  }

  all(): BatchProblem[] {
    return [...this.#problems]
  }
}
