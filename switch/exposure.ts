// Ways in which the memory of this process may end in a file: core dumps, Node's reports and its
// heap snapshots. What Node can switch off by itself is switched off at the start of a switch; the
// rest is the system's, and is said in the log. Nothing is refused for it: a trial has no secrets.

import { readFileSync } from 'node:fs'

/** What the process was started with. */
export interface Surroundings {
  /** The text of /proc/self/limits; undefined where there is none. */
  readonly limits: string | undefined
  /** Options of Node, from its command line and from NODE_OPTIONS. */
  readonly nodeOptions: readonly string[]
}

/** Each of them writes memory, or lets somebody read it. */
const TELLING =
  /^--(report-(on|uncaught)|heapsnapshot-|heap-prof|cpu-prof|inspect|abort-on-uncaught|trace-event)/

/** One sentence for each, for the log. */
export function exposuresOf({ limits, nodeOptions }: Surroundings): string[] {
  const found: string[] = []
  const [, most] = /^Max core file size +(\S+)/m.exec(limits ?? '') ?? []
  if (most !== undefined && most !== '0') {
    found.push('core dumps are on, and would hold keys and PINs: set LimitCORE=0 or ulimit -c 0')
  }
  for (const option of nodeOptions) {
    const [name = ''] = option.split('=')
    if (TELLING.test(name)) found.push(`Node was started with ${name}, which tells memory`)
  }
  return found
}

export function surroundings(): Surroundings {
  const given = (process.env.NODE_OPTIONS ?? '').split(/\s+/)
  return { limits: ownLimits(), nodeOptions: [...process.execArgv, ...given] }
}

/** A report has the environment, and with it what `EVS_SESSION` or a KEK command was given. */
export function withoutReports(): void {
  const { report } = process
  if (report === undefined) return
  report.reportOnFatalError = false
  report.reportOnSignal = false
  report.reportOnUncaughtException = false
}

function ownLimits(): string | undefined {
  try {
    return readFileSync('/proc/self/limits', 'utf8')
  } catch {
    return undefined
  }
}
