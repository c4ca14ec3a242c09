// Standard output and standard error of a command. What goes to a pipe waits in Node's stream until
// its reader takes it: a process that ended before would cut off all above the 64 KiB that a pipe
// holds, and nobody would know. What goes to a file is written here, because Node's stream of one
// passes over what a full disk did not take.

import { fstatSync } from 'node:fs'
import { EvsError } from '../admin-api/errors.ts'
import type { Output } from './world.ts'
import { type WriteSome, writeWhole } from './write-whole.ts'

export interface StandardOutput extends Output {
  /** Resolves when all of it was taken, or when there is nobody left to take it. */
  taken(): Promise<void>
}

interface Place {
  readonly stream: NodeJS.WriteStream
  /** Its number. */
  readonly file: number
  /** What cannot be written is missed by somebody: `OUTPUT_LOST` in place of silence. */
  readonly isMissed: boolean
}

export function standardOutput(place: Place, writeSome?: WriteSome): StandardOutput {
  const { stream, file, isMissed } = place
  const isTTY = stream.isTTY === true
  if (isTTY || hasReader(file)) {
    return {
      isTTY,
      write: (text) => void stream.write(text),
      taken: () => new Promise((resolve) => stream.write('', () => resolve())),
    }
  }
  const write = (text: string): void => {
    try {
      writeWhole(file, Buffer.from(text), null, writeSome)
    } catch (error) {
      if (!isMissed) return
      const { message } = error as Error
      throw new EvsError('OUTPUT_LOST', { message: `the output could not be written: ${message}` })
    }
  }
  return { isTTY, write, taken: () => Promise.resolve() }
}

/** A pipe or a socket, which takes more when somebody reads. */
function hasReader(file: number): boolean {
  const stat = fstatSync(file)
  return stat.isFIFO() || stat.isSocket()
}
