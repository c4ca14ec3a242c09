// The switch's own wiring on virtual time, with one card host whose link has keys, and a security
// module that can be away. The terminal has no keys, so that it is told in clear what became of its
// sale. Store and writer are the product's, on a database in memory.

import type { Database } from 'better-sqlite3'
import type { Channel } from '../../protocol/link/channel.ts'
import type { Timers } from '../../protocol/link/timers.ts'
import { decode } from '../../protocol/message/decode.ts'
import { encode, type Fields } from '../../protocol/message/encode.ts'
import type { Message } from '../../protocol/message/message.ts'
import type { ProductId } from '../../protocol/values/identifiers.ts'
import type { Rial } from '../../protocol/values/rial.ts'
import { type Assembly, assembleSwitch, gatewayListener } from '../../switch/assembly.ts'
import type { Config, ListenerConfig } from '../../switch/config/schema.ts'
import type { Notice } from '../../switch/core/notice.ts'
import { openSession } from '../../terminal-gateway/session.ts'
import { SqliteSaleReader } from '../../voucher-store/reading/sale-reader.ts'
import { SqliteStockReader } from '../../voucher-store/reading/stock-reader.ts'
import { SqliteTerminalDirectory } from '../../voucher-store/reading/terminal-directory.ts'
import { SqliteVault } from '../../voucher-store/vault/vault.ts'
import { GroupCommit } from '../../voucher-store/writer/group-commit.ts'
import { AwayModule } from '../protocol/security/away-module.ts'
import { newModule } from '../protocol/security/test-module.ts'
import { simConfig } from '../simulation/config.ts'
import { SimJournal } from '../simulation/sim-journal.ts'
import { memoryDatabase, type Stocked, stock } from '../simulation/sim-store.ts'
import { VirtualTime } from '../simulation/virtual-time.ts'
import { StoredInMemory } from '../terminal-gateway/stored-keys.ts'
import { PRICE } from './core/story-switch.ts'
import { saleFields } from './core/story-terminal.ts'
import { KeyedHost } from './keyed-host.ts'

const OWNER = 'host/bank'
const LISTENER = gatewayListener(simConfig().listeners[0] as ListenerConfig)

export class KeyedWorld {
  readonly time = new VirtualTime(Date.UTC(2026, 10, 22, 6))
  readonly software = newModule()
  readonly token = new AwayModule(this.software)
  readonly store = new StoredInMemory()
  readonly notices: Notice[] = []
  readonly counted: string[] = []
  readonly host: KeyedHost
  assembly!: Assembly
  isDiskFull = false
  isClockBehind = false
  database!: Database
  #stocked!: Stocked
  #isFenced = false
  #hostCount = 1
  /** Goes up with every start: what an earlier process had begun comes to nothing. */
  #life = 0

  private constructor() {
    const { software, store } = this
    const macKey = software.generate('mac', 'aes')
    this.host = new KeyedHost(this.time, software, macKey)
    store.putMaster(software, OWNER, software.generate('master', 'aes'))
    const place = `${OWNER}/1`
    store.row(OWNER).active = {
      ...{ generation: 1, scheme: 'aes', dataKey: undefined },
      ...{ transmission: undefined, serialNumber: undefined },
      macKey: software.seal(macKey, place),
      pinKey: software.seal(software.generate('pin', 'aes'), place),
    }
  }

  /**
   * `change`: what is stored of the link's keys is changed before the start. `isFenced`: the store
   * is a restored copy. A second card host has no keys unless `change` gives it some.
   */
  static async open(
    change?: (store: StoredInMemory) => void,
    isFenced = false,
    hostCount = 1,
  ): Promise<KeyedWorld> {
    const world = new KeyedWorld()
    world.#isFenced = isFenced
    world.#hostCount = hostCount
    change?.(world.store)
    world.database = await memoryDatabase()
    const products = [{ id: '091905', vouchers: 20 }]
    world.#stocked = stock(world.database, { terminals: 1, products })
    await world.#start()
    return world
  }

  /** The process is gone, and `meanwhile` another begins on what its store kept. */
  async restart(meanwhile: () => void): Promise<void> {
    this.#life++
    this.host.leave()
    meanwhile()
    await this.#start()
  }

  async #start(): Promise<void> {
    const assembling = this.#assemble()
    await this.time.run(1_000)
    this.assembly = await assembling
    this.assembly.cardGateway.start()
    await this.time.run(1_000)
  }

  /** Resolves with the answer, or undefined when none came within a terminal's time. */
  sell(stan: number): Promise<Message | undefined> {
    return this.ask('0200', saleFields(this.time, { terminal: 1, stan }))
  }

  ask(mti: string, fields: Fields): Promise<Message | undefined> {
    return this.send(encode(LISTENER.dialect, mti, fields))
  }

  /** The same with bytes, which may be no message. */
  send(request: Buffer): Promise<Message | undefined> {
    return new Promise((resolve) => {
      this.time.after(45_000, () => resolve(undefined))
      const channel: Channel = {
        ...{ id: 1, remote: 'simulated', open: true },
        send: (body, _tpdu, written) => {
          const reply = decode(LISTENER.dialect, Buffer.from(body))
          if (reply.kind === 'rejected') throw new Error(reply.reason)
          written?.(true)
          resolve(reply)
          return true
        },
        close: () => undefined,
        dropped: () => undefined,
      }
      const tpdu = Buffer.from('6000010002', 'hex')
      openSession(this.assembly.gateway, LISTENER, channel).frame(request, tpdu)
    })
  }

  async wait<Result>(promise: Promise<Result>): Promise<Result> {
    let isEnded = false
    promise.then(() => {
      isEnded = true
    })
    await this.time.runUntil(() => isEnded, 100_000)
    return promise
  }

  #config(): Config {
    const keyed = { terminals: false, host: true }
    const hostCount = this.#hostCount
    return simConfig({ keyed, lateApproval: 'repeat', hostCount, reversalsInMemory: 1_000 })
  }

  #assemble(): Promise<Assembly> {
    const { time, database } = this
    const { ring } = this.#stocked
    const life = this.#life
    const isAlive = () => life === this.#life
    const timers: Timers = {
      monotonicMs: () => time.monotonicMs(),
      wallMs: () => time.wallMs(),
      after: (ms, run) => time.after(ms, () => (isAlive() ? run() : undefined)),
    }
    const groups = new GroupCommit(database)
    const journal = new SimJournal({
      timers,
      faults: { full: () => false, busy: () => false, fate: () => 'commits', delayMs: () => 1 },
      commit: (records) => {
        const result = groups.write(records)
        if (result.kind === 'fatal') throw new Error(result.why)
        return result.results
      },
      effect: isAlive,
      fatal: fail,
      seen: () => undefined,
    })
    const reader = new SqliteStockReader(database)
    const config = this.#config()
    return assembleSwitch(config, {
      store: {
        journal,
        sales: new SqliteSaleReader(database),
        stock: reader,
        vault: new SqliteVault(ring, (id) => reader.byId(id)),
        catalogue: {
          version: 1,
          products: () => [],
          product: (id) => ({
            ...{ id: id as ProductId, priceRial: PRICE as Rial, enabled: true },
            ...{ nameFa: 'x', nameEn: 'x', redeem: '', creditRial: PRICE },
          }),
        },
        terminals: new SqliteTerminalDirectory(database, 10),
        ...{ fenced: this.#isFenced, gaps: [] },
      },
      keys: { module: this.token.module, store: this.store },
      diskFull: () => this.isDiskFull,
      clockBehind: () => this.isClockBehind,
      keysAway: () => (this.token.isAway ? 'the line is cut' : undefined),
      ...{ timers, random: () => 0.5, onError: fail },
      dial: (options) => this.host.dialled(options),
      notice: (notice) => this.notices.push(notice),
      count: (what, label = '') => void this.counted.push(`${what}: ${label}`),
    })
  }
}

function fail(problem: unknown): never {
  throw problem instanceof Error ? problem : new Error(String(problem))
}
