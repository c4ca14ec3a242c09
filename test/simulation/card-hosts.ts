// The card hosts of a world: one, or two of which the second debits while the first cannot. They
// share a ledger, and troubles meet one of them or all.

import { CARD_HOSTS } from './config.ts'
import type { Ledger } from './host-ledger.ts'
import type { Seeded } from './seeded.ts'
import { type HostPorts, SimHost } from './sim-host.ts'

export class CardHosts {
  readonly ledger: Ledger = new Map()
  readonly #ports: Omit<HostPorts, 'link' | 'ledger'>
  readonly #hosts: SimHost[]
  /** Names of those that take no calls. */
  readonly #away = new Set<string>()

  constructor(count: number, ports: Omit<HostPorts, 'link' | 'ledger'>) {
    this.#ports = ports
    const own = { ...ports, ledger: this.ledger }
    this.#hosts = CARD_HOSTS.slice(0, count).map(({ name: link }) => new SimHost({ ...own, link }))
  }

  get count(): number {
    return this.#hosts.length
  }

  /** Who takes a call at this port. */
  at(port: number): SimHost | undefined {
    const host = this.#hosts[CARD_HOSTS.findIndex((one) => one.port === port)]
    return host === undefined || this.#away.has(host.link) ? undefined : host
  }

  /** Connections are cut; the ledger stays. */
  cut(): void {
    for (const host of this.#struck()) host.cut()
  }

  signOff(): void {
    for (const host of this.#struck()) host.signOff()
  }

  goAway(ms: number): void {
    for (const host of this.#struck()) this.#goesAway(host, ms)
  }

  /** Nothing would be debited at the second one otherwise. */
  firstGoesAway(ms: number): void {
    const [first] = this.#hosts
    if (first !== undefined) this.#goesAway(first, ms)
  }

  switchRestored(): void {
    for (const host of this.#hosts) host.switchRestored()
  }

  heal(): void {
    this.#away.clear()
  }

  #goesAway(host: SimHost, ms: number): void {
    this.#away.add(host.link)
    host.cut()
    this.#ports.timers.after(ms, () => this.#away.delete(host.link))
  }

  #struck(): readonly SimHost[] {
    const random: Seeded = this.#ports.random
    if (this.count === 1 || random.chance(0.3)) return this.#hosts
    return [random.pick(this.#hosts)]
  }
}
