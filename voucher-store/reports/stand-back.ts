// A thread of long reads gives way to those that sell: where there are fewer cores than threads, a
// check of the whole store or a backup must not keep a customer waiting. It has a tenth of a core
// that both want, and all that nobody else wants.
//
// Linux keeps a priority for each thread, and setpriority(2) takes the number of one. Elsewhere all
// threads stay alike.

import { readlinkSync } from 'node:fs'
import { constants, getPriority, setPriority } from 'node:os'

/** Of the thread that calls it. */
export function standBack(): void {
  let thread: number
  try {
    // PID/task/TID
    thread = Number(readlinkSync('/proc/thread-self').split('/').at(-1))
  } catch {
    return
  }
  // Only downwards: the other way is refused.
  const nice = Math.max(getPriority(thread), constants.priority.PRIORITY_BELOW_NORMAL)
  setPriority(thread, nice)
}
