// How long and how large a run is. The full one is for figures; the quick one is for the shape of
// the result and the audit. What quick makes smaller is here and nowhere else.

export interface Sizes {
  /** Rounds of the relays and the switch, one after another in each. */
  readonly rounds: number
  readonly roundSeconds: number
  readonly connections: number
  /** Shown beside it, one round each. */
  readonly otherConnections: readonly number[]
  /** Before anything is measured: code is compiled as it is used. */
  readonly warmSeconds: number
  /** Of relays, and of what comes with them. */
  readonly relayWarmSeconds: number
  readonly openSeconds: number
  readonly openRounds: number
  readonly terminals: number
  readonly keyedTerminals: number
  /** In stock for the rounds, of each shop. */
  readonly vouchers: number
  readonly codecSeconds: number
  /** Of a shop of its own; 0: the one of the rounds is it, with what they left. */
  readonly smallStock: number
  /** Switches are started again before stocks are compared, and have checked their stores. */
  readonly startsAgain: boolean
  /** Past sales that the large shop is given at the end; 0: that stage is left out. */
  readonly pastSales: number
  /** Files of so many vouchers; the first and the last import are measured. */
  readonly batch: number
  readonly batches: number
  readonly pairs: number
  /** Since the start of the run; pairs that would begin later are left out, but for the first. */
  readonly pairsUntilSeconds: number
  readonly pairSeconds: number
  readonly syncProbes: number
  /** Of the shop that is killed: its stock and its past, and how often. 0 rounds: left out. */
  readonly recoveryVouchers: number
  readonly recoverySales: number
  readonly recoveryRounds: number
  readonly killAfterSeconds: number
  /** Reversals that wait, and how many sales are lost at a time for them. */
  readonly backlog: number
  readonly losingConnections: number
  /** Gateways, and idle terminals at each of them; 0 gateways: that stage is left out. */
  readonly gateways: number
  readonly idlePerGateway: number
  /** The same with TLS, at a gateway of their own. */
  readonly idleTls: number
  /** Sales a second beside them. */
  readonly idleRate: number
  /** After connections came or went, before memory is read. */
  readonly settleMs: number
  readonly visitSeconds: number
  readonly visitRounds: number
}

export const FULL: Sizes = {
  ...{ rounds: 5, roundSeconds: 5, connections: 200, otherConnections: [50, 1_000, 4_000] },
  ...{
    warmSeconds: 10,
    relayWarmSeconds: 3,
    openSeconds: 10,
    openRounds: 3,
    terminals: 1_000,
    keyedTerminals: 50,
  },
  ...{ vouchers: 700_000, codecSeconds: 1 },
  ...{
    smallStock: 10_000,
    startsAgain: true,
    pastSales: 10_000_000,
    batch: 1_000_000,
    batches: 10,
    pairs: 5,
    pairsUntilSeconds: Number.POSITIVE_INFINITY,
    pairSeconds: 3,
  },
  syncProbes: 500,
  ...{ recoveryVouchers: 1_000_000, recoverySales: 100_000, recoveryRounds: 50 },
  ...{ killAfterSeconds: 1, backlog: 10_000, losingConnections: 2_000 },
  ...{ gateways: 17, idlePerGateway: 18_000, idleTls: 18_000, idleRate: 500, settleMs: 5_000 },
  ...{ visitSeconds: 5, visitRounds: 3 },
}

export const QUICK: Sizes = {
  ...{ rounds: 2, roundSeconds: 0.5, connections: 200, otherConnections: [] },
  ...{
    warmSeconds: 0.7,
    relayWarmSeconds: 0.3,
    openSeconds: 1,
    openRounds: 1,
    terminals: 20,
    keyedTerminals: 8,
  },
  ...{ vouchers: 15_000, codecSeconds: 0.08 },
  ...{
    smallStock: 0,
    startsAgain: false,
    pastSales: 0,
    batch: 10_000,
    batches: 3,
    pairs: 3,
    pairsUntilSeconds: 40,
    pairSeconds: 0.3,
  },
  syncProbes: 100,
  ...{ recoveryVouchers: 5_000, recoverySales: 1_000, recoveryRounds: 1 },
  ...{ killAfterSeconds: 0.3, backlog: 200, losingConnections: 100 },
  ...{ gateways: 1, idlePerGateway: 200, idleTls: 100, idleRate: 100, settleMs: 500 },
  ...{ visitSeconds: 0.3, visitRounds: 1 },
}
