// The field formats that a simulated terminal, card host and oracle read the wire by: written from
// the protocol page, for the fields that they meet. Shares nothing with the product's tables, so
// that a wrong row there cannot hide here.

/** `n` digits, `z` track 2, `a` text of any kind, `b` bytes given as upper-case hex. */
export type Kind = 'n' | 'z' | 'a' | 'b'

export interface Format {
  readonly kind: Kind
  /** Digits, characters or bytes; the most of them where `prefix` is not 0. */
  readonly size: number
  /** Digits of the length in front: 2 (LL), 3 (LLL), or 0 for a fixed field. */
  readonly prefix: 0 | 2 | 3
}

const fixed = (kind: Kind, size: number): Format => ({ kind, size, prefix: 0 })
const ll = (kind: Kind, size: number): Format => ({ kind, size, prefix: 2 })
const lll = (kind: Kind, size: number): Format => ({ kind, size, prefix: 3 })

const ROWS: readonly (readonly [number, Format])[] = [
  [2, ll('n', 19)],
  [3, fixed('n', 6)],
  [4, fixed('n', 12)],
  [7, fixed('n', 10)],
  [11, fixed('n', 6)],
  [12, fixed('n', 6)],
  [13, fixed('n', 4)],
  [14, fixed('n', 4)],
  [15, fixed('n', 4)],
  [22, fixed('n', 3)],
  [24, fixed('n', 3)],
  [25, fixed('n', 2)],
  [32, ll('n', 11)],
  [33, ll('n', 11)],
  [35, ll('z', 37)],
  [37, fixed('a', 12)],
  [38, fixed('a', 6)],
  [39, fixed('a', 2)],
  [41, fixed('a', 8)],
  [42, fixed('a', 15)],
  [43, fixed('a', 40)],
  [44, ll('a', 25)],
  [48, lll('a', 999)],
  [49, fixed('a', 3)],
  [52, fixed('b', 8)],
  [53, fixed('n', 16)],
  [54, lll('a', 120)],
  [55, lll('b', 999)],
  [60, lll('a', 999)],
  [61, lll('a', 999)],
  [62, lll('a', 999)],
  [63, lll('a', 999)],
  [64, fixed('b', 8)],
  [70, fixed('n', 3)],
  [90, fixed('n', 42)],
  [128, fixed('b', 8)],
]

/** By field number; undefined where the simulation never meets the field. */
export const FORMATS: readonly (Format | undefined)[] = Array.from(
  { length: 129 },
  (_, de) => ROWS.find(([number]) => number === de)?.[1],
)
