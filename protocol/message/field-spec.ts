// What one row of a field table says: the name of a data element, how its value is written, and
// how much of it may be shown. A row does not say how a dialect turns the value into bytes.

/** `xn` is a sign (C, D or 0) and digits; `z` is track 2; `b` is binary, its length in bytes. */
export type FieldFormat = 'n' | 'an' | 'ans' | 'z' | 'b' | 'xn'

/** `utf8 in 0810`: UTF-8 in the reply to an initialise (the catalogue), ASCII everywhere else. */
export type Charset = 'ascii' | 'utf8' | 'utf8 in 0810'

/** How `describe` shows a value: as it is, as BIN and last 4, or as a constant. */
export type Secrecy = 'public' | 'pan' | 'track' | 'secret'

export interface FieldSpec {
  readonly name: string
  readonly format: FieldFormat
  /** The exact length, or the greatest one when there are length digits. */
  readonly length: number
  /** 0 for a fixed field, 2 for LL, 3 for LLL. */
  readonly lengthDigits: 0 | 2 | 3
  readonly charset: Charset
  readonly secrecy: Secrecy
  /** Carries the MAC of everything before it; only as the last field is it one. */
  readonly mac: boolean
}
