// Where the command writes. A sale is confirmed only after its receipt is out, so a write ends when
// the stream has taken it, and tells whether it did; a full buffer is not a failure.

import type { Writable } from 'node:stream'

export interface PosOut {
  /** Data and receipts. False when the text could not be written: a lost receipt is reversed. */
  stdout(text: string): Promise<boolean>
  stderr(text: string): Promise<boolean>
}

export function streamOut(stdout: Writable, stderr: Writable): PosOut {
  return {
    stdout: (text) => write(stdout, text),
    stderr: (text) => write(stderr, text),
  }
}

function write(stream: Writable, text: string): Promise<boolean> {
  return new Promise((resolve) => {
    // A closed pipe is told to the callback and as an event, which would end the process.
    const failed = (): void => resolve(false)
    stream.once('error', failed)
    stream.write(text, (error) => {
      if (!error) stream.off('error', failed)
      resolve(!error)
    })
  })
}
