// An orderly stop: takes nothing new, lets what is in flight come to its end, and writes down what
// is written in arrears. Which answers went out is only known when their connections have closed.
// Administration and the store are closed after that.

import type { Listener } from '../protocol/link/listener.ts'
import { systemTimers } from '../protocol/link/timers.ts'
import type { Store } from '../voucher-store/store.ts'
import type { AdminDoors } from './admin/doors.ts'
import type { Administration } from './admin/operations.ts'
import type { Book } from './core/book.ts'
import type { GatewayDoors } from './gateway-doors.ts'
import type { Runtime } from './runtime.ts'

const WHY = 'the switch is stopping'
const PAUSE_MS = 20
/**
 * For the last lines of a recording, whose disk may be a network that hangs. The store is closed
 * without it. The end of the process joins libuv's threads, and waits for that disk all the same.
 */
const RECORDING_MS = 3_000

export interface StoppingRuntime extends Pick<Runtime, 'drain'> {
  readonly book: {
    readonly turns: Pick<Book['turns'], 'size'>
    readonly reversals: Pick<Book['reversals'], 'stop'>
    readonly answered: Pick<Book['answered'], 'flush'>
  }
  readonly seen: Pick<Runtime['seen'], 'flush'>
  readonly recording: Pick<NonNullable<Runtime['recording']>, 'stop'> | undefined
}

export interface OpenDoors {
  readonly doors: readonly { readonly listener: Pick<Listener, 'stop' | 'closeAll'> }[]
  readonly gateways: Pick<GatewayDoors, 'stop' | 'closeAll'>
}

export interface StoppingSwitch {
  /** Ends selling: begins at once, and resolves when nothing is in flight. */
  readonly sells: () => Promise<void>
  readonly stopChecking: () => Promise<void>
  readonly admin: Pick<AdminDoors, 'close'>
  readonly administration: Pick<Administration, 'endReports' | 'stopImports' | 'close'>
  readonly cardGateway: Pick<Runtime['cardGateway'], 'stop'>
  readonly store: Pick<Store, 'close'>
}

/**
 * A check or a report may be within one call of SQLite for minutes, and its thread ends when that
 * call does: nothing waits for it but the log of the store, for the few seconds that a busy
 * database is given, and the end of the process itself.
 */
export async function stopInOrder(parts: StoppingSwitch): Promise<void> {
  const { sells, stopChecking, admin, administration, cardGateway, store } = parts
  const sold = sells()
  void stopChecking()
  administration.endReports()
  const importsStopped = administration.stopImports()
  await sold
  await importsStopped
  await admin.close()
  administration.close()
  await cardGateway.stop()
  await store.close()
}

export async function stopSelling(
  { book, seen, recording, drain }: StoppingRuntime,
  { doors, gateways }: OpenDoors,
  drainMs: number,
): Promise<void> {
  drain()
  await Promise.all([...doors.map(({ listener }) => listener.stop()), gateways.stop()])
  const untilMs = systemTimers.monotonicMs() + drainMs
  while (book.turns.size > 0 && systemTimers.monotonicMs() < untilMs) await pause()
  book.reversals.stop()
  // Before connections close as well: one whose peer does not read takes its time.
  await book.answered.flush()
  await Promise.all(doors.map(({ listener }) => listener.closeAll(WHY)))
  await gateways.closeAll(WHY)
  await book.answered.flush()
  await seen.flush()
  if (recording !== undefined) await within(RECORDING_MS, recording.stop())
}

/** Resolves with it, or without it when it takes longer. */
function within(ms: number, done: Promise<void>): Promise<void> {
  return new Promise((resolve, reject) => {
    const cancel = systemTimers.after(ms, resolve)
    done.finally(cancel).then(resolve, reject)
  })
}

function pause(): Promise<void> {
  return new Promise((resolve) => {
    systemTimers.after(PAUSE_MS, resolve)
  })
}
