// How every trial ends: one JSON object on the last line of the output. A file of results, where
// there is one, gets the same line with its date, Node version and command; it is only added to.

import { appendFileSync } from 'node:fs'

/** `run` is the trial's name, as its npm script has it. */
export function tellSummary(run: string, summary: object, resultsFile?: string): void {
  if (resultsFile !== undefined) {
    const command = ['npm', 'run', run, '--', ...process.argv.slice(2)].join(' ')
    const head = { run, at: new Date().toISOString(), node: process.version, command }
    appendFileSync(resultsFile, `${JSON.stringify({ ...head, ...summary })}\n`)
  }
  process.stdout.write(`${JSON.stringify(summary)}\n`)
}
