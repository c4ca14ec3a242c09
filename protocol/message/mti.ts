// The four digits of an MTI: version, class, function (even: asks, odd: answers) and originator
// (odd: a repeat). [ISO 8583:1987, message type identifier] Which MTIs the switch serves is not
// said here.

const ZERO = 0x30

/** A request (xx0x) or advice (xx2x) of this version, which is owed an answer. */
export function isRequest(mti: string): boolean {
  const what = mti.charCodeAt(2)
  const isAsked = what === ZERO || what === ZERO + 2
  return mti.length === 4 && mti[0] === '0' && isAsked && has(mti, 1, 1, 8) && has(mti, 3, 0, 5)
}

function has(mti: string, at: number, least: number, most: number): boolean {
  const digit = mti.charCodeAt(at) - ZERO
  return digit >= least && digit <= most
}

/** A request or advice that was sent before: 0201, 0221, 0401, 0421 ... */
export function isRepeat(mti: string): boolean {
  return isRequest(mti) && Number(mti[3]) % 2 === 1
}

/** The MTI of the answer; a repeat has the same one as its original: 0221 -> 0230. */
export function replyMti(mti: string): string {
  if (!isRequest(mti)) throw new RangeError(`there is no reply to ${mti}`)
  const originator = Number(mti[3])
  return `${mti.slice(0, 2)}${Number(mti[2]) + 1}${originator - (originator % 2)}`
}

/** The MTI with which a request or advice is sent again: 0420 -> 0421, 0421 -> 0421. */
export function repeatMti(mti: string): string {
  if (!isRequest(mti)) throw new RangeError(`${mti} is never repeated`)
  return mti.slice(0, 3) + String(Number(mti[3]) | 1)
}
