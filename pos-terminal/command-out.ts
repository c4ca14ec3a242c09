// Where the command writes. A sale is confirmed only after its receipt is out, so a write ends when
// the system has taken every byte, and tells whether it did; a full pipe is waited for. It goes
// past Node's streams: that of a file passes over what a full disk did not take, and an error of
// one is an event that ends the process, before the reversal has left.

import { writeSync } from 'node:fs'
import type { Timers } from '../protocol/link/timers.ts'
import { pause } from './line.ts'
import type { Printed } from './terminal.ts'

export interface PosOut {
  /** Data and receipts. The first copy of a receipt has the voucher PIN: a part may be it. */
  stdout(text: string): Promise<Printed>
  stderr(text: string): Promise<Printed>
}

/** How many of the bytes from there on it took. */
export type WriteSome = (file: number, bytes: Uint8Array, from: number) => number

const FULL_PIPE_MS = 10

export function fileOut(
  files: { readonly stdout: number; readonly stderr: number },
  timers: Timers,
  writeSome: WriteSome = writeSync,
): PosOut {
  return {
    stdout: inOrder((text) => writeAll(files.stdout, text, { timers, writeSome })),
    stderr: inOrder((text) => writeAll(files.stderr, text, { timers, writeSome })),
  }
}

/** One text after another, while one of them waits too. */
function inOrder(write: (text: string) => Promise<Printed>): (text: string) => Promise<Printed> {
  let last: Promise<unknown> = Promise.resolve()
  return (text) => {
    const written = last.then(() => write(text))
    last = written
    return written
  }
}

async function writeAll(
  file: number,
  text: string,
  { timers, writeSome }: { timers: Timers; writeSome: WriteSome },
): Promise<Printed> {
  const bytes = Buffer.from(text)
  for (let at = 0; at < bytes.length; ) {
    const failed = at === 0 ? 'none' : 'partly'
    try {
      const taken = writeSome(file, bytes, at)
      if (taken <= 0) return failed
      at += taken
    } catch (error) {
      if (!isFull(error)) return failed
      await pause(timers, FULL_PIPE_MS)
    }
  }
  return 'out'
}

/** A pipe whose reader is slow; a full disk is another error. */
function isFull(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'EAGAIN'
}
