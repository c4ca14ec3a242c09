// One life of the switch: the product's own wiring over a simulated clock, journal and links, from
// its start to its death. Death comes before any effect on the outside, and from then on nothing
// that this life still has in memory happens.

import type { Channel, ChannelHandlers } from '../../protocol/link/channel.ts'
import type { Dialer, DialOptions } from '../../protocol/link/dialer.ts'
import type { Timers } from '../../protocol/link/timers.ts'
import type { SecurityModule } from '../../protocol/security/security-module.ts'
import { tehranTime } from '../../protocol/values/moment.ts'
import { type Assembly, assembleSwitch } from '../../switch/assembly.ts'
import type { Config } from '../../switch/config/schema.ts'
import type { JournalRecord, WriteResult } from '../../switch/core/journal.ts'
import type { Notice } from '../../switch/core/notice.ts'
import type { GatewayListener } from '../../terminal-gateway/gateway.ts'
import { openSession } from '../../terminal-gateway/session.ts'
import { type JournalFaults, SimJournal } from './sim-journal.ts'
import type { SimStore } from './sqlite-sim-store.ts'

export type Effect =
  | 'handed over'
  | 'before commit'
  | 'after commit'
  | 'news'
  | 'to terminal'
  | 'from terminal'
  | 'to host'
  | 'from host'

export interface InstancePorts {
  readonly config: Config
  readonly timers: Timers
  readonly store: SimStore
  readonly journalFaults: JournalFaults
  readonly random: () => number
  /** Undefined: nobody has keys. */
  readonly module: SecurityModule | undefined
  readonly dial: (instance: SwitchInstance, options: DialOptions) => Dialer
  /** Whether the process dies before this effect. */
  readonly diesBefore: (effect: Effect) => boolean
  readonly died: (instance: SwitchInstance, why: string) => void
  readonly notice: (notice: Notice) => void
  readonly recorded: (record: JournalRecord, result: WriteResult) => void
  readonly onError: (error: unknown) => void
}

export class SwitchInstance {
  alive = true
  readonly #ports: InstancePorts
  #assembly: Assembly | undefined
  #journal: SimJournal | undefined
  #recovered = false

  constructor(ports: InstancePorts) {
    this.#ports = ports
  }

  /** Apart from the constructor: it may die on its first effect, and its owner hears of it. */
  start(): void {
    const ports = this.#ports
    const { config, store, timers, dial, random, module, notice, onError } = ports
    const own: Timers = {
      monotonicMs: () => timers.monotonicMs(),
      wallMs: () => timers.wallMs(),
      after: (ms, run) => timers.after(ms, () => (this.alive ? run() : undefined)),
    }
    const journal = new SimJournal({
      timers: own,
      faults: ports.journalFaults,
      commit: (records) => store.commit(records),
      effect: (what) => this.effect(what),
      fatal: (why) => this.die(why),
      seen: ports.recorded,
    })
    this.#journal = journal
    const keyStore = () => store.keyStore(journal, () => timers.wallMs())
    const assembled = assembleSwitch(config, {
      ...(module !== undefined && { keys: { module, store: keyStore() } }),
      store: { ...store.open(() => tehranTime(timers.wallMs()).day), journal },
      ...{ timers: own, random, onError },
      dial: (options) => dial(this, options),
      notice: (told) => (this.alive ? notice(told) : undefined),
      count: () => undefined,
    })
    // As `switch/runtime.ts` has it: after recovery, before a port is open.
    const ready = assembled.then(async (assembly) => {
      await store.fenceReturned(journal, timers.wallMs())
      return assembly
    })
    ready.then(
      (assembly) => this.#isRecovered(assembly),
      (error: unknown) => (this.alive ? this.die(`start: ${(error as Error).message}`) : undefined),
    )
  }

  /** Ports are open: what the last life left is recovered. */
  get selling(): boolean {
    return this.alive && this.#recovered
  }

  get assembly(): Assembly {
    if (this.#assembly === undefined) throw new Error('the switch has not recovered yet')
    return this.#assembly
  }

  /** For what administrators write. */
  get journal(): SimJournal {
    if (this.#journal === undefined) throw new Error('the switch has not been started yet')
    return this.#journal
  }

  /** A connection of a terminal or an institution. */
  session(listener: GatewayListener, channel: Channel): ChannelHandlers {
    return openSession(this.assembly.gateway, listener, channel)
  }

  /** False: it died before that. */
  effect(effect: Effect): boolean {
    if (!this.alive) return false
    if (this.#ports.diesBefore(effect)) this.die(`killed before '${effect}'`)
    return this.alive
  }

  die(why: string): void {
    if (!this.alive) return
    this.alive = false
    this.#ports.died(this, why)
  }

  #isRecovered(assembly: Assembly): void {
    if (!this.alive) return
    this.#assembly = assembly
    this.#recovered = true
    assembly.cardGateway.start()
  }
}
