// An orderly stop: takes nothing new, lets what is in flight come to its end, and writes down what
// is written in arrears. Which answers went out is only known when their connections have closed.

import type { Listener } from '../protocol/link/listener.ts'
import { systemTimers } from '../protocol/link/timers.ts'
import type { Book } from './core/book.ts'
import type { GatewayDoors } from './gateway-doors.ts'
import type { Runtime } from './runtime.ts'

const WHY = 'the switch is stopping'
const PAUSE_MS = 20

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
  await recording?.stop()
}

function pause(): Promise<void> {
  return new Promise((resolve) => {
    systemTimers.after(PAUSE_MS, resolve)
  })
}
