// The forms of text: printable ASCII, or UTF-8 with line feeds. Control characters are refused in
// both, because text ends on receipt printers and in logs.

import { type CodeRange, isWithin, writeWithin } from './plain.ts'
import { shortText } from './short-text.ts'

const SPACE = 0x20
const TILDE = 0x7e
export const PRINTABLE: CodeRange = { lowest: SPACE, highest: TILDE }
const DELETE = 0x7f
const LINE_FEED = 0x0a

export function asciiFault(wire: Buffer, at: number, count: number): string | undefined {
  return isWithin(wire, at, at + count, SPACE, TILDE) ? undefined : 'not printable ASCII'
}

export function writeAscii(wire: Buffer, at: number, value: string): boolean {
  return writeWithin(wire, at, value, SPACE, TILDE)
}

export function utf8Fault(wire: Buffer, at: number, count: number): string | undefined {
  const end = at + count
  for (let i = at; i < end; ) {
    const size = sequenceSize(wire, i, end)
    if (size === 0) return 'not UTF-8'
    if (size <= 2 && isControl(wire, i)) return 'control character'
    i += size
  }
  return undefined
}

export function writeUtf8(wire: Buffer, at: number, value: string): boolean {
  // A lone surrogate would be written as U+FFFD, which is another text.
  if (/\p{Surrogate}/u.test(value)) return false
  const count = wire.write(value, at, 'utf8')
  return utf8Fault(wire, at, count) === undefined
}

/** Bytes below 80 as they are. */
export function latin1(wire: Buffer, at: number, count: number): string {
  return shortText(wire, at, count) ?? wire.toString('latin1', at, at + count)
}

/** How many bytes the character at `at` takes; 0 when it is not one. [Unicode 3.9, table 3-7] */
function sequenceSize(wire: Buffer, at: number, end: number): number {
  const lead = wire[at] ?? 0
  if (lead < 0x80) return 1
  if (lead < 0xc2 || lead > 0xf4) return 0
  const size = lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4
  if (at + size > end) return 0
  // The second byte also shuts out overlong forms, surrogates and what lies above U+10FFFF.
  const lowest = lead === 0xe0 ? 0xa0 : lead === 0xf0 ? 0x90 : 0x80
  const highest = lead === 0xed ? 0x9f : lead === 0xf4 ? 0x8f : 0xbf
  const second = wire[at + 1] ?? 0
  if (second < lowest || second > highest) return 0
  for (let i = at + 2; i < at + size; i++) if (((wire[i] ?? 0) & 0xc0) !== 0x80) return 0
  return size
}

/** U+0000 to U+001F but the line feed, and U+007F to U+009F; of one or two bytes. */
function isControl(wire: Buffer, at: number): boolean {
  const code = wire[at] ?? 0
  if (code === 0xc2) return (wire[at + 1] ?? 0) < 0xa0
  return code === DELETE || (code < SPACE && code !== LINE_FEED)
}
