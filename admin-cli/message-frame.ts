// Takes a length header and a TPDU off a frame that somebody copied from a trace. [wire-protocol 2]
// The link has its own reader for streams; this one looks at one whole frame and is never sure.

export const LENGTHS = ['none', 'binary2', 'ascii4', 'bcd2'] as const
export type Length = (typeof LENGTHS)[number]

export interface FrameForm {
  readonly length: Length
  readonly tpdu: boolean
  readonly lengthIncludesItself: boolean
}

const TPDU_BYTES = 5
const TPDU_ID = 0x60

/** The message inside, or undefined when the frame is not of this form. */
export function unwrap(
  bytes: Buffer,
  form: FrameForm,
): { body: Buffer; tpdu: string | null } | undefined {
  const payload = withoutLength(bytes, form)
  if (payload === undefined || !form.tpdu) return payload && { body: payload, tpdu: null }
  if (payload.length <= TPDU_BYTES || payload[0] !== TPDU_ID) return undefined
  const tpdu = payload.subarray(0, TPDU_BYTES).toString('hex')
  return { body: payload.subarray(TPDU_BYTES), tpdu }
}

function withoutLength(bytes: Buffer, form: FrameForm): Buffer | undefined {
  if (form.length === 'none') return bytes
  const header = form.length === 'ascii4' ? 4 : 2
  if (bytes.length <= header) return undefined
  const counted = form.lengthIncludesItself ? bytes.length : bytes.length - header
  return numberIn(bytes, form.length) === counted ? bytes.subarray(header) : undefined
}

function numberIn(bytes: Buffer, length: Exclude<Length, 'none'>): number {
  if (length === 'binary2') return bytes.readUInt16BE(0)
  const digits = length === 'ascii4' ? bytes.toString('latin1', 0, 4) : bytes.toString('hex', 0, 2)
  return /^\d{4}$/.test(digits) ? Number(digits) : Number.NaN
}
