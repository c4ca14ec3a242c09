// How far a run over several processes is: a line now and then on standard error, for people who
// wait. Says nothing of what was found.

export class Progress {
  readonly #seeds: number
  readonly #byJob = new Map<number, number>()
  #lastMs = performance.now()

  constructor(all: number) {
    this.#seeds = all
  }

  done(job: number, count: number): void {
    this.#byJob.set(job, count)
    if (performance.now() - this.#lastMs < 10_000) return
    this.#lastMs = performance.now()
    const total = [...this.#byJob.values()].reduce((sum, one) => sum + one, 0)
    process.stderr.write(`${total} of ${this.#seeds} seeds\n`)
  }
}
