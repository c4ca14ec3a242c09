// Every limit and every default time of the switch, in one place, each with its unit in the name,
// its bounds and a sentence for the manual. The configuration's schema is made from these tables.
// What must hold between them is `assertRelations`. Nothing here is enforced: who owns a queue, a
// socket or a counter gets its number as an argument.

import type { Problem } from './config/problem.ts'

/** One setting: its default, the least and the most that is accepted, and what it is for. */
export interface Row {
  readonly value: number
  readonly least: number
  readonly most: number
  readonly about: string
}

type Table = Readonly<Record<string, Row>>
export type Values<T extends Table> = { readonly [K in keyof T]: number }

const SECOND = 1_000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

/** Deadlines and pauses, in milliseconds of monotonic time. [wire-protocol 5] */
export const TIMEOUTS = {
  firstFrameMs: row(10 * SECOND, 100, 5 * MINUTE, 'first frame of a new connection, complete'),
  frameMs: row(5 * SECOND, 100, 5 * MINUTE, 'a frame once begun, complete'),
  replacedKeysMs: row(
    MINUTE,
    0,
    HOUR,
    'keys of an institution, after the first message under the next ones',
  ),
  tlsHandshakeMs: row(8 * SECOND, 100, MINUTE, 'TLS handshake of a connection that was accepted'),
  idleMs: row(60 * SECOND, SECOND, DAY, 'silence after which a terminal connection is closed'),
  institutionIdleMs: row(15 * MINUTE, SECOND, DAY, 'the same for the connection of an institution'),
  cardHostMs: row(25 * SECOND, 100, 5 * MINUTE, 'answer of the card host; then a reversal'),
  switchTotalMs: row(30 * SECOND, 100, 5 * MINUTE, 'a sale from its frame to its answer'),
  terminalAdvisedMs: row(
    45 * SECOND,
    100,
    10 * MINUTE,
    'what a terminal should wait for an answer',
  ),
  echoAfterMs: row(30 * SECOND, SECOND, HOUR, 'silence of a card host link before an echo'),
  echoAnswerMs: row(10 * SECOND, 100, 5 * MINUTE, 'answer to an echo or a sign-on of that link'),
  gatewaySilentMs: row(
    15 * SECOND,
    SECOND,
    HOUR,
    'silence after which the link of a gateway is cut; more than echoAfterMs and echoAnswerMs of ' +
      'the gateway, 10 s',
  ),
  connectMs: row(
    10 * SECOND,
    100,
    5 * MINUTE,
    'opening a connection to the card host, TLS included',
  ),
  dialBackoffFirstMs: row(500, 10, HOUR, 'first pause before dialling the card host again'),
  dialBackoffMaxMs: row(30 * SECOND, 10, HOUR, 'longest pause before dialling again'),
  reversalBackoffFirstMs: row(5 * SECOND, 10, DAY, 'first pause before a reversal is repeated'),
  reversalBackoffMaxMs: row(10 * MINUTE, 10, DAY, 'longest pause before a reversal is repeated'),
  suspenseRetryMs: row(HOUR, SECOND, 7 * DAY, 'pause between repeats of a reversal in suspense'),
  drainMs: row(
    27 * SECOND,
    100,
    10 * MINUTE,
    'time that sales in flight get when the switch stops',
  ),
  sessionIdleMs: row(15 * MINUTE, SECOND, HOUR, 'silence after which a session of a login ends'),
  sessionTotalMs: row(8 * HOUR, SECOND, DAY, 'a session of a login, however busy'),
  loginLockMs: row(30 * MINUTE, 30 * MINUTE, DAY, 'a login is locked after wrong passwords'),
  loginRecoveryMs: row(DAY, HOUR, 30 * DAY, 'before the password of a recovered login is in force'),
  approvalMs: row(15 * MINUTE, SECOND, DAY, 'a request for a second person, approved or not'),
  keyCeremonyMs: row(
    HOUR,
    MINUTE,
    DAY,
    'a key ceremony with custodians, then its parts are dropped',
  ),
  kekCommandMs: row(10 * SECOND, 100, 5 * MINUTE, 'vault.kekCommand, then it is ended'),
  journalGatherMs: row(
    1,
    0,
    100,
    'after a commit, records wait so long for others to share one; ends of reversals for 20 ms',
  ),
  reportMs: row(30 * SECOND, 100, HOUR, 'a report of the admin interface, then it is cut off'),
} as const satisfies Table

/** Sizes, counts and ages. */
export const LIMITS = {
  // The least has room for any reply: TPDU 5, MTI 4, bitmap and MAC in hex 16 each, 95 bytes of
  // DE 3, 4, 7, 11, 12, 13, 24, 25, 37, 38, 39, 41, 42 and 49 as characters, and DE 48, 62 and 63
  // of 999 bytes each with 3 for the length. That makes 3,142 by the field table.
  frameBytes: row(4096, 3_200, 9000, 'longest message of a link, TPDU included'),
  badFramesPerConnection: row(5, 1, 100, 'the undecodable frame that closes its connection'),
  macFailuresPerConnection: row(5, 1, 100, 'the wrong MAC that closes its connection'),
  macFailuresPerAddress: row(
    60,
    1,
    100_000,
    'wrong MACs of an address in a minute; more are not answered',
  ),
  logonsUnusedPerTerminal: row(
    5,
    1,
    1_000,
    'logons of a terminal whose keys nobody used; one more counts as a wrong MAC',
  ),
  addressesInMemory: row(10_000, 100, 1e6, 'addresses whose wrong MACs are counted'),
  keyOwnersInMemory: row(50_000, 100, 1e6, 'terminals and links whose keys stay opened'),
  writeBufferBytes: row(1 << 18, 1 << 14, 1 << 26, 'unread answers, then the connection is cut'),
  // Answers to all sales that are in flight by default, 2 kB each.
  institutionWriteBufferBytes: row(
    1 << 22,
    1 << 14,
    1 << 28,
    'the same for the connection of an institution',
  ),
  connectionsPerListener: row(10_000, 1, 100_000, 'open connections of one listener'),
  connectionsPerAddress: row(
    5_000,
    1,
    100_000,
    'the same of one address; it limits something only when it is less than that',
  ),
  tlsHandshakesPerListener: row(
    1_000,
    1,
    100_000,
    'TLS handshakes in progress; one more ends the oldest of them',
  ),
  tlsExpiryWarningDays: row(30, 0, 365, 'warning before a certificate expires'),
  crlExpiryWarningHours: row(48, 0, 24 * 90, 'warning before a list of revoked certificates ends'),
  inFlightSales: row(2_000, 1, 20_000, 'sales being worked on at most; more are refused with 96'),
  inFlightSalesLeast: row(256, 1, 20_000, 'the same when the card host is slow: never fewer'),
  waitingPerSale: row(
    16,
    1,
    1_000,
    'messages of one kind that wait for the same sale; more are not answered',
  ),
  slowSalePercent: row(
    70,
    10,
    95,
    'of timeouts.cardHostMs: slower sales mean that fewer are taken',
  ),
  journalQueueRecords: row(10_000, 10, 1 << 20, 'records that wait for the journal'),
  journalGroupRecords: row(512, 1, 10_000, 'records that share one commit and one fsync'),
  stockWindowVouchers: row(512, 10, 1 << 20, 'available vouchers of a product held in memory'),
  reversalsInParallel: row(20, 1, 1_000, 'reversals on their way to a card host at a time'),
  reversalsInMemory: row(50_000, 2, 1 << 20, 'open reversals in memory; others wait in the store'),
  connectionsPerGateway: row(
    100_000,
    1,
    1 << 20,
    'connections of terminals that have spoken on the link of a gateway',
  ),
  linksPerGatewayDoor: row(
    64,
    1,
    1_000,
    'links of gateways that one door takes; one more is refused',
  ),
  gatewayWriteBufferBytes: row(
    1 << 24,
    1 << 18,
    1 << 28,
    'unread answers on the link of a gateway, then it is cut',
  ),
  missedEchoes: row(2, 1, 10, 'unanswered echoes in a row that close a card host link'),
  wrongMacsOfCardHost: row(
    10,
    1,
    10_000,
    'answers of a card host in a row without a right MAC, then an alarm',
  ),
  reversalAgeHours: row(24, 1, 24 * 30, 'age of a sale that its terminal may still reverse'),
  terminalRefundsPerDay: row(5, 0, 10_000, 'sold sales that a terminal may reverse in a day'),
  merchantRefundsPerDay: row(5, 0, 100_000, 'sold sales that a merchant may reverse in a day'),
  terminalRefundsPerDayRial: row(50_000_000, 0, 1e12, 'their sum for a terminal, in rials'),
  merchantRefundsPerDayRial: row(50_000_000, 0, 1e12, 'their sum for a merchant, in rials'),
  reprintAgeHours: row(24, 1, 24 * 30, 'age of a sale that may still be reprinted'),
  reprintsPerSale: row(3, 0, 100, 'reprints of one sale'),
  disclosureMinutes: row(10, 0, 24 * 60, 'time after the confirmation that repeats show the PINs'),
  clockSkewDays: row(7, 1, 180, "distance of a new sale's date from host time; farther is refused"),
  identityDays: row(400, 400, 3_650, 'time for which an identity and its answer are kept'),
  expiryMarginDays: row(7, 0, 365, 'days before its expiry in which a voucher is not sold'),
  rrnBlockNumbers: row(10_000, 100, 1_000_000, 'retrieval reference numbers leased at a time'),
  stanBlockNumbers: row(10_000, 100, 100_000, 'trace numbers of a card host link leased at a time'),
  loginFailures: row(5, 1, 10, 'wrong passwords in a row that lock a login'),
  keyCeremonies: row(10, 1, 100, 'key ceremonies with custodians that are open at a time'),
  adminBodyBytes: row(1 << 20, 1 << 10, 1 << 26, 'body of an admin request, batch files apart'),
  ballastBytes: row(1 << 24, 1 << 16, 1 << 30, 'disk space kept back for reversals'),
  recordingBytes: row(2 ** 30, 1 << 16, 2 ** 40, 'a recording of traffic as a whole; then it ends'),
  recordingFileBytes: row(1 << 28, 1 << 14, 2 ** 40, 'one file of it; then the next is begun'),
  recordingFreeBytes: row(1 << 30, 0, 2 ** 40, 'room on its disk that a recording leaves'),
  batchFileBytes: row(1 << 29, 1 << 10, 2 ** 32, 'a batch file that is being imported'),
} as const satisfies Table

export type Timeouts = Values<typeof TIMEOUTS>
export type Limits = Values<typeof LIMITS>

export interface Settings {
  readonly timeouts: Timeouts
  readonly limits: Limits
}

/** The settings of a switch that was told nothing. */
export function defaultSettings(): Settings {
  return { timeouts: valuesOf(TIMEOUTS), limits: valuesOf(LIMITS) }
}

/** Where a relation means something. */
export interface Use {
  /** A listener speaks TLS. */
  readonly listenerTls: boolean
}

/** Every relation between settings that does not hold; checked by `config check` and at start. */
export function assertRelations(settings: Settings, use: Use): Problem[] {
  const meant = RELATIONS.filter(({ onlyWith }) => onlyWith === undefined || use[onlyWith])
  return unmet(meant, settings)
}

/** Those relations that the settings of a program do not keep. */
export function unmet(
  relations: readonly Relation[],
  settings: {
    readonly timeouts: Readonly<Record<string, number>>
    readonly limits: Readonly<Record<string, number>>
  },
): Problem[] {
  const values: Record<string, number> = {}
  for (const [key, value] of Object.entries(settings.timeouts)) values[`timeouts.${key}`] = value
  for (const [key, value] of Object.entries(settings.limits)) values[`limits.${key}`] = value
  const problems: Problem[] = []
  for (const relation of relations) {
    const small = amount(values, relation.small)
    const large = amount(values, relation.large)
    if (relation.strict ? small < large : small <= large) continue
    problems.push({
      path: relation.small,
      message:
        `${relation.small} (${small}) must be ${relation.strict ? 'less than' : 'at most'} ` +
        `${relation.large} (${large})`,
      hint: relation.because,
    })
  }
  return problems
}

interface Relation {
  /** A path, or paths joined by ` + `. */
  readonly small: string
  readonly large: string
  readonly strict: boolean
  readonly because: string
  /** It says nothing about a switch without that. */
  readonly onlyWith?: keyof Use
}

const NUMBERS_RUN_OUT =
  'numbers are leased anew when half of them are left, and until then every sale takes one'

/** What must hold between settings, and why. */
export const RELATIONS: readonly Relation[] = [
  less(
    'timeouts.cardHostMs',
    'timeouts.switchTotalMs',
    'between the two the outcome is made durable, and then the terminal is answered',
  ),
  less(
    'timeouts.switchTotalMs',
    'timeouts.terminalAdvisedMs',
    'a terminal that gives up first repeats or reverses a sale that is about to be answered',
  ),
  less(
    'timeouts.terminalAdvisedMs',
    'timeouts.idleMs',
    'or the connection of a waiting terminal is closed as idle',
  ),
  less(
    'timeouts.terminalAdvisedMs',
    'timeouts.institutionIdleMs',
    'or the connection of a waiting institution is closed as idle',
  ),
  atMost('timeouts.frameMs', 'timeouts.firstFrameMs', 'the first frame is a frame too'),
  {
    ...less(
      'timeouts.tlsHandshakeMs',
      'timeouts.firstFrameMs',
      'the first frame is due so long after the accept, and the handshake comes before it',
    ),
    onlyWith: 'listenerTls',
  },
  atMost(
    'timeouts.firstFrameMs',
    'timeouts.idleMs',
    'a connection that never spoke is closed before one that did',
  ),
  atMost(
    'timeouts.echoAnswerMs',
    'timeouts.echoAfterMs',
    'one echo is answered or missed before the next one is due',
  ),
  atMost(
    'timeouts.dialBackoffFirstMs',
    'timeouts.dialBackoffMaxMs',
    'the first pause is the shortest',
  ),
  atMost(
    'timeouts.reversalBackoffFirstMs',
    'timeouts.reversalBackoffMaxMs',
    'the first pause is the shortest',
  ),
  atMost(
    'timeouts.reversalBackoffMaxMs',
    'timeouts.suspenseRetryMs',
    'a reversal in suspense is repeated more slowly than an open one',
  ),
  less(
    'timeouts.cardHostMs',
    'timeouts.drainMs',
    'or a stop cuts off sales whose card host may still answer',
  ),
  atMost(
    'limits.journalGroupRecords',
    'limits.journalQueueRecords',
    'a commit takes its records from the queue',
  ),
  atMost(
    'limits.inFlightSales + limits.reversalsInParallel',
    'limits.journalQueueRecords',
    'the journal must have room for the outcome of everything that was begun',
  ),
  less(
    'limits.reversalsInParallel',
    'limits.reversalsInMemory',
    'what is on its way to a card host is in memory, and new ones need room beside it',
  ),
  atMost('limits.inFlightSales + limits.inFlightSales', 'limits.rrnBlockNumbers', NUMBERS_RUN_OUT),
  atMost('limits.inFlightSales + limits.inFlightSales', 'limits.stanBlockNumbers', NUMBERS_RUN_OUT),
  atMost(
    'timeouts.sessionIdleMs',
    'timeouts.sessionTotalMs',
    'a session that is over is not idle any more',
  ),
  atMost(
    'limits.recordingFileBytes',
    'limits.recordingBytes',
    'a recording is one file or several',
  ),
  less(
    'limits.clockSkewDays',
    'limits.identityDays',
    'a date that is still accepted must still be remembered',
  ),
]

function row(value: number, least: number, most: number, about: string): Row {
  return { value, least, most, about }
}

function less(small: string, large: string, because: string): Relation {
  return { small, large, strict: true, because }
}

function atMost(small: string, large: string, because: string): Relation {
  return { small, large, strict: false, because }
}

function amount(values: Readonly<Record<string, number>>, sum: string): number {
  let total = 0
  for (const path of sum.split(' + ')) total += values[path] ?? Number.NaN
  return total
}

function valuesOf<T extends Table>(table: T): Values<T> {
  const values: Record<string, number> = {}
  for (const [key, entry] of Object.entries(table)) values[key] = entry.value
  return values as Values<T>
}
