// The core's card host port in a small world: a request becomes a message on its way, and its
// answer is a message that the world delivers, or a deadline that the world lets pass.

import type { CardHost, Debit, DebitResult, ReversalReply } from '../../switch/core/card-host.ts'
import type { OpenReversal } from '../../switch/core/journal.ts'
import type { HostTrace } from '../../switch/core/sale-record.ts'
import { hostTrace } from './messages.ts'
import type { Scene } from './scene.ts'
import { BACK_OFF_MS, HOST_TIMEOUT_MS } from './settings.ts'

interface HostPorts {
  /** A timer that belongs to a sale. */
  readonly after: (sale: number, ms: number, run: () => void) => () => void
  /** Of the journal's id. */
  readonly saleOf: (id: number) => number
}

export class ExploredHost implements CardHost {
  readonly debits = new Map<string, (result: DebitResult) => void>()
  /** Under way by sale, with what was sent. */
  readonly reversals = new Map<number, { sent: string; resolve: (reply: ReversalReply) => void }>()
  /** What was last sent for each reversal and what came of it: the queue remembers as much. */
  readonly memory = new Map<number, string>()
  /** How far its back-off has grown. */
  readonly backOff = new Map<number, number>()
  readonly #scene: Scene
  readonly #ports: HostPorts

  constructor(scene: Scene, ports: HostPorts) {
    this.#scene = scene
    this.#ports = ports
  }

  prepare(): HostTrace {
    return hostTrace(this.#stan())
  }

  reversalTrace(): { stan: HostTrace['stan']; transmission: string } {
    const { stan, transmission } = hostTrace(this.#stan())
    return { stan, transmission }
  }

  debit({ request, trace }: Debit): Promise<DebitResult> {
    const sale = Number(request.identity.stan)
    this.#scene.judge.askedHost(trace.stan, sale)
    this.#scene.net.push({ to: 'card host', mti: '0200', sale, trace: trace.stan })
    return new Promise((resolve) => {
      const silent = (): void => {
        this.debits.delete(trace.stan)
        resolve({ kind: 'unknown', why: 'silence', approval: undefined })
      }
      const cancel = this.#ports.after(sale, HOST_TIMEOUT_MS, silent)
      this.debits.set(trace.stan, (result) => {
        cancel()
        this.debits.delete(trace.stan)
        resolve(result)
      })
    })
  }

  /** False: nobody waits for it any more. */
  debitAnswered(trace: string, code: string): boolean {
    const resolve = this.debits.get(trace)
    if (resolve === undefined) return false
    if (code === '00') resolve({ kind: 'approved', approval: APPROVAL })
    else resolve({ kind: 'declined', responseCode: code })
    return true
  }

  reverse(reversal: OpenReversal, repeat: boolean): Promise<ReversalReply> {
    const sale = this.#ports.saleOf(reversal.id)
    const mti = repeat ? '0421' : '0420'
    this.#scene.net.push({ to: 'card host', mti, sale, trace: reversal.host.stan })
    const { status, approval, wasReopened, tries } = reversal
    const sent = `${mti} ${status} ${approval !== undefined} ${wasReopened} ${tries > 0}`
    this.memory.set(sale, sent)
    return new Promise((resolve) => {
      const cancel = this.#ports.after(sale, HOST_TIMEOUT_MS, () => {
        this.reversals.delete(sale)
        this.memory.set(sale, `${sent} silent`)
        resolve({ kind: 'silent' })
      })
      this.reversals.set(sale, {
        sent,
        resolve: (reply) => {
          cancel()
          this.reversals.delete(sale)
          resolve(reply)
        },
      })
    })
  }

  reversalAnswered(sale: number, code: string): void {
    const waiting = this.reversals.get(sale)
    if (waiting === undefined) return
    this.memory.set(sale, `${waiting.sent} ${code}`)
    waiting.resolve({ kind: 'answered', responseCode: code })
  }

  /** Something happened to a reversal between two of its messages. */
  note(sale: number, what: string): void {
    this.memory.set(sale, `${this.memory.get(sale) ?? ''} ${what}`)
  }

  delayed(sale: number, ms: number): void {
    const level = BACK_OFF_MS.indexOf(ms)
    if (level >= 0) this.backOff.set(sale, level)
  }

  /** The reversal has ended: the queue keeps nothing of it. */
  forget(trace: HostTrace): void {
    for (const { key, host } of this.#scene.store.saleRows()) {
      if (host?.stan !== trace.stan) continue
      this.memory.delete(Number(key.stan))
      this.backOff.delete(Number(key.stan))
    }
  }

  ready(): boolean {
    return true
  }

  #stan(): string {
    this.#scene.lastStan++
    return String(this.#scene.lastStan).padStart(6, '0')
  }
}

const APPROVAL = { authCode: '004711', hostDate: undefined }
