// How every trial ends: one JSON object on the last line of the output. A file of results, where
// there is one, is only added to: the same line with date, Node version, commit and command.

import { spawnSync } from 'node:child_process'
import { appendFileSync } from 'node:fs'

/** `run` is the trial's name, as its npm script has it. */
export function tellSummary(run: string, summary: object, resultsFile?: string): void {
  process.stdout.write(`${JSON.stringify(summary)}\n`)
  if (resultsFile === undefined) return
  const command = ['npm', 'run', run, '--', ...process.argv.slice(2)].join(' ')
  const head = { run, at: new Date().toISOString(), node: process.version, ...VERSION, command }
  appendFileSync(resultsFile, `${JSON.stringify({ ...head, ...summary })}\n`)
}

/** What was run; nothing where it is no clone. */
function version(): { commit?: string; isChanged?: boolean } {
  const asked = (...words: string[]) =>
    spawnSync('git', words, { cwd: import.meta.dirname, encoding: 'utf8' })
  const { status, stdout: commit } = asked('rev-parse', '--short', 'HEAD')
  if (status !== 0) return {}
  return { commit: commit.trim(), isChanged: asked('status', '--porcelain').stdout !== '' }
}

/** As it is when a trial begins: an hour later somebody may have gone on. */
const VERSION = version()
