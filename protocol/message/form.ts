// A form is one way to write a value: digits as ASCII, digits packed two to a byte, text, raw
// bytes, hex characters. This file finds the code of a form; the code is in `digits.ts`, `text.ts`
// and `binary.ts`. Which field has which form is in `row.ts`. A switch over names, because calls
// through eleven objects of functions were measured to be slower.

import { hexFault, readHex, readRaw, writeHex, writeRaw } from './binary.ts'
import {
  DIGITS,
  digitsFault,
  packedFault,
  readPacked,
  signFault,
  trackFault,
  writeDigits,
  writePacked,
  writeTrack,
} from './digits.ts'
import { type CodeRange, NO_RANGE } from './plain.ts'
import { asciiFault, latin1, PRINTABLE, utf8Fault, writeAscii, writeUtf8 } from './text.ts'

export type Form =
  | 'digits'
  | 'digits-track'
  | 'digits-signed'
  | 'packed'
  | 'packed-variable'
  | 'packed-track'
  | 'packed-signed'
  | 'ascii'
  | 'utf8'
  | 'raw'
  | 'hex'

/** What a length on the wire counts of this value: digits, characters or bytes. */
export function valueCount(form: Form, value: string): number {
  if (form === 'utf8') return Buffer.byteLength(value, 'utf8')
  // Half a byte counts as one; writing it fails.
  return form === 'raw' ? (value.length + 1) >> 1 : value.length
}

/** A byte holds two digits; the sign of a signed amount takes the place of a pad nibble. */
export function isPacked(form: Form): boolean {
  return form.startsWith('packed')
}

/** Where characters are one byte each, out of one range; zeros for other forms. */
export function rangeOf(form: Form): CodeRange {
  if (form === 'digits') return DIGITS
  return form === 'ascii' ? PRINTABLE : NO_RANGE
}

/** Why the bytes are not such a value; undefined when they are. */
export function valueFault(
  form: Form,
  wire: Buffer,
  at: number,
  count: number,
): string | undefined {
  switch (form) {
    case 'ascii':
      return asciiFault(wire, at, count)
    case 'digits':
      return digitsFault(wire, at, count)
    case 'digits-track':
      return trackFault(wire, at, count)
    case 'digits-signed':
      return signFault(wire, at) ?? digitsFault(wire, at + 1, count - 1)
    case 'packed':
      return packedFault(wire, at, count, 'left', false)
    case 'packed-variable':
      return packedFault(wire, at, count, 'right', false)
    case 'packed-track':
      return packedFault(wire, at, count, 'right', true)
    case 'packed-signed':
      return signFault(wire, at) ?? packedFault(wire, at + 1, count - 1, 'left', false)
    case 'utf8':
      return utf8Fault(wire, at, count)
    case 'hex':
      return (count & 1) === 1 ? 'odd count of hexadecimal characters' : hexFault(wire, at, count)
    case 'raw':
      return undefined
  }
}

/** The value of bytes without a fault. */
export function readValue(form: Form, wire: Buffer, at: number, count: number): string {
  switch (form) {
    case 'packed':
      return readPacked(wire, at, count, 'left')
    case 'packed-variable':
      return readPacked(wire, at, count, 'right')
    case 'packed-track':
      return readPacked(wire, at, count, 'right').replaceAll('d', '=')
    case 'packed-signed':
      return latin1(wire, at, 1) + readPacked(wire, at + 1, count - 1, 'left')
    case 'utf8':
      return wire.toString('utf8', at, at + count)
    case 'raw':
      return readRaw(wire, at, count)
    case 'hex':
      return readHex(wire, at, count)
    default:
      return latin1(wire, at, count)
  }
}

/** Writes the value; false when a character of it does not fit the form. */
export function writeValue(form: Form, wire: Buffer, at: number, value: string): boolean {
  switch (form) {
    case 'ascii':
      return writeAscii(wire, at, value)
    case 'digits':
      return writeDigits(wire, at, value)
    case 'digits-track':
      return writeTrack(wire, at, value)
    case 'digits-signed':
      wire[at] = value.charCodeAt(0)
      return signFault(wire, at) === undefined && writeDigits(wire, at + 1, value.slice(1))
    case 'packed':
      return writePacked(wire, at, value, 'left', false)
    case 'packed-variable':
      return writePacked(wire, at, value, 'right', false)
    case 'packed-track':
      return writePacked(wire, at, value, 'right', true)
    case 'packed-signed':
      wire[at] = value.charCodeAt(0)
      if (signFault(wire, at) !== undefined) return false
      return writePacked(wire, at + 1, value.slice(1), 'left', false)
    case 'utf8':
      return writeUtf8(wire, at, value)
    case 'raw':
      return writeRaw(wire, at, value)
    case 'hex':
      return writeHex(wire, at, value)
  }
}
