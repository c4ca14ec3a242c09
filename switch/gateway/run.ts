// `evs gateway`: doors for terminals and the link to the switch in a process of its own, with
// probes, metrics and certificates. It has no store, no keys and no idea of a sale; what is lost
// with it are connections. An error that nobody planned for ends it.

import { dial } from '../../protocol/link/dialer.ts'
import { type Listener, listen } from '../../protocol/link/listener.ts'
import { systemTimers } from '../../protocol/link/timers.ts'
import { Relay } from '../../terminal-gateway/relay/relay.ts'
import { RelayedTerminal } from '../../terminal-gateway/relay/relayed-terminal.ts'
import { startProbeServer } from '../admin/probe-server.ts'
import { chance } from '../chance.ts'
import { channelLimitsOf } from '../channel-limits.ts'
import type { Notice } from '../core/notice.ts'
import { logNotice, openLog } from '../log.ts'
import { portClosed } from '../port-closed.ts'
import { guardProcess } from '../process-guard.ts'
import { SwitchTls } from '../tls.ts'
import { addGatewaySources, type GatewayMetrics, openGatewayMetrics } from './metrics.ts'
import type { GatewayConfig, GatewayListenerConfig } from './settings.ts'

export interface GatewayReadyLine {
  readonly ready: true
  readonly listeners: readonly { name: string; kind: string; port: number }[]
  readonly probe: { readonly port: number }
}

export interface GatewayOptions {
  /** Hears of it once, when every port is open. */
  readonly ready: (line: GatewayReadyLine) => void
  /** Ends the process at once. */
  readonly exit: (code: number) => never
}

export interface RunningGateway {
  /** Reads the files of certificates again; open connections stay. */
  reload(): void
  /** Resolves when answers in flight are out and everything is closed. */
  stop(): Promise<void>
}

interface Door {
  readonly config: GatewayListenerConfig
  readonly listener: Listener
}

export async function runGateway(
  config: GatewayConfig,
  options: GatewayOptions,
): Promise<RunningGateway> {
  const log = openLog(config.log.level)
  const metrics = openGatewayMetrics()
  const onError = guardProcess(log, options.exit)('unexpected error')
  const notice = (given: Notice): void => {
    logNotice(log, given)
    if (given.level === 'alarm') metrics.alarm(given.what)
  }
  const tls = new SwitchTls(config, { timers: systemTimers, notice })
  const relay = relayOf(config, { tls, metrics, notice, onError })
  const doors: Door[] = []
  addGatewaySources(metrics.registry, {
    connections: () => doors.map(doorStatus),
    links: () => relay.status(),
    certificates: () => tls.expiries(),
    revocationLists: () => tls.crlExpiries(),
  })
  const probe = await startProbeServer({
    ...{ host: config.probe.host, port: config.probe.port, registry: metrics.registry },
    reasons: () => reasonsOf(relay),
  })
  relay.start()
  for (const [index, settings] of config.listeners.entries()) {
    doors.push(await openDoor(config, { settings, index }, { relay, tls, metrics, onError }))
  }
  options.ready({
    ready: true,
    listeners: doors.map(({ config: { name, kind }, listener: { port } }) => ({
      name,
      kind,
      port,
    })),
    probe: { port: probe.port },
  })
  log.info({ count: doors.length }, 'ready')
  return {
    reload: () => tls.reload(),
    stop: async () => {
      log.info({}, 'stopping')
      tls.stop()
      await stop(config, relay, doors)
      await probe.close()
      log.info({}, 'stopped')
    },
  }
}

/** What nobody planned for; its state is worth nothing, and the next start has none to recover. */
interface Surroundings {
  readonly tls: SwitchTls
  readonly metrics: GatewayMetrics
  readonly onError: (error: unknown) => void
}

function relayOf(
  { listeners, switches, timeouts, limits }: GatewayConfig,
  { tls, metrics, notice, onError }: Surroundings & { notice: (notice: Notice) => void },
): Relay {
  return new Relay({
    switches: switches.map(({ name, host, port }) => ({
      ...{ name, host, port, tls: tls.switchTls(name) },
    })),
    doors: listeners.map(({ name, tpdu }) => ({ listener: name, tpdu })),
    frameBytes: limits.frameBytes,
    congestedBytes: limits.untakenBytesPerLink,
    ...{ timeouts, timers: systemTimers, random: chance, dial, count: metrics.count, onError },
    onUp: (name, gateway) => {
      notice({ level: 'info', what: 'linked to the switch', detail: `${name}, as ${gateway}` })
    },
    onDown: (name, reason) => {
      metrics.count('link down', name)
      notice({ level: 'warn', what: 'no link to the switch', detail: `${name}: ${reason}` })
    },
  })
}

async function openDoor(
  config: GatewayConfig,
  { settings, index }: { settings: GatewayListenerConfig; index: number },
  { relay, tls, metrics, onError }: Surroundings & { relay: Relay },
): Promise<Door> {
  const { limits, timeouts } = config
  const { name, kind, tpdu, host, port, length, lengthIncludesItself } = settings
  const door = {
    ...{ index, tpdu, tls: settings.tls !== undefined, frameBytes: limits.frameBytes },
    untakenBytesMost: limits.untakenBytesPerConnection,
    // Counted from when the frame came here, and the link takes a moment each way.
    answerMs: timeouts.switchTotalMs + timeouts.echoAnswerMs,
    monotonicMs: systemTimers.monotonicMs,
    link: () => relay.link(),
    isStopping: () => relay.isStopping,
    count: metrics.count,
  }
  try {
    const listener = await listen({
      ...{ host, port, timers: systemTimers, onError },
      framing: { length, lengthIncludesItself, tpdu, maxFrameBytes: limits.frameBytes },
      limits: channelLimitsOf(config, kind),
      maxConnections: limits.connectionsPerListener,
      maxConnectionsPerAddress: limits.connectionsPerAddress,
      tls: tls.listenTls(settings),
      onChannel: (channel) => new RelayedTerminal(door, channel),
      onDropped: (limit) => metrics.count('connections dropped', limit),
      onRefused: (why) => metrics.count('tls refused', why),
    })
    tls.opened(`listener/${name}`, listener)
    return { config: settings, listener }
  } catch (error) {
    throw portClosed(`listener ${name}`, error)
  }
}

/** Takes nothing new; answers that terminals wait for still go out. */
async function stop(config: GatewayConfig, relay: Relay, doors: readonly Door[]): Promise<void> {
  relay.drain()
  await Promise.all(doors.map(({ listener }) => listener.stop()))
  const untilMs = systemTimers.monotonicMs() + config.timeouts.drainMs
  while (relay.isBusy && systemTimers.monotonicMs() < untilMs) await pause()
  const why = 'the gateway is stopping'
  await Promise.all(doors.map(({ listener }) => listener.closeAll(why)))
  relay.close()
}

const PAUSE_MS = 20

function pause(): Promise<void> {
  return new Promise((resolve) => {
    systemTimers.after(PAUSE_MS, resolve)
  })
}

/** Why it is not ready; empty when it is. */
export function reasonsOf(relay: Pick<Relay, 'isStopping' | 'link'>): string[] {
  const reasons: string[] = []
  if (relay.isStopping) reasons.push('the gateway is stopping')
  if (relay.link() === undefined) reasons.push('no switch is linked')
  return reasons
}

function doorStatus({ config: { name }, listener }: Door) {
  return { listener: name, connections: listener.connections() }
}
