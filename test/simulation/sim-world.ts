// Everything between the parts of a simulated world: who is connected to whom, which life of the
// switch is running, what strikes it and when. It constructs clock, channels, journal and random
// numbers; everything that decides about a sale is the product's.

import { createHash } from 'node:crypto'
import type { Config } from '../../switch/config/schema.ts'
import type { GatewayListener } from '../../terminal-gateway/gateway.ts'
import { CardHosts } from './card-hosts.ts'
import { simConfig, simListeners } from './config.ts'
import type { Coverage } from './covered/coverage.ts'
import type { Ledger } from './host-ledger.ts'
import { isKeyed, type KeyedParts, softwareModule } from './keys/switch-keys.ts'
import { HostZoneKeys } from './keys/zone-keys.ts'
import { LimitKeeper } from './limits/limit-keeper.ts'
import { SimDialer, type TappedChannel, tapped } from './links.ts'
import type { MemoryChannel } from './memory-channel.ts'
import { Oracle } from './oracle/oracle.ts'
import { Administrator } from './restore/administrator.ts'
import { Seeded } from './seeded.ts'
import { firstStock, PRODUCTS, type SimTerminalEntry, TERMINALS } from './shop.ts'
import { ShopTerminal } from './shop-terminal.ts'
import { PURCHASE_FAULTS, REVERSAL_FAULTS, type ZonePorts } from './sim-host.ts'
import type { SimStore } from './sqlite-sim-store.ts'
import { StockKeeper } from './stock-keeper.ts'
import { SwitchInstance } from './switch-instance.ts'
import { TerminalLines } from './terminal-lines.ts'
import { VirtualTime } from './virtual-time.ts'
import { type Fault, Weather } from './weather.ts'
import { readMessage } from './wire/codec.ts'
import { drawWorld, hostCountOf, lateApprovalOf, reversalsInMemoryOf } from './world-draw.ts'

/** The second ends one too: the fifth unreadable frame closes its connection. */
const ENDS_LINKS = new Set<Fault>(['crash after the debit', 'unreadable answer'])

export class SimWorld {
  readonly time: VirtualTime
  readonly random: Seeded
  readonly weather: Weather
  readonly oracle: Oracle
  readonly coverage: Coverage
  readonly terminals: ShopTerminal[]
  readonly lines: TerminalLines
  readonly administrator: Administrator
  readonly limits: LimitKeeper
  readonly stock: StockKeeper
  readonly keyed: KeyedParts
  crashes = 0
  faults = 0
  effects = 0
  #store: SimStore
  #instance: SwitchInstance | undefined
  readonly #open = new Set<MemoryChannel>()
  readonly #config: Config
  readonly #listeners: ReturnType<typeof simListeners>
  readonly #trace = createHash('sha256')
  readonly #hosts: CardHosts
  #fullUntilMs = 0
  #slowUntilMs = 0
  #dials: () => number = () => 0

  constructor(seed: number, store: SimStore, coverage: Coverage) {
    this.random = new Seeded(seed)
    const { startMs, limits, keyed } = drawWorld(this.random, seed)
    this.keyed = keyed
    this.#listeners = simListeners(keyed)
    this.time = new VirtualTime(startMs)
    this.weather = new Weather(this.random)
    this.coverage = coverage
    const stock = firstStock()
    const late = lateApprovalOf(seed)
    this.oracle = new Oracle(this.time, stock, { ...keyed, late })
    this.#store = store
    if (isKeyed(keyed)) store.giveKeys(keyed)
    this.stock = new StockKeeper(this, stock)
    const hostCount = hostCountOf(seed, keyed)
    const reversalsInMemory = reversalsInMemoryOf(seed)
    this.#config = simConfig({ keyed, lateApproval: late, hostCount, reversalsInMemory })
    this.#hosts = this.#newHosts(hostCount)
    this.lines = new TerminalLines(this)
    this.terminals = TERMINALS.map((entry) => new ShopTerminal(entry, this.lines))
    this.administrator = new Administrator(this)
    this.limits = new LimitKeeper(this, limits)
    this.start()
  }

  #newHosts(count: number): CardHosts {
    return new CardHosts(count, {
      ...{ timers: this.time, random: this.random },
      purchaseFault: () => this.#hostFault(this.weather.among(PURCHASE_FAULTS)),
      reversalFault: () => this.#hostFault(this.weather.among(REVERSAL_FAULTS)),
      met: (fault, rrn) => {
        if (ENDS_LINKS.has(fault)) this.oracle.troubles.host()
        this.strike(fault, this.oracle.stateOfRrn(rrn))
      },
      zone: this.keyed.host ? this.#zone() : undefined,
    })
  }

  #zone(): ZonePorts {
    return {
      keys: new HostZoneKeys(this.random),
      calm: () => this.weather.calm,
      missing: () => this.oracle.troubles.host(),
    }
  }

  /** Without keys no MAC is wrong. */
  #hostFault<One extends Fault>(fault: One | undefined): One | undefined {
    return fault?.endsWith('MAC') === true && !this.keyed.host ? undefined : fault
  }

  get ledger(): Ledger {
    return this.#hosts.ledger
  }

  /** Hash of everything that went over a wire, with its time. */
  get trace(): string {
    return this.#trace.copy().digest('hex')
  }

  get instance(): SwitchInstance | undefined {
    return this.#instance
  }

  get store(): SimStore {
    return this.#store
  }

  /** Counts a fault, and the states of sales that it met. */
  strike(fault: Fault, states: readonly string[] = this.oracle.liveStates()): void {
    this.faults++
    this.coverage.met(fault, states)
  }

  start(): void {
    this.administrator.beforeStart()
    const random = new Seeded(this.random.between(0, 2 ** 31))
    this.#dials = () => random.next()
    const instance = new SwitchInstance({
      config: this.#config,
      timers: this.time,
      store: this.#store,
      journalFaults: {
        full: () => this.time.monotonicMs() < this.#fullUntilMs,
        busy: () => this.#busy(),
        fate: () => {
          if (this.#strikes('I/O error')) return 'fails'
          return this.#strikes('ambiguous commit') ? 'commits unseen' : 'commits'
        },
        delayMs: () => (this.time.monotonicMs() < this.#slowUntilMs ? 900 : 2),
      },
      random: () => this.#dials(),
      module: isKeyed(this.keyed) ? softwareModule(random) : undefined,
      dial: (instance, options) =>
        new SimDialer(options, {
          timers: this.time,
          connect: () => this.#connectHost(instance, options.port),
          alive: () => instance.alive,
        }),
      diesBefore: () => {
        this.effects++
        return this.#strikes('crash')
      },
      died: (instance) => this.#died(instance),
      notice: (notice) => this.oracle.noticed(notice),
      recorded: (record, result) => this.coverage.recorded(record, result),
      onError: (error) => this.oracle.bug(error),
    })
    this.#instance = instance
    this.coverage.started()
    // It has to sign on before anything can be sold.
    this.oracle.troubles.host()
    instance.start()
  }

  /** A terminal's call; undefined when nobody takes it. */
  connect(entry: SimTerminalEntry): MemoryChannel | undefined {
    const instance = this.#instance
    if (instance?.selling !== true) return undefined
    const isOwn = entry.merchant.institution === 0
    const listener = isOwn ? this.#listeners.own : this.#listeners.institution
    return this.#connectTerminal(instance, listener)
  }

  #connectTerminal(instance: SwitchInstance, listener: GatewayListener): MemoryChannel {
    const dialect = listener.institution === 0 ? 'binary' : 'ascii'
    const session = this.oracle.session(dialect, listener.institution)
    const { switchEnd, farEnd, ours } = tapped(this.time, this.#linkFaults(), {
      instance,
      effects: { out: 'to terminal', in: 'from terminal' },
      tap: {
        sent: (body) => {
          this.#note(body)
          session.answered(body)
        },
        received: (body) => {
          this.#note(body)
          session.asked(body)
        },
      },
    })
    this.#keep(ours)
    switchEnd.start(instance.session(listener, switchEnd))
    return farEnd
  }

  #connectHost(
    instance: SwitchInstance,
    port: number,
  ): { switchEnd: TappedChannel; ours: MemoryChannel } | undefined {
    const host = this.#hosts.at(port)
    if (host === undefined) return undefined
    // Echoes are late then, and the switch gives the connection up.
    const slow = (ms: number) => this.oracle.troubles.host(ms)
    const link = tapped(this.time, this.#linkFaults(slow), {
      instance,
      effects: { out: 'to host', in: 'from host' },
      tap: {
        sent: (body) => {
          this.#note(body)
          const message = readMessage('ascii', body)
          this.oracle.sentToHost(host.link, message, body)
          this.coverage.sentToHost(message)
        },
        received: (body) => {
          this.#note(body)
          this.oracle.gotFromHost(host.link, body, this.ledger)
        },
      },
    })
    this.#keep(link.ours)
    link.farEnd.start(host.accept(link.farEnd))
    return link
  }

  #linkFaults(slow?: (ms: number) => void) {
    const delayMs = () => {
      if (!this.#strikes('slow link')) return 1
      const ms = this.random.between(500, 40_000)
      slow?.(ms)
      return ms
    }
    return { delayMs, lose: () => false }
  }

  #keep(channel: MemoryChannel): void {
    this.#open.add(channel)
    if (this.#open.size % 64 !== 0) return
    for (const other of this.#open) if (!other.open) this.#open.delete(other)
  }

  #busy(): boolean {
    if (!this.#strikes('journal busy')) return false
    this.oracle.troubles.store(0)
    return true
  }

  #strikes(fault: Fault): boolean {
    if (!this.weather.strikes(fault)) return false
    this.strike(fault)
    return true
  }

  #note(body: Buffer): void {
    this.#trace.update(`${this.time.monotonicMs()}:`).update(body)
  }

  #died(instance: SwitchInstance): void {
    if (instance !== this.#instance) return
    this.crashes++
    this.oracle.crashed()
    this.coverage.crashed()
    this.#instance = undefined
    for (const channel of this.#open) channel.cut('the switch died')
    this.#open.clear()
    this.time.after(this.random.between(100, 8_000), () => this.start())
  }

  /** What happens to the world from time to time while the weather is not calm. */
  stir(): void {
    const { random } = this
    if (this.#strikes('link flap')) this.#flap()
    if (this.#strikes('host away')) this.#hostAway(random.between(1_000, 90_000))
    this.#firstHostAway()
    if (this.#strikes('host signs off')) this.#signOff()
    if (this.#strikes('disk full')) this.fillDisk(random.between(50, 20_000))
    if (this.#strikes('slow disk')) this.#slowDisk(20_000)
    if (this.#strikes('stall')) this.#stall(random.between(50, random.pick([500, 5_000, 35_000])))
    if (this.#strikes('clock forward'))
      this.#jump(random.between(1, random.pick([5, 4_000, 100_000])))
    if (this.#strikes('clock back')) this.#jump(-random.between(1, random.pick([5, 4_000])))
    if (this.#strikes('refill')) this.refill(random.pick(PRODUCTS).id, random.between(1, 12))
    if (this.#strikes('hold')) this.stock.holdOne()
    if (this.#strikes('stock-out')) this.stock.holdAll(random.pick(PRODUCTS).id)
    if (this.#strikes('orderly stop')) this.#drain()
    this.administrator.stir()
  }

  /** Another store: what was on hold is put on hold again. */
  replaced(hasGap: boolean): void {
    if (hasGap) this.coverage.begin()
    this.#hosts.switchRestored()
    this.limits.restored()
    this.stock.restored()
  }

  productOf(batch: number): string {
    return this.stock.productOf(batch)
  }

  restock(): void {
    this.stock.restock()
  }

  refill(product: string, count: number): void {
    this.stock.refill(product, count)
  }

  /** Puts everything right that an administrator would: space, the host, held batches, limits. */
  heal(): void {
    this.weather.clear()
    this.#fullUntilMs = 0
    this.#slowUntilMs = 0
    this.#hosts.heal()
    this.stock.release()
    this.limits.lift()
  }

  #firstHostAway(): void {
    const { random } = this
    if (this.#hosts.count === 1 || !random.chance(0.1)) return
    this.strike('host away')
    const ms = random.between(5_000, 60_000)
    this.oracle.troubles.host(ms)
    this.#hosts.firstGoesAway(ms)
  }

  #hostAway(ms: number): void {
    this.oracle.troubles.host(ms)
    this.#hosts.goAway(ms)
  }

  #flap(): void {
    this.oracle.troubles.host()
    this.#hosts.cut()
  }

  #signOff(): void {
    this.oracle.troubles.host()
    this.#hosts.signOff()
  }

  #slowDisk(ms: number): void {
    this.#slowUntilMs = this.time.monotonicMs() + ms
    this.oracle.troubles.store(ms)
  }

  fillDisk(ms: number): void {
    this.#fullUntilMs = this.time.monotonicMs() + ms
    this.oracle.troubles.store(ms)
  }

  #stall(ms: number): void {
    this.oracle.troubles.stall(ms)
    this.time.stall(ms)
  }

  #jump(seconds: number): void {
    this.oracle.setsClock(() => this.time.jumpWall(seconds * 1_000))
  }

  /** In a healed world. */
  async restart(): Promise<void> {
    this.#instance?.die('restarted')
    while (this.#instance?.selling !== true) await this.lines.pause(500)
    await this.lines.pause(120_000)
  }

  /** SIGTERM: takes nothing new, then ends; the supervisor starts it again. */
  #drain(): void {
    const instance = this.#instance
    if (instance?.selling !== true) return
    instance.assembly.drain()
    this.oracle.troubles.host()
    this.oracle.troubles.crash()
    this.time.after(27_000, () => {
      if (!instance.alive) return
      instance.die('stopped')
      this.administrator.stopped()
    })
  }
}
