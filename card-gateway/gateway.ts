// The card gateway: the core's port to the card hosts. Debits go to the first host, in the order of
// the configuration, that has a connection signed on; reversals to the host that was debited.
// Decides nothing about sales, and never rejects. [wire-protocol 4]

import type { CardHost, Debit, DebitResult, ReversalReply } from '../switch/core/card-host.ts'
import type { StanSource } from '../switch/core/counters.ts'
import type { OpenReversal, ReversalTrace } from '../switch/core/journal.ts'
import type { KeyOwner } from '../switch/core/key-store.ts'
import type { HostTrace } from '../switch/core/sale-record.ts'
import type { GatewayPorts } from './gateway-ports.ts'
import { type CardHostStatus, LinkedHost, notSent } from './linked-host.ts'
import type { CardHostSettings } from './settings.ts'

export interface CardGatewayOptions extends GatewayPorts {
  readonly hosts: readonly { readonly settings: CardHostSettings; readonly stans: StanSource }[]
}

export class CardGateway implements CardHost {
  readonly #ports: GatewayPorts
  readonly #hosts = new Map<string, LinkedHost>()

  constructor(options: CardGatewayOptions) {
    this.#ports = options
    for (const { settings, stans } of options.hosts) {
      this.#hosts.set(settings.name, new LinkedHost(settings, stans, options))
    }
  }

  /** Begins to dial. Traces may be reopened and made before. */
  start(): void {
    for (const host of this.#hosts.values()) host.start()
  }

  /** Signs off and closes. What still waits for an answer becomes unknown. */
  async stop(): Promise<void> {
    await Promise.all([...this.#hosts.values()].map((host) => host.stop()))
  }

  prepare(): HostTrace | undefined {
    for (const host of this.#hosts.values()) {
      const trace = host.prepare()
      if (trace !== undefined) return trace
    }
    return undefined
  }

  debit(debit: Debit): Promise<DebitResult> {
    const host = this.#hosts.get(debit.trace.link)
    return host?.debit(debit) ?? Promise.resolve(notSent('no such card host'))
  }

  async reverse(reversal: OpenReversal, repeat: boolean): Promise<ReversalReply> {
    const host = this.#hosts.get(reversal.host.link)
    if (host !== undefined) {
      const reply = await host.reverse(reversal, repeat)
      this.#ports.count('reversals', reply.kind)
      return reply
    }
    const detail = reversal.host.link
    const what = 'reversal for a card host that is not configured'
    this.#ports.notice({ level: 'alarm', what, saleId: reversal.id, detail })
    return { kind: 'not-sent' }
  }

  reversalTrace(trace: HostTrace): ReversalTrace | undefined {
    const host = this.#hosts.get(trace.link)
    if (host !== undefined) return host.reversalTrace(trace)
    const what = 'reversal for a card host that is not configured'
    this.#ports.notice({ level: 'alarm', what, detail: trace.link })
    return undefined
  }

  /** At a start: this sale, or its reversal, is still open, and its STANs are taken. */
  reopen(trace: HostTrace, reversal?: ReversalTrace): void {
    this.#hosts.get(trace.link)?.reopen(trace, reversal)
  }

  forget(trace: HostTrace): void {
    this.#hosts.get(trace.link)?.forget(trace)
  }

  /** An administrator has loaded or removed keys of a link. */
  keysChanged(owner: KeyOwner): void {
    for (const host of this.#hosts.values()) host.keysChanged(owner)
  }

  ready(link: string): boolean {
    return this.#hosts.get(link)?.ready ?? false
  }

  status(): CardHostStatus[] {
    return [...this.#hosts.values()].map((host) => host.status)
  }
}
