// A reversal queue between a scripted card host and a store that is a map: for tests that decide
// what is answered, when, and what is written.

import type { MerchantId, Rrn, Stan, TerminalId } from '../../../protocol/values/identifiers.ts'
import type { Rial } from '../../../protocol/values/rial.ts'
import type { CardHost, ReversalReply } from '../../../switch/core/card-host.ts'
import type { Approval, OpenReversal, SaleReader } from '../../../switch/core/journal.ts'
import type { Notice } from '../../../switch/core/notice.ts'
import type { ReversalSettings } from '../../../switch/core/reversal-ports.ts'
import { ReversalQueue } from '../../../switch/core/reversal-queue.ts'
import { isEnded } from '../../../switch/core/reversal-verdict.ts'
import { VirtualTime } from '../../simulation/virtual-time.ts'
import { FakeJournal } from './fake-journal.ts'

export const APPROVAL: Approval = { authCode: '004711', hostDate: undefined }
const TID = '10000001' as TerminalId

export const SETTINGS: ReversalSettings = {
  window: 2,
  writingMost: 512,
  firstDelayMs: 1_000,
  mostDelayMs: 8_000,
  suspenseDelayMs: 300_000,
  cardHostTimeoutMs: 25_000,
  inMemory: 100,
  accepted: ['00'],
  lateApproval: () => 'repeat',
}

export interface Sent {
  readonly id: number
  readonly repeat: boolean
  readonly atMs: number
  readonly reversal: OpenReversal
  answer(reply: ReversalReply | string): void
}

/** What the store knows of a reversal. */
export function reversalOf(id: number, change: Partial<OpenReversal> = {}): OpenReversal {
  const stan = String(id).padStart(6, '0') as Stan
  return {
    id,
    status: 'pending',
    trace: { stan: String(900_000 + id) as Stan, transmission: '0722080000' },
    approval: undefined,
    wasReopened: false,
    tries: 0,
    host: { link: 'bank', stan, transmission: '0722075959' },
    amount: 50_000 as Rial,
    time: '113000',
    day: 20260722,
    rrn: '620300000001' as Rrn,
    tid: TID,
    mid: '000000000100001' as MerchantId,
    sealedCard: new Uint8Array(),
    ...change,
  }
}

export class QueueRig {
  readonly time = new VirtualTime()
  readonly journal = new FakeJournal()
  readonly store = new Map<number, OpenReversal>()
  readonly sent: Sent[] = []
  readonly forgotten: string[] = []
  /** How often a page of open ones was read from the store. */
  pagesRead = 0
  readonly notices: Notice[] = []
  readonly queue: ReversalQueue
  #fresh = 0

  constructor(settings: Partial<ReversalSettings> = {}) {
    const { time: clock, journal } = this
    const notice = (told: Notice) => this.notices.push(told)
    const ports = { cardHost: this.#host(), journal, reader: this.#reader(), clock, notice }
    this.queue = new ReversalQueue(ports, { ...SETTINGS, ...settings })
  }

  /** A reversal that is in the store from now on, and in the queue. */
  open(id: number, change: Partial<OpenReversal> = {}): void {
    this.store.set(id, reversalOf(id, change))
    this.queue.open(id)
  }

  /** The newest message, answered; what follows from it is carried out. */
  async answer(reply: ReversalReply | string): Promise<void> {
    this.sent.at(-1)?.answer(reply)
    await this.time.settle()
  }

  late(id: number): Promise<boolean> {
    return this.queue.lateApproval(reversalOf(id).host, TID, APPROVAL)
  }

  /** The newest record of each reversal, as `status` and `responseCode`. */
  written(id: number): string[] {
    return this.journal
      .of('reversal')
      .filter((record) => record.id === id)
      .map(({ status, responseCode }) => `${status} ${responseCode ?? '-'}`)
  }

  /** An administrator ends it by hand. */
  resolved(id: number): void {
    const stored = this.store.get(id)
    if (stored !== undefined) this.store.set(id, { ...stored, status: 'closed' })
    this.queue.resolved(id)
  }

  #host(): CardHost {
    return {
      prepare: () => undefined,
      debit: () => Promise.reject(new Error('nothing is debited here')),
      reverse: (reversal, repeat) =>
        new Promise((resolve) => {
          const answer = (reply: ReversalReply | string) => {
            const code = typeof reply === 'string' ? reply : ''
            resolve(typeof reply === 'string' ? { kind: 'answered', responseCode: code } : reply)
          }
          const atMs = this.time.monotonicMs()
          this.sent.push({ id: reversal.id, repeat, atMs, reversal, answer })
        }),
      reversalTrace: () => {
        this.#fresh++
        return { stan: String(700_000 + this.#fresh) as Stan, transmission: '0722090000' }
      },
      forget: (trace) => this.forgotten.push(trace.stan),
      ready: () => true,
    }
  }

  #reader(): SaleReader {
    const open = () => [...this.store.values()].filter(({ status }) => !isEnded(status))
    const nothing = () => undefined
    return {
      ...{ find: nothing, byId: nothing, dayEnd: nothing, newestSold: () => [] },
      ...{ hasClaim: () => false, sentAbout: nothing },
      refundTally: () => ({ count: 0, amount: 0 }),
      dayUse: nothing,
      ...{ identitiesAfter: () => [], firstDay: nothing },
      openReversal: (id) => this.store.get(id),
      openReversals: (afterId, most) => {
        this.pagesRead++
        const after = open().filter(({ id }) => id > afterId)
        return after.sort((a, b) => a.id - b.id).slice(0, most)
      },
      reversalByHost: (host, tid) =>
        [...this.store.values()].find((reversal) => {
          const same = reversal.host.stan === host.stan && reversal.tid === tid
          return same && reversal.host.link === host.link
        }),
    }
  }
}
