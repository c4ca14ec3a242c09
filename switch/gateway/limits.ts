// Times and limits of a gateway, as `switch/limits.ts` has those of the switch: unit in the name,
// bounds, and a sentence for the manual. What both have is the same row, so that a door behaves
// alike wherever it stands.

import type { Problem } from '../config/problem.ts'
import { LIMITS, type Row, TIMEOUTS, unmet, type Values } from '../limits.ts'

export const GATEWAY_TIMEOUTS = {
  firstFrameMs: TIMEOUTS.firstFrameMs,
  frameMs: TIMEOUTS.frameMs,
  tlsHandshakeMs: TIMEOUTS.tlsHandshakeMs,
  idleMs: TIMEOUTS.idleMs,
  institutionIdleMs: TIMEOUTS.institutionIdleMs,
  // What the two are at the switch, so that the others here can be held against them.
  switchTotalMs: {
    ...TIMEOUTS.switchTotalMs,
    about: 'a sale at the switch, from its frame to its answer, as it is set there',
  },
  terminalAdvisedMs: TIMEOUTS.terminalAdvisedMs,
  echoAfterMs: row(
    5_000,
    100,
    60_000,
    'pause between an answer to an echo and the next echo; with echoAnswerMs less than ' +
      'timeouts.gatewaySilentMs of the switch, which cuts the link otherwise',
  ),
  echoAnswerMs: row(5_000, 100, 60_000, 'answer of the switch to an echo or to the hello'),
  restMs: row(
    300_000,
    60_000,
    86_400_000,
    'silence after which an open connection costs the switch nothing until its next frame',
  ),
  connectMs: row(10_000, 100, 300_000, 'opening a link to the switch, TLS included'),
  dialBackoffFirstMs: row(250, 10, 3_600_000, 'first pause before dialling the switch again'),
  dialBackoffMaxMs: row(5_000, 10, 3_600_000, 'longest pause before dialling again'),
  drainMs: row(35_000, 100, 600_000, 'time that answers get when the gateway stops'),
} as const satisfies Readonly<Record<string, Row>>

export const GATEWAY_LIMITS = {
  frameBytes: LIMITS.frameBytes,
  writeBufferBytes: LIMITS.writeBufferBytes,
  institutionWriteBufferBytes: LIMITS.institutionWriteBufferBytes,
  connectionsPerListener: row(20_000, 1, 100_000, 'open connections of one listener'),
  // A balancer in front of gateways is one address, and so is many a mobile network.
  connectionsPerAddress: row(
    20_000,
    1,
    100_000,
    'the same of one address; set it lower where no balancer or network stands in between',
  ),
  tlsHandshakesPerListener: LIMITS.tlsHandshakesPerListener,
  tlsExpiryWarningDays: LIMITS.tlsExpiryWarningDays,
  crlExpiryWarningHours: LIMITS.crlExpiryWarningHours,
  untakenBytesPerConnection: row(
    1 << 16,
    1 << 14,
    1 << 24,
    'sent by a terminal and not taken by the switch, each frame with 32 bytes more; above it that' +
      ' terminal is not read',
  ),
  untakenBytesPerLink: row(
    1 << 20,
    1 << 16,
    1 << 24,
    'the same of a link; above it none that sends is read, above four times it is cut',
  ),
} as const satisfies Readonly<Record<string, Row>>

export interface GatewaySettings {
  readonly timeouts: Values<typeof GATEWAY_TIMEOUTS>
  readonly limits: Values<typeof GATEWAY_LIMITS>
}

export function assertGatewayRelations(settings: GatewaySettings): Problem[] {
  return unmet(RELATIONS, settings)
}

/** The longest that an answer may take: that of the switch, and a moment on the link each way. */
const ANSWER = 'timeouts.switchTotalMs + timeouts.echoAnswerMs'

const RELATIONS = [
  {
    ...{ small: 'timeouts.frameMs', large: 'timeouts.firstFrameMs', strict: false },
    because: 'the first frame is a frame too',
  },
  {
    ...{ small: 'timeouts.tlsHandshakeMs', large: 'timeouts.firstFrameMs', strict: true },
    because: 'the first frame is due so long after the accept, and the handshake comes before it',
  },
  {
    ...{ small: 'timeouts.firstFrameMs', large: 'timeouts.idleMs', strict: false },
    because: 'a connection that never spoke is closed before one that did',
  },
  {
    ...{ small: 'timeouts.switchTotalMs', large: 'timeouts.terminalAdvisedMs', strict: true },
    because:
      'a terminal that gives up first repeats or reverses a sale that is about to be answered',
  },
  {
    ...{ small: 'timeouts.terminalAdvisedMs', large: 'timeouts.idleMs', strict: true },
    because: 'or the connection of a waiting terminal is closed as idle',
  },
  {
    ...{ small: 'timeouts.terminalAdvisedMs', large: 'timeouts.institutionIdleMs', strict: true },
    because: 'or the connection of a waiting institution is closed as idle',
  },
  {
    ...{ small: ANSWER, large: 'timeouts.drainMs', strict: false },
    because: 'or a stop cuts off sales that the switch may still answer',
  },
  {
    ...{ small: ANSWER, large: 'timeouts.restMs', strict: false },
    because: 'or an answer comes for a connection that was closed on the link meanwhile',
  },
  {
    ...{ small: 'timeouts.dialBackoffFirstMs', large: 'timeouts.dialBackoffMaxMs', strict: false },
    because: 'the first pause is the shortest',
  },
  {
    ...{ small: 'limits.untakenBytesPerConnection', large: 'limits.untakenBytesPerLink' },
    strict: false,
    because: 'one terminal alone must not fill the link',
  },
  {
    ...{ small: 'limits.frameBytes', large: 'limits.untakenBytesPerConnection', strict: false },
    because: 'a connection may send at least one message',
  },
] as const

function row(value: number, least: number, most: number, about: string): Row {
  return { value, least, most, about }
}
