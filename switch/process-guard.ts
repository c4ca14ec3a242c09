// What a process of ours does before anything else: a bug that nobody planned for ends it, since
// its state is safe on disk, and what Node would tell of its memory is switched off.

import { EXIT } from '../admin-api/errors.ts'
import { exposuresOf, surroundings, withoutReports } from './exposure.ts'
import type { Log } from './log.ts'

/** Ends the process, saying what could not go on. */
export type Die = (what: string) => (cause: unknown) => never

/** `exit` ends the process at once. */
export function guardProcess(log: Log, exit: (code: number) => never): Die {
  const die: Die = (what) => (cause) => {
    const detail = cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause)
    log.fatal({ detail }, what)
    return exit(EXIT.unsure)
  }
  process.on('uncaughtException', die('unexpected error'))
  process.on('unhandledRejection', die('unexpected rejection'))
  // Without a listener Node would open its debugger to whoever sends this signal.
  process.on('SIGUSR1', () => log.warn({}, 'SIGUSR1 is ignored'))
  withoutReports()
  for (const detail of exposuresOf(surroundings())) log.warn({ detail }, 'memory may be written')
  // Small buffers share slabs by default: what was freed stays reachable there, and a card number
  // goes along to the writer's thread with whatever else of the slab is handed over.
  Buffer.poolSize = 0
  return die
}
