// What `evs replay FILE` was told, read strictly: a wrong option is an error that names it, before
// anything is sent.

import { TERMINAL_DIALECTS } from '../pos-terminal/dialect.ts'
import { readSecret } from '../pos-terminal/key-file.ts'
import { DEFAULT_WAITS } from '../pos-terminal/settings.ts'
import type { SocketAddress } from '../pos-terminal/socket-connect.ts'
import { type PosTlsOptions, readTls } from '../pos-terminal/tls-options.ts'
import { isReason, type Reason, reason } from '../protocol/values/reason.ts'
import { atRate, atSpeed, type Schedule } from './schedule.ts'
import { listedCards, madeUpCards, type TestCards } from './test-cards.ts'
import type { FleetOptions } from './test-fleet.ts'

/** As the command line gives them. */
export interface PlayOptions extends PosTlsOptions {
  readonly host?: string
  readonly port?: string
  readonly terminals?: string
  readonly keyFile?: string
  readonly cards?: string
  readonly fold?: boolean
  readonly speed?: string
  readonly rate?: string
  readonly from?: string
  readonly to?: string
  readonly connections?: string
  readonly timeout?: string
  readonly dialect?: string
  readonly hgrm?: string
  readonly quiet?: boolean
  readonly json?: boolean
}

export interface PlayJob {
  readonly address: SocketAddress
  readonly terminals: string
  readonly keyFile: string | undefined
  readonly cards: TestCards
  readonly isFolded: boolean
  readonly schedule: Schedule
  readonly fromMs: number
  readonly toMs: number
  readonly connections: number
  readonly settings: FleetOptions['settings']
}

const CONNECTIONS = { usual: 1_000, most: 60_000 }
const RATE_MOST = 100_000
const HOUR_MS = 3_600_000

export function readPlayJob(options: PlayOptions, nowMs: number): PlayJob | Reason {
  const { host = '127.0.0.1', terminals, keyFile, dialect: named = 'iso87binary' } = options
  if (terminals === undefined) return reason('--terminals: the list of the test switch expected')
  const port = number(options.port ?? '', 1, 65_535)
  if (port === undefined) return reason('--port: 1 to 65535 expected')
  const seconds = number(options.timeout ?? '45', 1, 600)
  if (seconds === undefined) return reason('--timeout: 1 to 600 seconds expected')
  const connections = number(options.connections ?? `${CONNECTIONS.usual}`, 1, CONNECTIONS.most)
  if (connections === undefined) return reason(`--connections: 1 to ${CONNECTIONS.most} expected`)
  const dialect = Object.values(TERMINAL_DIALECTS).find(({ name }) => name === named)
  if (dialect === undefined) {
    return reason(`--dialect: ${Object.keys(TERMINAL_DIALECTS).join(', ')} expected`)
  }
  const schedule = readSchedule(options)
  if (isReason(schedule)) return schedule
  const part = readPart(options)
  if (isReason(part)) return part
  const cards = readCards(options.cards)
  if (isReason(cards)) return reason(`--cards: ${cards.reason}`)
  const tls = readTls(options, host, nowMs)
  if (isReason(tls)) return tls
  const replyMs = seconds * 1_000
  return {
    ...{ terminals, keyFile, cards, schedule, ...part, connections },
    isFolded: options.fold === true,
    address: { host, port, tls, connectMs: replyMs },
    settings: {
      ...{ dialect, networkId: '001', condition: '14', language: 'fa' },
      ...{ applicationVersion: 'replay', accessible: false, wantsReceiptLines: false },
      waits: { ...DEFAULT_WAITS, replyMs, adviceMs: Math.min(replyMs, DEFAULT_WAITS.adviceMs) },
    },
  }
}

function readSchedule({ speed, rate }: PlayOptions): Schedule | Reason {
  if (speed !== undefined && rate !== undefined) return reason('--speed and --rate: one of them')
  if (rate !== undefined) {
    const perSecond = fraction(rate, RATE_MOST)
    return perSecond === undefined
      ? reason(`--rate: sales a second up to ${RATE_MOST} expected`)
      : atRate(perSecond)
  }
  const times = fraction(speed ?? '1', RATE_MOST)
  return times === undefined ? reason('--speed: a number above 0 expected') : atSpeed(times)
}

function readPart({ from, to }: PlayOptions): { fromMs: number; toMs: number } | Reason {
  const fromMs = from === undefined ? 0 : sinceBegin(from)
  const toMs = to === undefined ? Number.POSITIVE_INFINITY : sinceBegin(to)
  if (fromMs === undefined) return reason('--from: hh:mm since the traffic began expected')
  if (toMs === undefined) return reason('--to: hh:mm since the traffic began expected')
  return fromMs < toMs ? { fromMs, toMs } : reason('--to: must be after --from')
}

function readCards(file: string | undefined): TestCards | Reason {
  if (file === undefined) return madeUpCards()
  const text = readSecret(file)
  return isReason(text) ? text : listedCards(text)
}

function sinceBegin(text: string): number | undefined {
  const parts = /^(\d{1,3}):([0-5]\d)$/.exec(text)
  return parts === null ? undefined : (Number(parts[1]) + Number(parts[2]) / 60) * HOUR_MS
}

function number(text: string, least: number, most: number): number | undefined {
  const value = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN
  return value >= least && value <= most ? value : undefined
}

function fraction(text: string, most: number): number | undefined {
  const value = /^\d{1,9}(\.\d{1,6})?$/.test(text) ? Number(text) : Number.NaN
  return value > 0 && value <= most ? value : undefined
}
