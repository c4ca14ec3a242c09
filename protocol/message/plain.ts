// Characters of one byte each out of one range of codes: digits, or printable ASCII. Most fields
// are such, so these two loops are most of what the codec does with them. One comparison after
// another is faster here than a table of characters; what is written is taken two at a time,
// because to get at a character of a string costs more than to compare and to write it.
// Which range a field has is not known here, nor what is done about a character outside.

export interface CodeRange {
  readonly lowest: number
  readonly highest: number
}

/** Of what is not written like this. */
export const NO_RANGE: CodeRange = { lowest: 0, highest: 0 }

export function isWithin(
  wire: Buffer,
  at: number,
  end: number,
  lowest: number,
  highest: number,
): boolean {
  for (let i = at; i < end; i++) {
    const code = wire[i] ?? 0
    if (code < lowest || code > highest) return false
  }
  return true
}

/** False when a character is outside; then the bytes hold a part of the value. */
export function writeWithin(
  wire: Buffer,
  at: number,
  value: string,
  lowest: number,
  highest: number,
): boolean {
  const { length } = value
  let i = 0
  for (; i + 1 < length; i += 2) {
    const one = value.charCodeAt(i)
    const next = value.charCodeAt(i + 1)
    if (one < lowest || one > highest || next < lowest || next > highest) return false
    wire[at + i] = one
    wire[at + i + 1] = next
  }
  if (i === length) return true
  const last = value.charCodeAt(i)
  wire[at + i] = last
  return last >= lowest && last <= highest
}
