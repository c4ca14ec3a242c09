// The journal's port in front of the writer thread. Records of one turn of the event loop, and all
// that arrive while a group is being committed, form the next group: one message, one fsync.
//
// A commit costs the same whatever is in it. So a record that comes soon after one waits a moment
// for others, unless there are enough already; what comes after a pause is written at once. That a
// reversal is closed is nobody's news: such records wait a little longer, until there are many or
// until any other record takes them along. A large record, as an import makes them, is a group of
// its own, and others go before it in turn: a sale never waits for more than one.

import type { Worker } from 'node:worker_threads'
import type { Clock } from '../../switch/core/clock.ts'
import type { Journal, WriteResult } from '../../switch/core/journal.ts'
import type { DatabaseFacts } from '../open-database.ts'
import type { StoreRecord } from '../store-record.ts'
import type { ChainHead } from './chain.ts'
import type { GroupResult } from './group-commit.ts'
import { startWorker } from './start-worker.ts'

export type ToWriter =
  | { readonly kind: 'group'; readonly records: readonly StoreRecord[] }
  | { readonly kind: 'close' }

export type FromWriter =
  | { readonly kind: 'ready'; readonly facts: DatabaseFacts }
  | { readonly kind: 'group'; readonly result: GroupResult }
  /** The log could not be moved into the database, and is tried again after the next group. */
  | { readonly kind: 'no-room'; readonly detail: string }
  | { readonly kind: 'closed' }

/** Who decides what is still written to a full disk. */
export interface DiskWatch {
  readonly full: boolean
  noRoom(detail: string): void
}

/** So many share what a commit costs well enough. */
const ENOUGH_RECORDS = 64
/** Of records that nobody waits for, which may wait so much longer. */
const ENOUGH_UNHURRIED = 256
const UNHURRIED_MS = 20
/** Values of a record that takes milliseconds to write. */
const LARGE_VALUES = 200
/** Sales are going on when a record of theirs came so short a time ago. */
const BUSY_MS = 250

const DISK_FULL: WriteResult = {
  ...{ kind: 'rolled-back', reason: 'full', detail: 'the disk is full' },
}

interface Waiting {
  readonly record: StoreRecord
  readonly resolve: (result: WriteResult) => void
}

export interface Gathering {
  readonly ms: number
  readonly clock: Clock
}

export interface JournalClientOptions {
  readonly file: string
  readonly groupMost: number
  readonly queueMost: number
  /** After a commit, how long a record waits for others; left out: it does not wait. */
  readonly gathering?: Gathering | undefined
  /** The store's state cannot be told any more: the process must end without answering. */
  readonly onFatal: (why: string) => void
  readonly onCommitted: (head: ChainHead, records: number) => void
}

export class JournalClient implements Journal {
  readonly #options: JournalClientOptions
  readonly #enough: number
  readonly #enoughUnhurried: number
  readonly #worker: Worker
  #waiting: Waiting[] = []
  #large: Waiting[] = []
  #wasLarge = false
  /** Somebody waits for one of the small records. */
  #isHurried = false
  #smallMs = Number.NEGATIVE_INFINITY
  #group: Waiting[] = []
  #scheduled = false
  #gatherNoMore: (() => void) | undefined
  #committedMs = Number.NEGATIVE_INFINITY
  #dead = false
  #watch: DiskWatch | undefined
  #noRoom: string | undefined
  #drained: (() => void)[] = []

  static open(
    options: JournalClientOptions,
  ): Promise<{ journal: JournalClient; facts: DatabaseFacts }> {
    const module = new URL(
      import.meta.url.endsWith('.ts') ? './writer-thread.ts' : './writer-thread.js',
      import.meta.url,
    )
    const worker = startWorker(module, { file: options.file })
    return new Promise((resolve, reject) => {
      const failed = (error: unknown) => {
        reject(new Error(`the writer did not start: ${reasonOf(error)}`))
      }
      worker.once('error', failed)
      worker.once('message', (message: FromWriter) => {
        if (message.kind !== 'ready') return failed(message.kind)
        worker.off('error', failed)
        resolve({ journal: new JournalClient(worker, options), facts: message.facts })
      })
    })
  }

  private constructor(worker: Worker, options: JournalClientOptions) {
    this.#options = options
    this.#enough = Math.min(ENOUGH_RECORDS, options.groupMost)
    this.#enoughUnhurried = Math.min(ENOUGH_UNHURRIED, options.groupMost)
    this.#worker = worker
    worker.on('message', (message: FromWriter) => this.#hear(message))
    worker.on('error', (error) => this.#die(`the writer failed: ${reasonOf(error)}`))
    worker.on('exit', () => this.#die('the writer ended'))
  }

  /** Records waiting for a commit. */
  get depth(): number {
    return this.#waiting.length + this.#large.length + this.#group.length
  }

  write(record: StoreRecord): Promise<WriteResult> {
    return new Promise((resolve) => {
      if (this.#dead) return
      if (this.#waiting.length + this.#large.length >= this.#options.queueMost) {
        return resolve({ kind: 'rolled-back', reason: 'busy', detail: 'the journal queue is full' })
      }
      const large = isLarge(record)
      // What has to end, above all reversals, needs the room that is left.
      if (large && this.#watch?.full === true) return resolve(DISK_FULL)
      if (large) this.#large.push({ record, resolve })
      else {
        this.#waiting.push({ record, resolve })
        this.#smallMs = this.#nowMs()
        if (!this.#isHurried && !isUnhurried(record)) this.#hurry()
      }
      this.#schedule()
    })
  }

  /** Who comes late is told of what there was no room for before. */
  watchDisk(watch: DiskWatch): void {
    this.#watch = watch
    if (this.#noRoom !== undefined) watch.noRoom(this.#noRoom)
  }

  /** Others than large records are being written: whoever writes those had better split them. */
  get isBusy(): boolean {
    return this.#nowMs() - this.#smallMs < BUSY_MS
  }

  /** Resolves when everything handed over before is committed. */
  drained(): Promise<void> {
    if (this.depth === 0) return Promise.resolve()
    return new Promise((resolve) => this.#drained.push(resolve))
  }

  async close(): Promise<void> {
    await this.drained()
    this.#dead = true
    await new Promise<void>((resolve) => {
      this.#worker.once('exit', (code) => {
        // Its last checkpoint failed: the log holds everything, and the next start goes on with it.
        if (code !== 0) this.#options.onFatal('the writer failed while it closed')
        resolve()
      })
      this.#worker.postMessage({ kind: 'close' } satisfies ToWriter)
    })
  }

  #schedule(): void {
    if (this.#group.length > 0) return
    if (this.#isEnough) return this.#sendSoon()
    if (this.#gatherNoMore !== undefined) return
    const { gathering } = this.#options
    if (gathering === undefined) return this.#sendSoon()
    const isFirst = this.#nowMs() - this.#committedMs >= gathering.ms
    if (isFirst && this.#isHurried) return this.#sendSoon()
    const gatherMs = this.#isHurried ? gathering.ms : UNHURRIED_MS
    this.#gatherNoMore = gathering.clock.after(gatherMs, () => this.#sendGroup())
  }

  /** Whatever the others wait for, it is too long. */
  #hurry(): void {
    this.#isHurried = true
    this.#gatherNoMore?.()
    this.#gatherNoMore = undefined
  }

  get #isEnough(): boolean {
    const enough = this.#isHurried ? this.#enough : this.#enoughUnhurried
    return this.#large.length > 0 || this.#waiting.length >= enough
  }

  /** Always 0 where nothing waits for others. */
  #nowMs(): number {
    return this.#options.gathering?.clock.monotonicMs() ?? 0
  }

  /** After the I/O of this turn, so that frames which arrived together are committed together. */
  #sendSoon(): void {
    if (this.#scheduled) return
    this.#scheduled = true
    setImmediate(() => {
      this.#scheduled = false
      this.#sendGroup()
    })
  }

  #sendGroup(): void {
    this.#gatherNoMore?.()
    this.#gatherNoMore = undefined
    if (this.#group.length > 0) return
    this.#group = this.#nextGroup()
    if (this.#group.length === 0) return
    const records = this.#group.map((waiting) => waiting.record)
    this.#worker.postMessage({ kind: 'group', records } satisfies ToWriter)
  }

  #nextGroup(): Waiting[] {
    this.#wasLarge = this.#large.length > 0 && (this.#waiting.length === 0 || !this.#wasLarge)
    if (this.#wasLarge) return this.#large.splice(0, 1)
    const group = this.#waiting.splice(0, this.#options.groupMost)
    this.#isHurried = this.#waiting.some(({ record }) => !isUnhurried(record))
    return group
  }

  #hear(message: FromWriter): void {
    if (message.kind === 'no-room') {
      this.#noRoom = message.detail
      this.#watch?.noRoom(message.detail)
    }
    if (message.kind !== 'group') return
    const { result } = message
    if (result.kind === 'fatal') return this.#die(result.why)
    const group = this.#group
    this.#group = []
    this.#committedMs = this.#nowMs()
    if (this.#isEnough) this.#sendGroup()
    else if (this.#waiting.length > 0) this.#schedule()
    this.#options.onCommitted(result.head, group.length)
    for (const [index, waiting] of group.entries()) {
      waiting.resolve(result.results[index] as WriteResult)
    }
    if (this.depth === 0) {
      for (const resolve of this.#drained.splice(0)) resolve()
    }
  }

  #die(why: string): void {
    if (this.#dead) return
    this.#dead = true
    this.#options.onFatal(why)
  }
}

/** One that says where it starts from is a person's, or a ledger's, who waits for it. */
function isUnhurried(record: StoreRecord): boolean {
  return record.kind === 'reversal' && record.status === 'closed' && record.from === undefined
}

export function isLarge(record: StoreRecord): boolean {
  if (record.kind !== 'admin') return false
  if (record.isLarge === true) return true
  let values = 0
  for (const { bindings } of record.statements) values += bindings.length
  return values >= LARGE_VALUES
}

/** An error that crossed from another thread may have lost its class, and its message with it. */
function reasonOf(error: unknown): string {
  if (error instanceof Error) return error.message
  const { code, message } = (error ?? {}) as { code?: unknown; message?: unknown }
  return String(message ?? code ?? error)
}
