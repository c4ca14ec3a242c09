// Brings a backup back into a data directory whose switch is stopped. The copy is opened, its whole
// chain verified, its epoch raised, its number counters moved far ahead, and everything fenced that
// may have been sold since it was made. The database that was there is kept beside it.
//
// When is nothing fenced? Only if it is proven that the journal ended with the backup's own record:
// by the old database under its mark, if both can still be read, or by a mark that an orderly stop
// wrote (`final`). A mark of a running switch is not synced: after a power cut it may be old, and
// its equality proves nothing about what was sold last. Without proof all stock is fenced: the
// length of the journal tells of no vouchers. [nothing-lost, 9]

import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
} from 'node:fs'
import { join } from 'node:path'
import { sql, statement } from '../admin/statements.ts'
import { DATABASE_FILE } from '../checked-data.ts'
import { epochOf } from '../meta.ts'
import { openForReading, openForWriting } from '../open-database.ts'
import { type OutsideMark, readMark, writeMark } from '../outside-mark.ts'
import { lockDataDirectory } from '../owner-lock.ts'
import { freeBytes } from '../room.ts'
import { migrate } from '../schema/migrate.ts'
import { removeCheckpoint } from '../signed-checkpoint.ts'
import type { Statement } from '../store-record.ts'
import { syncDirectory } from '../sync-directory.ts'
import type { Kek } from '../vault/kek.ts'
import { KeyRing } from '../vault/vault.ts'
import { type ChainHead, GENESIS, readHead, verifyChain } from '../writer/chain.ts'
import { GroupCommit } from '../writer/group-commit.ts'
import { type BackupHeader, openPieces, readFront } from './backup-format.ts'
import { fenceStatements, putMeta } from './fence.ts'

export interface RestoreOrder {
  readonly directory: string
  readonly backup: string
  readonly kek: Kek
  readonly by: string
  readonly atMs: number
  readonly freeOf?: (directory: string) => number
}

export type RestoreResult =
  | {
      readonly kind: 'restored'
      readonly epoch: number
      readonly jseq: number
      /** Undefined: nothing was lost, and selling may start at once. */
      readonly gap: { readonly fromMs: number; readonly toMs: number } | undefined
      readonly vouchersFenced: number
      /** Where the database is that was there before. */
      readonly oldDatabase: string | undefined
    }
  | {
      readonly kind: 'problem'
      readonly code:
        | 'DATA_LOCKED'
        | 'NOT_FOUND'
        | 'NOT_READY'
        | 'BACKUP_INVALID'
        | 'KEK_WRONG'
        | 'SCHEMA_TOO_NEW'
      readonly message: string
    }

export async function restoreBackup(order: RestoreOrder): Promise<RestoreResult> {
  if (!existsSync(order.backup)) return problem('NOT_FOUND', `there is no ${order.backup}`)
  mkdirSync(order.directory, { recursive: true, mode: 0o700 })
  const lock = lockDataDirectory(order.directory)
  if (lock === undefined) {
    return problem('DATA_LOCKED', `another process owns ${order.directory}`)
  }
  const copy = join(order.directory, `${DATABASE_FILE}.restoring`)
  const clean = () => {
    for (const end of ['', '-wal', '-shm']) rmSync(copy + end, { force: true })
  }
  try {
    clean()
    return await restoreLocked(order, copy)
  } finally {
    clean()
    lock.release()
  }
}

async function restoreLocked(order: RestoreOrder, copy: string): Promise<RestoreResult> {
  const header = unseal(order, copy)
  if ('kind' in header) return header
  const schema = await migrate(copy)
  if (schema.kind === 'too-new') {
    return problem('SCHEMA_TOO_NEW', `unknown migrations: ${schema.unknown.join(', ')}`)
  }
  const mark = readMark(order.directory)
  const nothingLost = endedWith(order.directory, header, mark)
  const gap = nothingLost ? undefined : gapBetween(header.createdMs, order.atMs)
  const epoch = Math.max(header.epoch, mark?.epoch ?? 0) + 1
  const written = rewrite(copy, order, header, { epoch, gap })
  if ('kind' in written) return written
  removeCheckpoint(order.directory)
  const oldDatabase = exchange(order, copy)
  const { head, vouchersFenced } = written
  const hash = Buffer.from(head.hash).toString('hex')
  writeMark(order.directory, { epoch, jseq: head.jseq, hash, final: false })
  return { kind: 'restored', epoch, jseq: head.jseq, gap, vouchersFenced, oldDatabase }
}

/** The clock may have been set back in between. */
function gapBetween(createdMs: number, atMs: number): { fromMs: number; toMs: number } {
  return { fromMs: Math.min(createdMs, atMs), toMs: Math.max(createdMs, atMs) }
}

function unseal(order: RestoreOrder, copy: string): BackupHeader | Problem {
  const { backup, kek, directory } = order
  const from = openSync(backup, 'r')
  const to = openSync(copy, 'wx', 0o600)
  try {
    const read = readFront(from)
    if (read === undefined) return problem('BACKUP_INVALID', `${backup} is no backup`)
    const wrapped = Buffer.from(read.header.key, 'hex')
    const key = KeyRing.open(kek, [{ id: 0, purpose: 'backup', wrapped }])?.byId(0)
    if (key === undefined) {
      return problem('KEK_WRONG', `${backup} was made with another key-encryption key`)
    }
    const [needed, free] = [read.header.bytes, (order.freeOf ?? freeBytes)(directory)]
    if (free < needed) {
      return problem('NOT_READY', `${directory} has room for ${free} bytes; ${needed} are needed`)
    }
    if (!openPieces(key.key, read.front, from, to)) {
      return problem('BACKUP_INVALID', `${backup} is incomplete or was changed`)
    }
    fsyncSync(to)
    return read.header
  } finally {
    closeSync(from)
    closeSync(to)
  }
}

/**
 * STANs wrap at 999,999: far ahead, and by more than could be used for each second since the copy.
 * They go round within a day, and come with their second.
 */
const STAN_STEP = 200_000
const STANS_PER_SECOND = 1_000

/**
 * RRNs follow the clock. Beyond all that any life of this store used before now: those of a second
 * that used a thousand, of blocks that restarts left half used, and of whatever copy was restored
 * before. It must not hang on the copy: lives that began with different copies meet otherwise.
 */
const RRN_STEP = 1_000_000
/** The clock is behind the copy: how far it once was ahead nobody knows. */
const RRN_STEP_BACK = 40_000_000

function rewrite(
  copy: string,
  { by, atMs }: RestoreOrder,
  header: BackupHeader,
  { epoch, gap }: { epoch: number; gap: { fromMs: number; toMs: number } | undefined },
): { head: ChainHead; vouchersFenced: number } | Problem {
  const database = openForWriting(copy)
  try {
    const { why } = verifyChain(database, { after: GENESIS })
    const head = readHead(database)
    if (why !== undefined) return problem('BACKUP_INVALID', `its journal is broken: ${why}`)
    if (head.jseq !== header.jseq || head.hash.toString('hex') !== header.hash) {
      return problem('BACKUP_INVALID', 'its journal does not end where its header says')
    }
    const fence = gap === undefined ? [] : fenceStatements(database, gap)
    const statements = [putMeta('epoch', String(epoch)), ...counters(header, atMs), ...fence]
    const detail = { epoch, backupJseq: header.jseq, backupMs: header.createdMs, gap: gap ?? null }
    const result = new GroupCommit(database).write([
      { kind: 'admin', action: 'restore', by, detail, statements, atMs },
    ])
    if (result.kind === 'fatal') throw new Error(result.why)
    const [first] = result.results
    if (first?.kind !== 'written') throw new Error(`restore not written: ${first?.detail}`)
    const fenced = database.prepare('select coalesce(sum(fenced), 0) from lot').pluck().get()
    database.pragma('wal_checkpoint(TRUNCATE)')
    return { head: result.head, vouchersFenced: fenced as number }
  } finally {
    database.close()
  }
}

function counters({ createdMs }: BackupHeader, atMs: number): Statement[] {
  const sinceMs = Math.abs(atMs - createdMs)
  const stans = STAN_STEP + Math.ceil(sinceMs / 1_000) * STANS_PER_SECOND
  const now = atMs >= createdMs ? atMs + RRN_STEP : 0
  const ahead = (atMs >= createdMs ? RRN_STEP : RRN_STEP_BACK) + sinceMs
  // A copy that was made before the first sale has no counter, and the lost time had one.
  const rrn = sql('counter').insert({ name: 'rrn', high: 0 }).onConflict('name').ignore()
  const jump = sql.raw('case when high <= ? then ? else high + ? end', [now, now, ahead])
  return [
    statement(rrn),
    statement(sql('counter').where('name', 'rrn').update({ high: jump })),
    statement(
      sql('counter')
        .whereLike('name', 'stan%')
        .update({ high: sql.raw('high + ?', [stans]) }),
    ),
  ]
}

function endedWith(
  directory: string,
  header: BackupHeader,
  mark: OutsideMark | undefined,
): boolean {
  // A database without its mark may itself be an old copy.
  if (mark === undefined || mark.epoch !== header.epoch || mark.jseq > header.jseq) return false
  if (mark.final && mark.jseq === header.jseq && mark.hash === header.hash) return true
  const old = oldHead(join(directory, DATABASE_FILE))
  return old?.jseq === header.jseq && old.hash === header.hash && old.epoch === header.epoch
}

function oldHead(file: string): { epoch: number; jseq: number; hash: string } | undefined {
  if (!existsSync(file)) return undefined
  try {
    const database = openForReading(file)
    try {
      const { jseq, hash } = readHead(database)
      return { epoch: epochOf(database), jseq, hash: Buffer.from(hash).toString('hex') }
    } finally {
      database.close()
    }
  } catch {
    return undefined
  }
}

/**
 * The old files go aside under one name, so that they still belong together. The database before
 * its log: cut off in between it is missing. Without its log it would be an old copy, and under a
 * mark that a power cut made as old it would pass for all that was sold.
 */
function exchange({ directory, atMs }: RestoreOrder, copy: string): string | undefined {
  const file = join(directory, DATABASE_FILE)
  const begun = leftAside(directory)
  const aside = begun ?? `${file}.before-restore-${atMs}`
  const hadOne = begun !== undefined || existsSync(file)
  for (const end of ['', '-wal', '-shm']) {
    if (existsSync(file + end)) renameSync(file + end, aside + end)
  }
  syncDirectory(directory)
  renameSync(copy, file)
  syncDirectory(directory)
  return hadOne ? aside : undefined
}

/** Where a restore that was cut off left the database of the log that is still here. */
function leftAside(directory: string): string | undefined {
  const file = join(directory, DATABASE_FILE)
  if (existsSync(file) || !existsSync(`${file}-wal`)) return undefined
  const before = `${DATABASE_FILE}.before-restore-`
  const newest = readdirSync(directory)
    .filter((name) => name.startsWith(before) && /^\d+$/.test(name.slice(before.length)))
    .filter((name) => !existsSync(join(directory, `${name}-wal`)))
    .sort((a, b) => Number(b.slice(before.length)) - Number(a.slice(before.length)))[0]
  return newest === undefined ? undefined : join(directory, newest)
}

type Problem = Extract<RestoreResult, { kind: 'problem' }>

function problem(code: Problem['code'], message: string): Problem {
  return { kind: 'problem', code, message }
}
