// `evs card-host`: reads the options as text, the account file and the fault file (JSON or YAML),
// starts the host and prints one line of JSON when it listens. Watches the fault file, so that the
// script can be changed while it runs. Knows no argument parser and handles no signals.

import { readFileSync, statSync } from 'node:fs'
import { parse } from 'yaml'
import { readTlsFiles } from '../protocol/certificates/tls-files.ts'
import type { ListenTls } from '../protocol/link/handshakes.ts'
import { systemTimers, type Timers } from '../protocol/link/timers.ts'
import { DIALECTS, type DialectName } from '../protocol/message/dialect.ts'
import { systemErrorText } from '../protocol/values/system-error.ts'
import type { AccountsData } from './accounts.ts'
import { CardHostError, type CardHostErrorCode } from './errors.ts'
import type { FaultRuleData } from './faults.ts'
import { type CardHost, startCardHost } from './host.ts'
import type { CardHostEvent, CardHostOptions } from './host-options.ts'

/** As they come from the command line. */
export interface CardHostCommandOptions {
  readonly host?: string
  readonly port?: string
  readonly tlsCert?: string
  readonly tlsKey?: string
  readonly tlsClientCa?: string
  readonly dialect?: string
  readonly length?: string
  readonly ledger?: string
  readonly fsync?: boolean
  /** Zone master key; a file that only its owner may read. */
  readonly zoneKeyFile?: string
  readonly keyChangeMinutes?: string
  readonly accounts?: string
  readonly faults?: string
  readonly seed?: string
  readonly signOn?: string
  readonly notSignedOnRc?: string
  readonly forgetReversals?: boolean
  readonly answerDe90?: boolean
  readonly answerDe15?: boolean
  /** One line for each message, fault and connection. */
  readonly verbose?: boolean
}

/** What a test puts in place of the process. */
export interface CardHostCommandPorts {
  readonly timers?: Timers
  readonly exit?: (code: number) => void
}

export interface RunningCardHost {
  readonly cardHost: CardHost
  stop(): Promise<void>
}

const LENGTHS = ['ascii4', 'binary2', 'bcd2'] as const
const SIGN_ON = ['connection', 'host', 'none'] as const
const WATCH_MS = 500

/** `out` gets whole lines, each a JSON object with an `event`. */
export async function runCardHost(
  options: CardHostCommandOptions,
  out: (line: string) => void,
  ports: CardHostCommandPorts = {},
): Promise<RunningCardHost> {
  const { timers = systemTimers, exit = process.exit } = ports
  const say = (event: Record<string, unknown>) => out(JSON.stringify(event))
  const failed = (error: unknown) => {
    say({ event: 'card-host-failed', ...told(error) })
    exit(1)
  }
  const settings = settingsOf(options, timers.wallMs())
  // The ready line is the first: it says that the host listens, and where.
  let ready = false
  const observe = ({ kind, ...event }: CardHostEvent) => {
    if (ready) say({ event: kind, ...event })
  }
  const observing = options.verbose === true ? { observe } : {}
  const cardHost = await started({ ...settings, ...observing, timers, exit, failed })
  const { port } = cardHost
  const { host = '127.0.0.1', dialect = 'iso87ascii', length = 'ascii4' } = settings
  const where = { host, port, dialect, length, ledger: options.ledger ?? null }
  const known = { accounts: cardHost.balances().length, netDebits: cardHost.netDebits().length }
  say({ event: 'card-host-ready', ...where, ...known, faults: cardHost.faults.length })
  ready = true
  const unwatch = watchFaults(options.faults, cardHost, timers, say)
  return {
    cardHost,
    async stop() {
      unwatch()
      await cardHost.stop()
    },
  }
}

/** A port or a file that the system does not give is an option that is wrong. */
async function started(options: CardHostOptions): Promise<CardHost> {
  try {
    return await startCardHost(options)
  } catch (error) {
    const text = systemErrorText(error)
    throw text === undefined ? error : new CardHostError('CARD_HOST_BAD_OPTION', text)
  }
}

function settingsOf(options: CardHostCommandOptions, nowMs: number): CardHostOptions {
  const { accounts, faults } = options
  const tls = tlsOf(options, nowMs)
  return {
    ...(tls === undefined ? {} : { tls }),
    ...(options.host === undefined ? {} : { host: options.host }),
    port: whole('port', options.port ?? '0', 65_535),
    dialect: oneOf(
      'dialect',
      options.dialect,
      Object.keys(DIALECTS) as DialectName[],
      'iso87ascii',
    ),
    length: oneOf('length', options.length, LENGTHS, 'ascii4'),
    ...(options.ledger === undefined ? {} : { ledgerFile: options.ledger }),
    fsync: options.fsync ?? false,
    ...keysIn(options),
    ...(accounts === undefined ? {} : { accounts: accountsIn(accounts) }),
    ...(faults === undefined ? {} : { faults: faultsIn(faults) }),
    seed: whole('seed', options.seed ?? '1', 0xffff_ffff),
    signOn: oneOf('sign-on', options.signOn, SIGN_ON, 'connection'),
    ...(options.notSignedOnRc === undefined ? {} : { notSignedOnRc: options.notSignedOnRc }),
    rememberReversals: options.forgetReversals !== true,
    answerDe90: options.answerDe90 ?? false,
    answerDe15: options.answerDe15 ?? false,
  }
}

const HANDSHAKE = { minVersion: 'TLSv1.2', handshakeMs: 10_000, maxHandshakes: 64 } as const

function tlsOf(options: CardHostCommandOptions, nowMs: number): ListenTls | undefined {
  const { tlsCert: certificate, tlsKey: key, tlsClientCa: ca } = options
  if (certificate === undefined && key === undefined && ca === undefined) return undefined
  const files = readTlsFiles({ certificate, key, ca }, nowMs)
  const code = 'CARD_HOST_BAD_OPTION'
  if (files.kind === 'problem') throw new CardHostError(code, `tls: ${files.message}`)
  if (certificate === undefined) throw new CardHostError(code, 'tls-cert: a file expected')
  return { ...HANDSHAKE, credentials: files.credentials }
}

function keysIn({ zoneKeyFile, keyChangeMinutes }: CardHostCommandOptions): CardHostOptions {
  if (zoneKeyFile === undefined) {
    if (keyChangeMinutes === undefined) return {}
    throw new CardHostError('CARD_HOST_BAD_OPTION', 'key-change-minutes: only with zone-key-file')
  }
  if (keyChangeMinutes === undefined) return { zoneKeyFile }
  const minutes = whole('key-change-minutes', keyChangeMinutes, 10_000)
  return minutes === 0 ? { zoneKeyFile } : { zoneKeyFile, keyChangeMs: minutes * 60_000 }
}

/** Polled: an editor replaces a file, which a watch on the old one would not see. */
function watchFaults(
  file: string | undefined,
  cardHost: CardHost,
  timers: Timers,
  say: (event: Record<string, unknown>) => void,
): () => void {
  if (file === undefined) return () => undefined
  let seen = stampOf(file)
  let cancel = timers.after(WATCH_MS, look)
  function look(): void {
    cancel = timers.after(WATCH_MS, look)
    const stamp = stampOf(file ?? '')
    if (stamp === seen || stamp === undefined) return
    seen = stamp
    try {
      cardHost.faults = faultsIn(file ?? '')
      say({ event: 'faults-changed', faults: cardHost.faults.length })
    } catch (error) {
      // A half-written file is seen again when it is whole; until then the old script stands.
      say({ event: 'faults-unchanged', ...told(error) })
    }
  }
  return () => cancel()
}

function stampOf(file: string): string | undefined {
  const stat = statSync(file, { throwIfNoEntry: false })
  return stat && `${stat.ino} ${stat.size} ${stat.mtimeMs}`
}

// The data is checked by its owners, openAccounts and FaultScript.
function accountsIn(file: string): AccountsData {
  return read(file, 'CARD_HOST_BAD_ACCOUNTS') as AccountsData
}

/** An empty file is an empty script. */
function faultsIn(file: string): FaultRuleData[] {
  return (read(file, 'CARD_HOST_BAD_FAULTS') ?? []) as FaultRuleData[]
}

function read(file: string, code: CardHostErrorCode): unknown {
  try {
    return parse(readFileSync(file, 'utf8'))
  } catch (error) {
    throw new CardHostError(
      code,
      `${file}: ${error instanceof Error ? error.message : 'unreadable'}`,
    )
  }
}

function told(error: unknown): Record<string, unknown> {
  if (error instanceof CardHostError) {
    return { code: error.code, problem: error.message, hint: error.hint }
  }
  return { problem: error instanceof Error ? error.message : String(error) }
}

function whole(name: string, text: string, most: number): number {
  const value = /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN
  if (value <= most) return value
  throw new CardHostError('CARD_HOST_BAD_OPTION', `${name}: a number from 0 to ${most} expected`)
}

function oneOf<Name extends string>(
  option: string,
  text: string | undefined,
  names: readonly Name[],
  otherwise: Name,
): Name {
  if (text === undefined) return otherwise
  const name = names.find((candidate) => candidate === text)
  if (name !== undefined) return name
  throw new CardHostError('CARD_HOST_BAD_OPTION', `${option}: one of ${names.join(', ')} expected`)
}
