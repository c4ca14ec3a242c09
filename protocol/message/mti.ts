// The four digits of an MTI: version, class, function (even: asks, odd: answers) and originator
// (odd: a repeat). [ISO 8583:1987, message type identifier] Which MTIs the switch serves is not
// said here.

/** A request (xx0x) or advice (xx2x) of this version, which is owed an answer. */
export function isRequest(mti: string): boolean {
  return /^0[1-8][02][0-5]$/.test(mti)
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
