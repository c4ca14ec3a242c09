// What the card gateway is told: one entry for each card host, and the times and limits that all of
// them share. The names are those of the configuration, so that it can be handed over as it is.
// Checks nothing: the configuration was checked when it was read.

import type { Framing } from '../protocol/link/framing.ts'
import type { DialTls } from '../protocol/link/outgoing.ts'
import {
  DIALECTS,
  type Dialect,
  type DialectName,
  withHexBinary,
} from '../protocol/message/dialect.ts'
import type { KeyScheme } from '../protocol/values/key.ts'
import type { HostProfile } from './profile.ts'

export interface CardHostSettings {
  readonly name: string
  readonly host: string
  readonly port: number
  /** Left out: in clear. */
  readonly tls?: DialTls | undefined
  /** Connections held open. */
  readonly connections: number
  readonly dialect: DialectName
  readonly length: Framing['length']
  readonly lengthIncludesItself: boolean
  readonly binaryAsHex: boolean
  /** Our acquirer id, DE 32 and part of DE 90. */
  readonly acquirerId: string
  /** Zone keys of the link. */
  readonly keys: KeyScheme | 'none'
  readonly profile: HostProfile
}

export interface GatewayTimeouts {
  /** Of a purchase and of a reversal. */
  readonly cardHostMs: number
  readonly frameMs: number
  readonly connectMs: number
  /** Silence of a connection before an echo. */
  readonly echoAfterMs: number
  /** Of a network management message. */
  readonly echoAnswerMs: number
  readonly dialBackoffFirstMs: number
  readonly dialBackoffMaxMs: number
}

export interface GatewayLimits {
  readonly frameBytes: number
  /** The unreadable frame that closes its connection. */
  readonly badFramesPerConnection: number
  /** Echoes in a row that were not answered. */
  readonly missedEchoes: number
  /** Answers of a host in a row that have no right MAC: then its keys do not fit. */
  readonly wrongMacsOfCardHost: number
  readonly inFlightSales: number
  readonly reversalsInParallel: number
}

export function dialectOf(settings: Pick<CardHostSettings, 'dialect' | 'binaryAsHex'>): Dialect {
  const dialect = DIALECTS[settings.dialect]
  return settings.binaryAsHex ? withHexBinary(dialect) : dialect
}

const CHIP_DATA = 55

/** Bytes of chip data that a 0200 to this host has room for. */
export function chipBytesMost(settings: Parameters<typeof dialectOf>[0]): number {
  const { binary, fields } = dialectOf(settings)
  const most = fields[CHIP_DATA]?.length ?? 0
  return binary === 'hex' ? most >> 1 : most
}

/** There is no TPDU on a card host link. [wire-protocol 2] */
export function framingOf(settings: CardHostSettings, limits: GatewayLimits): Framing {
  const { length, lengthIncludesItself } = settings
  return { length, lengthIncludesItself, tpdu: false, maxFrameBytes: limits.frameBytes }
}
