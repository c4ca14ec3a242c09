// Processor time of a process, all its threads together, as the kernel counts it: the number that
// `process.cpuUsage` gives inside of it, read from outside, so that nothing runs there to ask.

import { readFileSync } from 'node:fs'

/** Of Linux, whatever the kernel was built with. [proc(5), stat] */
const TICKS_PER_SECOND = 100
const MICROS_PER_TICK = 1_000_000 / TICKS_PER_SECOND

export function cpuMicrosOf(pid: number): number {
  // The name of the program may hold blanks; what follows its bracket does not.
  const text = readFileSync(`/proc/${pid}/stat`, 'utf8')
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[11]) + Number(fields[12])) * MICROS_PER_TICK
}

/** Of the database. */
export const PAGE_BYTES = 4_096

/** Bytes that were sent towards the disk. [proc(5), io] */
export function writtenBytesOf(pid: number): number {
  const text = readFileSync(`/proc/${pid}/io`, 'utf8')
  return Number(/^write_bytes: (\d+)$/m.exec(text)?.[1] ?? 0)
}

export function residentMbOf(pid: number): number {
  return Math.round(residentKbOf(pid) / 1_024)
}

export function residentKbOf(pid: number): number {
  const text = readFileSync(`/proc/${pid}/status`, 'utf8')
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(text)?.[1] ?? 0)
}
