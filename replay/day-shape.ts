// What a day of a fleet looks like: when shops and kiosks sell, what they sell, and how often
// something does not go its usual way. Figures of experience, not of any one network; a test that
// needs others records its own traffic.

/** Sales in each hour from midnight, against each other. Shops close at night, and rest at noon. */
export const SHOP_HOURS: readonly number[] = [
  ...[1, 0.4, 0.2, 0.1, 0.1, 0.3, 1, 3, 6, 9, 11, 12],
  ...[11, 8, 6, 7, 10, 13, 15, 16, 15, 12, 8, 3],
]

/** Kiosks stand where people pass by, at night too. */
export const KIOSK_HOURS: readonly number[] = [
  ...[3, 2, 1, 1, 1, 2, 5, 9, 11, 10, 9, 9],
  ...[10, 9, 8, 9, 10, 12, 12, 11, 10, 8, 6, 4],
]

export const KIOSK_SHARE = 0.04
/** Of terminals: they keep their connection for the day, the others dial for each sale. */
export const PERMANENT_SHARE = 0.35

/** [mobile operator, weight] and [denomination code, price, weight] of the starter catalogue. */
export const OPERATORS = [
  ['0919', 48],
  ['0935', 38],
  ['0921', 10],
  ['0932', 4],
] as const
export const DENOMINATIONS = [
  ['01', 10_000, 6],
  ['02', 20_000, 20],
  ['05', 50_000, 38],
  ['10', 100_000, 22],
  ['20', 200_000, 10],
  ['50', 500_000, 4],
] as const

/** [vouchers in one sale, weight]. */
export const COUNTS = [
  [1, 940],
  [2, 40],
  [3, 10],
  [5, 8],
  [10, 2],
] as const

/** Shares of sales. What is left is confirmed a few seconds after its answer. */
export const CHANCES = {
  /** The answer was lost on its way: asked again, then confirmed. */
  repeat: 0.006,
  /** The receipt did not come out. */
  reversal: 0.004,
  /** The power went, or the confirmation did: nobody hears of the sale again. */
  silent: 0.004,
  /** Of silent ones: the terminal asks later what became of it. */
  inquiry: 0.5,
  reprint: 0.003,
  echo: 0.02,
  /** A permanent connection that has to be opened anew. */
  lost: 0.015,
  keyed: 0.01,
  withPin: 0.9,
} as const

/** Cards for each terminal: some come back, most do not on the same day. */
export const CARDS_PER_TERMINAL = 12

/** Milliseconds. */
export const PACE = {
  /** From the opening of a connection to the first message on it. */
  dialled: [150, 900],
  /** A shop begins with a logon and a look at the catalogue. */
  begun: [2_000, 20_000],
  /** From a sale to its confirmation: the card host, the printer. */
  confirmed: [2_200, 7_500],
  /** From a sale to its repeat: what the terminal waits for an answer. */
  repeated: [45_000, 47_000],
  reversed: [3_000, 9_000],
  asked: [60_000, 240_000],
  reprinted: [15_000, 90_000],
  /** From the last message to the end of a connection that was dialled for it. */
  hungUp: [1_000, 4_000],
} as const satisfies Record<string, readonly [number, number]>

/** Shops close their day in these hours, spread evenly. */
export const DAY_END_HOURS = [21, 24] as const
