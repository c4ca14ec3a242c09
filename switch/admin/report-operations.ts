// Reports, reconciliation, verification and backup: long reads on report threads. Of those only
// settling a reconciliation writes, in chunks, through the same journal as every sale. And what a
// person says who knows better: of a fence, and of the clock.

import { existsSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import type { Actor } from '../../admin-api/actor.ts'
import { EvsError } from '../../admin-api/errors.ts'
import type { AdminOperations } from '../../admin-api/operations.ts'
import type { Fence, JournalCheck, ReportRequest } from '../../admin-api/schemas.ts'
import { addDays, tehranTime } from '../../protocol/values/moment.ts'
import { writeChange } from '../../voucher-store/admin/admin-write.ts'
import { reopenReversals } from '../../voucher-store/admin/reopening.ts'
import { settle } from '../../voucher-store/admin/settlement.ts'
import { dayNumber, isoMoment } from '../../voucher-store/admin/shown.ts'
import {
  type BackupFacts,
  backupKey,
  copyOf,
  partOf,
  removeCopy,
  removePart,
} from '../../voucher-store/backup/backup-file.ts'
import { acceptFence, type Gap, readGaps } from '../../voucher-store/backup/fence.ts'
import { removeScratch, scratchOf } from '../../voucher-store/reports/rebuild.ts'
import { believed } from '../watched-clock.ts'
import { mustFind, mustFinish, mustWrite } from './operation-errors.ts'
import type { OperationTools } from './operation-ports.ts'
import { RoomForCopies } from './room-for-copies.ts'

type ReportOperations = Pick<
  AdminOperations,
  | 'report'
  | 'reconcile'
  | 'verifyJournal'
  | 'audit'
  | 'backup'
  | 'fences'
  | 'acceptFence'
  | 'believeClock'
>

const HOUR_MS = 3_600_000
/** Verifying and copying grow with the store; this only ends what hangs. */
const LONG_MS = 4 * HOUR_MS
const BACKUP_TRIES = 3
const DAYS_UNASKED = 7

export function reportOperations(tools: OperationTools): ReportOperations {
  const { store, threads, config, wallMs } = tools
  const long = { limitMs: LONG_MS }
  const backups = new Turn('another backup is being made')
  const checks = new Turn('the journal is being verified already')
  const room = new RoomForCopies(tools)
  return {
    report: async (request) => {
      const period = periodOf(request, wallMs())
      const { reportMs: limitMs } = config.timeouts
      const job = { kind: 'table', report: request.report, period } as const
      return mustFinish(await threads.run(job, { limitMs }))
    },
    reconcile: async (actor, { cardHost, from, to, settle: settles }, ledger) => {
      const first = from === undefined ? undefined : dayNumber(from)
      const last = to === undefined ? undefined : dayNumber(to)
      if (first !== undefined && last !== undefined) inOrder(first, last)
      const endedBeforeMs = wallMs() - config.limits.reversalAgeHours * HOUR_MS
      const question = { cardHost, from: first, to: last, endedBeforeMs }
      const result = mustFinish(
        await threads.run({ kind: 'reconcile', question }, { ...long, feed: ledger }),
      )
      if ('problems' in result) throw unusable(result.problems)
      const { settleable, ...found } = result
      if (!settles) return { ...found, settled: 0, reopened: 0 }
      const settled = await settle(store, settleable, tools.by(actor))
      const reopened = await reopenReversals(store, found.differences, wallMs())
      for (const sale of reopened) tools.runtime?.reversals.retry(sale)
      const detail = { settled, reopened: reopened.length }
      const change = { action: 'reconcile settle', detail, statements: [] }
      mustWrite(await writeChange(store.journal, { ...change, ...tools.by(actor) }), 'the note')
      return { ...found, settled, reopened: reopened.length }
    },
    verifyJournal: () => checks.run(() => verified(tools, room)),
    audit: async () => mustFinish(await threads.run({ kind: 'audit' }, long)),
    fences: async () => readGaps(store.database).map(shownFence).reverse(),
    acceptFence: async (actor) => {
      const result = await acceptFence(store, tools.by(actor))
      if (result === undefined) {
        throw new EvsError('NOT_FOUND', { message: 'nothing waits to be accepted' })
      }
      mustWrite(result, 'the fence')
      tools.runtime?.fenceAccepted()
      return mustFind(readGaps(store.database).map(shownFence).at(-1), 'the fence')
    },
    believeClock: async (actor) => {
      const by = tools.by(actor)
      const change = { action: 'clock believed', detail: {}, statements: believed(by.atMs) }
      mustWrite(await writeChange(store.journal, { ...change, ...by }), 'the note')
      tools.runtime?.clockBelieved()
      return { believedAt: isoMoment(by.atMs) }
    },
    backup: (actor, file) => backups.run(() => backup(tools, room, actor, resolve(file))),
  }
}

/** One at a time: the database in between has one name, and whoever begins removes it. */
class Turn {
  readonly #message: string
  #taken = false

  constructor(message: string) {
    this.#message = message
  }

  async run<Result>(work: () => Promise<Result>): Promise<Result> {
    if (this.#taken) {
      const hint = 'try again when it has ended'
      throw new EvsError('CONFLICT', { message: this.#message, hint })
    }
    this.#taken = true
    try {
      return await work()
    } finally {
      this.#taken = false
    }
  }
}

/** Without room for the scratch copy everything is looked at that needs none. */
async function verified(
  { threads, clock, store }: OperationTools,
  room: RoomForCopies,
): Promise<JournalCheck> {
  const startedMs = clock.monotonicMs()
  const clear = () => removeScratch(store.file)
  const copies = [scratchOf(store.file)]
  const missing = room.lack(copies)
  const lack = missing === undefined ? undefined : `no room to rebuild the rows: ${missing}`
  const job = { kind: 'verify', lack } as const
  const run = () => threads.run(job, { limitMs: LONG_MS, clear })
  const verdict = mustFinish(await (lack === undefined ? room.keep(copies, run) : run()))
  const notComparable = verdict.notComparable ?? null
  return { ...verdict, notComparable, seconds: (clock.monotonicMs() - startedMs) / 1_000 }
}

async function backup(
  tools: OperationTools,
  room: RoomForCopies,
  actor: Actor,
  target: string,
): Promise<BackupFacts> {
  if (!existsSync(dirname(target))) {
    throw new EvsError('NOT_FOUND', { message: `there is no folder ${dirname(target)}` })
  }
  if (existsSync(target)) throw there(target)
  // The copy in between, and the sealed one.
  const copies = [copyOf(tools.store.file), partOf(target)]
  const lack = room.lack(copies)
  if (lack !== undefined) {
    const hint = 'make room, or take another disk; what is left is for sales and reversals'
    throw new EvsError('NOT_READY', { message: lack, hint })
  }
  return room.keep(copies, async () => {
    // Written first, so that a backup of a store at rest holds the newest record of all.
    const change = { action: 'backup', detail: { file: target }, statements: [] }
    const written = await writeChange(tools.store.journal, { ...change, ...tools.by(actor) })
    mustWrite(written, 'the backup')
    return writtenBackup(tools, target)
  })
}

/** Again when the key-encryption key was rotated while the copy was being made. */
async function writtenBackup(tools: OperationTools, target: string): Promise<BackupFacts> {
  for (let tries = 0; tries < BACKUP_TRIES; tries++) {
    const { kek, database, file } = tools.store
    const key = backupKey(kek, database)
    if (key === undefined) break
    const job = { kind: 'backup', target, key, createdMs: tools.wallMs() } as const
    const clear = () => {
      removeCopy(file)
      removePart(target)
    }
    const made = mustFinish(await tools.threads.run(job, { limitMs: LONG_MS, clear }))
    if ('exists' in made) throw there(target)
    if (!('otherKek' in made)) return made
  }
  throw new EvsError('KEK_WRONG', { message: 'the copy holds keys that do not open' })
}

function shownFence(gap: Gap): Fence {
  const { fromMs, toMs, acceptedBy } = gap
  return { from: isoMoment(fromMs), to: isoMoment(toMs), acceptedBy }
}

function periodOf({ from, to }: ReportRequest, nowMs: number): { from: number; to: number } {
  const last = to === undefined ? tehranTime(nowMs).day : dayNumber(to)
  const first = from === undefined ? addDays(last, 1 - DAYS_UNASKED) : dayNumber(from)
  inOrder(first, last)
  return { from: first, to: last }
}

function inOrder(first: number, last: number): void {
  if (first > last) throw new EvsError('USAGE', { message: 'the period ends before it begins' })
}

function unusable(problems: readonly { line: number; message: string }[]): EvsError {
  const [first] = problems
  const where = `line ${first?.line}: ${first?.message}`
  return new EvsError('USAGE', {
    message: `the ledger has lines that cannot be used, the first is ${where}`,
    hint: 'docs/ledger-format.md says what a line needs',
    details: { problems },
  })
}

function there(target: string): EvsError {
  return new EvsError('ALREADY_EXISTS', { message: `${target} exists already` })
}
