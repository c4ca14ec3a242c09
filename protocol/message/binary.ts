// Binary fields: raw bytes, or hex characters (then a length counts the characters). Both read as
// upper-case hex. Lower-case hex is read as well and written as upper case.

const NOT_HEX = -1

export function readRaw(wire: Buffer, at: number, count: number): string {
  return wire.toString('hex', at, at + count).toUpperCase()
}

/** Bytes as upper-case hex characters. */
export function writeHexOf(wire: Buffer, at: number, bytes: Uint8Array): void {
  let place = at
  for (const byte of bytes) {
    wire[place++] = hexCode(byte >> 4)
    wire[place++] = hexCode(byte & 0xf)
  }
}

export function writeRaw(wire: Buffer, at: number, value: string): boolean {
  for (let i = 0; i < value.length; i += 2) {
    const high = hexDigit(value.charCodeAt(i))
    const low = hexDigit(value.charCodeAt(i + 1))
    if (high === NOT_HEX || low === NOT_HEX) return false
    wire[at + i / 2] = (high << 4) | low
  }
  return true
}

export function hexFault(wire: Buffer, at: number, count: number): string | undefined {
  for (let i = at; i < at + count; i++) {
    if (hexDigit(wire[i] ?? 0) === NOT_HEX) return 'not hexadecimal'
  }
  return undefined
}

export function readHex(wire: Buffer, at: number, count: number): string {
  return wire.toString('latin1', at, at + count).toUpperCase()
}

export function writeHex(wire: Buffer, at: number, value: string): boolean {
  if ((value.length & 1) === 1) return false
  for (let i = 0; i < value.length; i++) {
    const digit = hexDigit(value.charCodeAt(i))
    if (digit === NOT_HEX) return false
    wire[at + i] = hexCode(digit)
  }
  return true
}

/** The value of an ASCII hex digit, or -1. */
export function hexDigit(code: number): number {
  if (code >= 0x30 && code <= 0x39) return code - 0x30
  const upper = code & ~0x20
  return upper >= 0x41 && upper <= 0x46 ? upper - 0x37 : NOT_HEX
}

/** The upper-case character of a nibble. */
export function hexCode(nibble: number): number {
  return nibble < 10 ? 0x30 + nibble : 0x37 + nibble
}
