// `evs serve`: starts the switch, tells when every port is open, and stops it so that nothing in
// flight is lost. What goes wrong in a way that nobody planned for ends the process: its state is
// safe on disk, and the next start recovers it.

import type { Health } from '../admin-api/schemas.ts'
import { type Listener, listen } from '../protocol/link/listener.ts'
import { systemTimers } from '../protocol/link/timers.ts'
import { openSession } from '../terminal-gateway/session.ts'
import { openAdminDoors } from './admin/doors.ts'
import type { OperationRuntime } from './admin/operation-ports.ts'
import { type Administration, createOperations } from './admin/operations.ts'
import { gatewayListener } from './assembly.ts'
import { channelLimitsOf } from './channel-limits.ts'
import type { Config, ListenerConfig } from './config/schema.ts'
import type { Notice } from './core/notice.ts'
import { keepExpiring } from './expiry.ts'
import { GatewayDoors } from './gateway-doors.ts'
import { healthOf, warningsOf } from './health.ts'
import { openLog } from './log.ts'
import { addSources, type MetricSources, openMetrics } from './metrics.ts'
import { openFreeData } from './open-data.ts'
import { stopInOrder, stopSelling } from './orderly-stop.ts'
import { portClosed } from './port-closed.ts'
import { guardProcess } from './process-guard.ts'
import { watchRecovery } from './recovery-watch.ts'
import { watchReversals } from './reversal-watch.ts'
import { assemble, noticer, type Runtime } from './runtime.ts'
import { mustHaveStorageKey, openSecurityModule } from './security-module.ts'
import { checkInBackground } from './self-check.ts'
import { noteStart } from './start-note.ts'
import { SwitchTls } from './tls.ts'
import { openToken } from './token.ts'
import { tokenChanged, watchToken } from './token-watch.ts'
import { WatchedClock } from './watched-clock.ts'

export interface ReadyLine {
  readonly ready: true
  readonly listeners: readonly { name: string; kind: string; port: number }[]
  /** Where gateways connect; left out when none may. */
  readonly gateways?: readonly { name: string; port: number }[]
  readonly admin: { readonly socket: string; readonly port: number }
}

export interface ServeOptions {
  /** Hears of it once, when every port is open. */
  readonly ready: (line: ReadyLine) => void
  /** Ends the process at once, without an answer to anybody. */
  readonly exit: (code: number) => never
  readonly version: string
}

export interface RunningSwitch {
  /** Reads the files of certificates again; open connections stay. */
  reload(): void
  /** Resolves when everything in flight has ended and the store is closed. */
  stop(): Promise<void>
}

/** A listener that has a port of its own. */
type DoorConfig = ListenerConfig & { readonly port: number }

interface AllDoors {
  readonly doors: readonly Door[]
  readonly gateways: GatewayDoors
}

interface Door {
  readonly config: DoorConfig
  readonly listener: Listener
}

export async function serve(config: Config, options: ServeOptions): Promise<RunningSwitch> {
  const log = openLog(config.log.level)
  const metrics = openMetrics()
  const startedMs = systemTimers.monotonicMs()
  const die = guardProcess(log, options.exit)
  const tls = new SwitchTls(config, { timers: systemTimers, notice: noticer(log, metrics) })
  const onFatal = die('the store cannot go on')
  const changed = (away: string | undefined) => tokenChanged({ log, metrics }, away)
  const token = await openToken(config, { monotonicMs: systemTimers.monotonicMs, changed })
  const store = await openFreeData(config, { onFatal, onGroup: metrics.group, token }, systemTimers)
  for (const detail of store.notices) log.warn({ detail }, 'found at the start')
  const notice = noticer(log, metrics)
  const clock = await WatchedClock.open({ store, timers: systemTimers, notice })
  const onError = die('a handler failed')
  const module = await openSecurityModule(config, { store, token }, systemTimers.wallMs())
  mustHaveStorageKey(module)
  const away = () => token?.token.away
  const runtime = await assemble(config, { store, module, away, clock, log, metrics, tls, onError })
  const doors: Door[] = []
  const gateways = new GatewayDoors(config, { gateway: runtime.gateway, tls, onError, notice })
  const { version } = options
  const health = () => healthOf(runtime, connected({ doors, gateways }), { version, startedMs })
  const administration = createOperations({
    ...{ store, clock: systemTimers, wallMs: () => systemTimers.wallMs(), config },
    securityModule: async () => module,
    runtime: operationRuntime(runtime, clock, health),
  })
  const { operations, gate } = administration
  addSources(metrics.registry, metricSources(runtime, { doors, gateways }, tls))
  runtime.cardGateway.start()
  const sells = () => stopSelling(runtime, { doors, gateways }, config.timeouts.drainMs)
  const opening = async () => {
    await openDoors(config, { doors, gateways }, { runtime, tls, onError })
    return openAdminDoors(config, {
      ...{ operations, gate, version, log: adminLog(log) },
      ...{ registry: metrics.registry, reasons: runtime.reasons },
      warnings: () => warningsOf(store),
    })
  }
  const admin = await opening().catch(async (error: unknown) => {
    // Some are open, and who was let in has begun to sell: none of that is left without its end.
    await sells()
    throw error
  })
  await noteStart(store, config, { version, wallMs: () => systemTimers.wallMs() })
  options.ready(readyLine({ doors, gateways }, { socket: config.admin.socket, port: admin.port }))
  void removeUnfinished(administration, notice)
  const watches = [
    watchRecovery(store, notice),
    watchReversals({ sales: store.sales, timers: systemTimers, notice }),
    ...[clock.watch(), keepExpiring({ store, clock, log }), watchToken(token)],
  ]
  const stopChecking = checkInBackground({
    ...{ file: store.file, clock: systemTimers, log, metrics },
    doubt: (reason) => runtime.doubt(reason),
  })
  log.info({ count: doors.length, seconds: since(startedMs) }, 'ready')
  return {
    reload: () => tls.reload(),
    stop: async () => {
      log.info({}, 'stopping')
      tls.stop()
      for (const end of watches) end()
      const { cardGateway } = runtime
      await stopInOrder({ sells, stopChecking, admin, administration, cardGateway, store })
      token?.token.close()
      log.info({ seconds: since(startedMs) }, 'stopped')
    },
  }
}

function readyLine({ doors, gateways }: AllDoors, admin: ReadyLine['admin']): ReadyLine {
  const listeners = doors.map(doorStatus).map(({ name, kind, port }) => ({ name, kind, port }))
  const ports = gateways.ports()
  return { ready: true, listeners, ...(ports.length === 0 ? {} : { gateways: ports }), admin }
}

/** Behind open ports: of a million vouchers it takes most of a minute. */
async function removeUnfinished(
  administration: Administration,
  notice: (notice: Notice) => void,
): Promise<void> {
  const detail = await administration.removeUnfinishedImports()
  const what = 'an import that was cut off is not removed'
  if (detail !== undefined) notice({ level: 'alarm', what, detail })
}

function operationRuntime(
  runtime: Runtime,
  clock: WatchedClock,
  health: OperationRuntime['health'],
): OperationRuntime {
  return {
    inventory: runtime.book.inventory,
    reversals: runtime.book.reversals,
    health,
    clockBelieved: () => clock.believe(),
    catalogueChanged: () => runtime.catalogue.changed(),
    terminalsChanged: () => runtime.terminals.changed(),
    fenceAccepted: () => runtime.fenceAccepted(),
    keysChanged: (owner) => {
      runtime.gateway.keyDesk?.changed(owner)
      runtime.cardGateway.keysChanged(owner)
    },
  }
}

function metricSources(
  runtime: Runtime,
  { doors, gateways }: AllDoors,
  tls: SwitchTls,
): MetricSources {
  return {
    salesInFlight: () => runtime.book.running.size,
    reversals: () => runtime.reversalCounts.now(),
    oldestReversalSeconds: () => {
      const since = runtime.store.sales.oldestReversalMs()
      return since === undefined ? 0 : Math.max(0, (systemTimers.wallMs() - since) / 1_000)
    },
    journalDepth: () => runtime.store.journal.depth,
    connections: () =>
      doors.map(({ config: { name }, listener }) => ({
        listener: name,
        connections: listener.connections(),
      })),
    gateways: () => gateways.status(),
    signedOn: () => runtime.cardGateway.status(),
    certificates: () => tls.expiries(),
    revocationLists: () => tls.crlExpiries(),
  }
}

interface BehindDoors {
  readonly runtime: Runtime
  readonly tls: SwitchTls
  readonly onError: (error: unknown) => void
}

async function openDoors(
  config: Config,
  { doors, gateways }: { doors: Door[]; gateways: GatewayDoors },
  behind: BehindDoors,
): Promise<void> {
  for (const door of config.listeners) {
    if (door.port === undefined) continue
    doors.push(await openDoor(config, { ...door, port: door.port }, behind))
  }
  await gateways.open()
}

async function openDoor(config: Config, door: DoorConfig, behind: BehindDoors): Promise<Door> {
  const { runtime, tls, onError } = behind
  const { limits } = config
  const listenerSettings = gatewayListener(door)
  try {
    const listener = await listen({
      ...{ host: door.host, port: door.port, timers: systemTimers, onError },
      framing: {
        length: door.length,
        lengthIncludesItself: door.lengthIncludesItself,
        tpdu: door.tpdu,
        maxFrameBytes: limits.frameBytes,
      },
      limits: channelLimitsOf(config, door.kind),
      maxConnections: limits.connectionsPerListener,
      maxConnectionsPerAddress: limits.connectionsPerAddress,
      tls: tls.listenTls(door),
      onChannel: (channel) => openSession(runtime.gateway, listenerSettings, channel),
      onDropped: (limit) => runtime.gateway.count('connections dropped', limit),
      onRefused: (why) => runtime.gateway.count('tls refused', why),
    })
    tls.opened(`listener/${door.name}`, listener)
    return { config: door, listener }
  } catch (error) {
    throw portClosed(`listener ${door.name}`, error)
  }
}

function connected({ doors, gateways }: AllDoors): Pick<Health, 'listeners' | 'gateways'> {
  return { listeners: doors.map(doorStatus), gateways: gateways.status() }
}

function doorStatus({ config, listener }: Door) {
  const { name, kind } = config
  return { name, kind, port: listener.port, connections: listener.connections() }
}

function adminLog(log: ReturnType<typeof openLog>) {
  return { error: (detail: string) => log.error({ detail }, 'admin request failed') }
}

function since(startedMs: number): number {
  return Math.round(systemTimers.monotonicMs() - startedMs) / 1_000
}
