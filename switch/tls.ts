// The certificates of the switch, or of a gateway: read before the store is opened, handed to
// listeners and to the links that are dialled, and read again on SIGHUP. A file that cannot be used
// is refused at a start; later the old one stays in use, with an alarm. Tells in time that a
// certificate, or a list of revoked ones, is going to end.

import { EvsError } from '../admin-api/errors.ts'
import { readTlsFiles, type TlsFiles, type TlsPaths } from '../protocol/certificates/tls-files.ts'
import type { ListenTls } from '../protocol/link/handshakes.ts'
import type { Listener } from '../protocol/link/listener.ts'
import type { DialTls } from '../protocol/link/outgoing.ts'
import type { Timers } from '../protocol/link/timers.ts'
import { type Credentials, secureContext, type TlsVersion } from '../protocol/link/tls.ts'
import type { Problem } from './config/problem.ts'
import type { CardHostConfig, GatewayDoorConfig, ListenerConfig } from './config/schema.ts'
import type { Notice } from './core/notice.ts'

export interface SwitchTlsPorts {
  readonly timers: Timers
  readonly notice: (notice: Notice) => void
}

type Listening = Pick<ListenerConfig, 'name' | 'tls'>
/** Whom we dial with TLS. */
type Dialled = Pick<CardHostConfig, 'name' | 'host' | 'tls'>

/** The part of a configuration that is about certificates. */
export interface TlsUsers {
  readonly listeners: readonly Listening[]
  /** Doors for gateways. */
  readonly gateways?: readonly Pick<GatewayDoorConfig, 'name' | 'tls' | 'clients'>[]
  readonly cardHosts?: readonly Dialled[]
  /** What a gateway dials. */
  readonly switches?: readonly Dialled[]
  readonly timeouts: { readonly tlsHandshakeMs: number }
  readonly limits: {
    readonly tlsHandshakesPerListener: number
    readonly tlsExpiryWarningDays: number
    readonly crlExpiryWarningHours: number
  }
}

export interface Expiry {
  /** `listener/pos`, `gateway/inner`, `card-host/bank` or `switch/main`. */
  readonly usedBy: string
  readonly seconds: number
}

/** One of them whose files are watched over. */
interface Place {
  readonly usedBy: string
  readonly paths: TlsPaths
  files: TlsFiles
  /** Takes renewed files into use; throws when they cannot be. */
  renew: (credentials: Credentials) => void
}

/** Everything that a configuration says of certificates, and which setting says it. */
export function filesOf(
  config: Pick<TlsUsers, 'listeners' | 'gateways' | 'cardHosts' | 'switches'>,
): { readonly usedBy: string; readonly paths: TlsPaths; readonly setting: string }[] {
  const listening = (kind: string, group: string, list: readonly Listening[] = []) =>
    list.flatMap(({ name, tls }, index) => {
      if (tls === undefined) return []
      const { certificate, key, clientCa: ca, crl } = tls
      const paths = { certificate, key, ca, crl }
      return [{ usedBy: `${kind}/${name}`, setting: `${group}.${index}.tls`, paths }]
    })
  const dialled = (kind: string, group: string, list: readonly Dialled[] = []) =>
    list.flatMap(({ name, tls }, index) => {
      if (tls === undefined) return []
      const { certificate, key, ca, crl } = tls
      const paths = { certificate, key, ca, crl }
      return [{ usedBy: `${kind}/${name}`, setting: `${group}.${index}.tls`, paths }]
    })
  return [
    ...listening('listener', 'listeners', config.listeners),
    ...listening('gateway', 'gateways', config.gateways as readonly Listening[] | undefined),
    ...dialled('card-host', 'cardHosts', config.cardHosts),
    ...dialled('switch', 'switches', config.switches),
  ]
}

/** What a start would refuse of these files, all of it at once. No other key is read. */
export function fileProblems(config: Parameters<typeof filesOf>[0], nowMs: number): Problem[] {
  return filesOf(config).flatMap(({ paths, setting }) => {
    const files = readTlsFiles(paths, nowMs)
    if (files.kind === 'files') return []
    const hint = 'docs/tls.md tells how they are made; --no-files leaves them out of the check'
    return [{ path: setting, message: files.message, hint }]
  })
}

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS

export class SwitchTls {
  readonly #config: TlsUsers
  readonly #ports: SwitchTlsPorts
  readonly #places = new Map<string, Place>()
  #cancel: (() => void) | undefined
  #cancelHourly: (() => void) | undefined

  /** Throws an `EvsError` when a file cannot be used. */
  constructor(config: TlsUsers, ports: SwitchTlsPorts) {
    this.#config = config
    this.#ports = ports
    for (const { usedBy, paths } of filesOf(config)) this.#add(usedBy, paths)
    this.#warnDaily()
    this.#warnHourly()
  }

  listenTls({ name, tls }: Listening): ListenTls | undefined {
    if (tls === undefined) return undefined
    return this.#listenTls(`listener/${name}`, tls.minVersion, tls.clients)
  }

  /** For gateways: none without a certificate, and none that is not listed. */
  gatewayTls({
    name,
    tls,
    clients,
  }: Pick<GatewayDoorConfig, 'name' | 'tls' | 'clients'>): ListenTls {
    const names = clients.map(({ certificate }) => certificate)
    return this.#listenTls(`gateway/${name}`, tls.minVersion, names)
  }

  /** From now on renewed files are for this listener: `listener/pos`, or `gateway/inner`. */
  opened(usedBy: string, listener: Listener): void {
    const place = this.#places.get(usedBy)
    if (place !== undefined) place.renew = (credentials) => listener.renewTls(credentials)
  }

  dialTls(cardHost: string): DialTls {
    return this.#dialTls('card-host', cardHost, this.#config.cardHosts)
  }

  /** Of a gateway. */
  switchTls(name: string): DialTls {
    return this.#dialTls('switch', name, this.#config.switches)
  }

  /** Reads every file again. What cannot be used leaves its listener or link as it is. */
  reload(): void {
    let renewed = 0
    for (const place of this.#places.values()) if (this.#reload(place)) renewed += 1
    const detail = `${renewed} of ${this.#places.size} are in use from the next connection on`
    this.#ports.notice({ level: 'info', what: 'certificate files were read again', detail })
    this.#warn()
    this.#warnOfLists()
  }

  expiries(): Expiry[] {
    const nowMs = this.#ports.timers.wallMs()
    return [...this.#places.values()].map(({ usedBy, files }) => {
      return { usedBy, seconds: Math.floor((files.expiresMs - nowMs) / 1_000) }
    })
  }

  /** Of the lists of revoked certificates, where there are any. */
  crlExpiries(): Expiry[] {
    const nowMs = this.#ports.timers.wallMs()
    return [...this.#places.values()].flatMap(({ usedBy, files: { crlExpiresMs } }) => {
      if (crlExpiresMs === undefined) return []
      return [{ usedBy, seconds: Math.floor((crlExpiresMs - nowMs) / 1_000) }]
    })
  }

  stop(): void {
    this.#cancel?.()
    this.#cancelHourly?.()
  }

  #listenTls(usedBy: string, minVersion: TlsVersion, clients: readonly string[]): ListenTls {
    const { timeouts, limits } = this.#config
    const names = new Set(clients)
    return {
      credentials: this.#place(usedBy).files.credentials,
      minVersion,
      handshakeMs: timeouts.tlsHandshakeMs,
      maxHandshakes: limits.tlsHandshakesPerListener,
      ...(names.size === 0
        ? {}
        : { admits: (peer) => peer.names.some((client) => names.has(client)) }),
    }
  }

  #dialTls(kind: string, name: string, list: readonly Dialled[] = []): DialTls {
    const settings = list.find((one) => one.name === name)
    if (settings?.tls === undefined) throw new Error(`${kind} ${name} is not dialled with TLS`)
    const { serverName = settings.host, minVersion } = settings.tls
    const place = this.#place(`${kind}/${name}`)
    let context = secureContext(place.files.credentials, minVersion)
    place.renew = (credentials) => {
      context = secureContext(credentials, minVersion)
    }
    return { serverName, context: () => context }
  }

  #place(usedBy: string): Place {
    const place = this.#places.get(usedBy)
    if (place === undefined) throw new Error(`${usedBy} has no certificates`)
    return place
  }

  #add(usedBy: string, paths: TlsPaths): void {
    const files = readTlsFiles(paths, this.#ports.timers.wallMs())
    if (files.kind === 'problem') {
      const code = files.exposed ? 'TLS_KEY_EXPOSED' : 'TLS_FILES_INVALID'
      throw new EvsError(code, { message: `${usedBy}: ${files.message}` })
    }
    this.#places.set(usedBy, { usedBy, paths, files, renew: () => undefined })
  }

  #reload(place: Place): boolean {
    const { usedBy, paths } = place
    const files = readTlsFiles(paths, this.#ports.timers.wallMs())
    try {
      if (files.kind === 'problem') throw new Error(files.message)
      place.renew(files.credentials)
      place.files = files
      return true
    } catch (error) {
      const detail = `${usedBy}: ${(error as Error).message}; the old ones stay in use`
      this.#ports.notice({ level: 'alarm', what: 'certificate files cannot be used', detail })
      return false
    }
  }

  #warnDaily(): void {
    this.#warn()
    if (this.#places.size === 0) return
    this.#cancel = this.#ports.timers.after(DAY_MS, () => this.#warnDaily())
  }

  /** A list lives for days, and when it is over nobody is let in any more. */
  #warnHourly(): void {
    this.#warnOfLists()
    if (this.crlExpiries().length === 0) return
    this.#cancelHourly = this.#ports.timers.after(HOUR_MS, () => this.#warnHourly())
  }

  #warnOfLists(): void {
    const hours = this.#config.limits.crlExpiryWarningHours
    for (const { usedBy, seconds } of this.crlExpiries()) {
      if (seconds * 1_000 > hours * HOUR_MS) continue
      const left = Math.floor((seconds * 1_000) / HOUR_MS)
      const expired = seconds <= 0
      this.#ports.notice({
        level: expired ? 'alarm' : 'warn',
        what: expired ? 'a revocation list has expired' : 'a revocation list expires soon',
        detail: expired ? `${usedBy}: no certificate is taken any more` : `${usedBy}: in ${left} h`,
      })
    }
  }

  #warn(): void {
    const days = this.#config.limits.tlsExpiryWarningDays
    for (const { usedBy, seconds } of this.expiries()) {
      if (seconds * 1_000 > days * DAY_MS) continue
      const left = Math.floor((seconds * 1_000) / DAY_MS)
      const expired = seconds <= 0
      this.#ports.notice({
        level: expired ? 'alarm' : 'warn',
        what: expired ? 'a certificate has expired' : 'a certificate expires soon',
        detail: expired ? usedBy : `${usedBy}: in ${left} days`,
      })
    }
  }
}
