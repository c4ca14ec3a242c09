// Damage, drawn from a seed: to the bytes of the database and of its log, to rows, to the mark, the
// key file and a backup, and older copies put back. Each says in words what it did.

import {
  closeSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import type Database from 'better-sqlite3'
import { readMark, writeMark } from '../../voucher-store/outside-mark.ts'
import { Sqlite } from '../../voucher-store/sqlite.ts'
import type { Seeded } from '../simulation/seeded.ts'
import { DATABASE, goBack, LOG, MARK, type State } from './images.ts'

export interface Victim {
  readonly folder: string
  /** What there was after each commit in the log. */
  readonly states: readonly State[]
}

export type MutationKind = (typeof KINDS)[number]
export const KINDS = [
  'bit in the database',
  'sector of the database',
  'tail of the database',
  'bit in the log',
  'tail of the log',
  'swapped values',
  'changed value',
  'deleted row',
  'lost guard',
  'older copy',
  'mark',
  'key file',
] as const

const SECTOR = 512

/** What was done; undefined when there was nothing to do it to. */
export function mutate(kind: MutationKind, victim: Victim, random: Seeded): string | undefined {
  const file = (name: string) => join(victim.folder, name)
  switch (kind) {
    case 'bit in the database':
      return flipBit(file(DATABASE), random)
    case 'bit in the log':
      return flipBit(file(LOG), random)
    case 'sector of the database':
      return garbleSector(file(DATABASE), random)
    case 'tail of the database':
      return cutTail(file(DATABASE), random)
    case 'tail of the log':
      return cutTail(file(LOG), random)
    case 'swapped values':
      return inRows(file(DATABASE), (database) => swapValues(database, random))
    case 'changed value':
      return inRows(file(DATABASE), (database) => changeValue(database, random))
    case 'deleted row':
      return inRows(file(DATABASE), (database) => deleteRow(database, random))
    case 'lost guard':
      return inRows(file(DATABASE), (database) => dropGuard(database, random))
    case 'older copy':
      return olderCopy(victim, random)
    case 'mark':
      return changeMark(victim, random)
    case 'key file':
      return flipBit(file('kek'), random)
  }
}

export function flipBit(file: string, random: Seeded): string | undefined {
  const { size } = statSync(file)
  if (size === 0) return undefined
  const at = random.between(0, size - 1)
  const bit = random.between(0, 7)
  const bytes = readFileSync(file)
  bytes[at] = (bytes[at] ?? 0) ^ (1 << bit)
  writeFileSync(file, bytes)
  return `bit ${bit} of byte ${at}`
}

function garbleSector(file: string, random: Seeded): string | undefined {
  const sectors = Math.floor(statSync(file).size / SECTOR)
  if (sectors === 0) return undefined
  const sector = random.between(0, sectors - 1)
  const zeros = random.chance(0.5)
  const bytes = Buffer.from(
    Array.from({ length: SECTOR }, () => (zeros ? 0 : random.between(0, 255))),
  )
  const handle = openSync(file, 'r+')
  writeSync(handle, bytes, 0, SECTOR, sector * SECTOR)
  closeSync(handle)
  return `sector ${sector} ${zeros ? 'zeroed' : 'garbled'}`
}

export function cutTail(file: string, random: Seeded): string | undefined {
  const { size } = statSync(file)
  if (size < 2) return undefined
  const left = random.chance(0.5) ? random.between(0, size - 1) : size - random.between(1, SECTOR)
  truncateSync(file, Math.max(0, left))
  return `cut to ${Math.max(0, left)} of ${size} bytes`
}

function inRows(
  file: string,
  change: (database: Database.Database) => string | undefined,
): string | undefined {
  const database = new Sqlite(file)
  try {
    database.pragma('foreign_keys = OFF')
    return change(database)
  } finally {
    database.close()
  }
}

const TABLES = [
  ...['sale', 'sale', 'sale', 'voucher', 'voucher', 'journal', 'journal', 'reversal', 'lot'],
  ...['batch', 'counter', 'meta', 'refund', 'claim', 'day_end', 'terminal_tally', 'product'],
  ...['merchant', 'terminal', 'vault_key'],
]

function place(database: Database.Database, random: Seeded) {
  const table = random.pick(TABLES)
  const rows = database.prepare(`select rowid from "${table}"`).pluck().all() as number[]
  const columns = (database.pragma(`table_info("${table}")`) as { name: string }[]).map(
    ({ name }) => name,
  )
  return { table, rows, column: random.pick(columns) }
}

function swapValues(database: Database.Database, random: Seeded): string | undefined {
  const { table, rows, column } = place(database, random)
  if (rows.length < 2) return undefined
  const [one, other] = [random.pick(rows), random.pick(rows)]
  if (one === other) return undefined
  const read = database.prepare(`select "${column}" from "${table}" where rowid = ?`).pluck()
  const [first, second] = [read.get(one), read.get(other)]
  if (isDeepStrictEqual(first, second)) return undefined
  const find = database.prepare(`select 1 from "${table}" where rowid = ?`).pluck()
  const write = database.prepare(`update "${table}" set "${column}" = ? where rowid = ?`)
  try {
    database.exec('begin')
    // A unique column cannot hold one value twice, not even for a moment.
    const moving = typeof first === 'string' ? 'moving' : -1
    write.run(moving, one)
    // With its own number a row has moved, and is found under that.
    const now = find.get(one) === undefined ? moving : one
    write.run(first, other)
    write.run(second, now)
    database.exec('commit')
  } catch {
    database.exec('rollback')
    return undefined
  }
  return `${table}.${column} of rows ${one} and ${other} swapped`
}

function changeValue(database: Database.Database, random: Seeded): string | undefined {
  const { table, rows, column } = place(database, random)
  if (rows.length === 0) return undefined
  const row = random.pick(rows)
  const before = database
    .prepare(`select "${column}" from "${table}" where rowid = ?`)
    .pluck()
    .get(row)
  try {
    database
      .prepare(`update "${table}" set "${column}" = ? where rowid = ?`)
      .run(changed(before, random), row)
  } catch {
    return undefined
  }
  return `${table}.${column} of row ${row} changed`
}

function changed(before: unknown, random: Seeded): unknown {
  if (typeof before === 'number') return before + random.pick([-1, 1, 1_000])
  if (typeof before === 'string') {
    const at = random.between(0, Math.max(0, before.length - 1))
    const digit = String((Number(before[at]) + 1) % 10)
    return `${before.slice(0, at)}${digit === 'NaN' ? 'x' : digit}${before.slice(at + 1)}`
  }
  if (before instanceof Uint8Array) {
    const bytes = Buffer.from(before)
    const at = random.between(0, Math.max(0, bytes.length - 1))
    bytes[at] = (bytes[at] ?? 0) ^ 1
    return bytes
  }
  return random.between(0, 9)
}

/** A unique index that is gone changes no answer until a repeat becomes a second sale. */
function dropGuard(database: Database.Database, random: Seeded): string {
  const names = database
    .prepare("select name from sqlite_master where type = 'index' and sql like 'create unique%'")
    .pluck()
    .all() as string[]
  const name = random.pick(names)
  database.exec(`drop index "${name}"`)
  return `${name} dropped`
}

/** Of any commit before the one that the mark names. Its own mark would make it a store. */
function olderCopy({ folder, states }: Victim, random: Seeded): string {
  const marked = readMark(folder)?.jseq ?? 0
  const older = [0, ...states.filter(({ jseq }) => jseq < marked).map(({ logBytes }) => logBytes)]
  const logBytes = random.pick(older)
  goBack(folder, logBytes)
  const mark = random.pick(['under the newer mark', 'without a mark', 'under a garbled mark'])
  if (mark === 'without a mark') rmSync(join(folder, MARK))
  if (mark === 'under a garbled mark') garbleMark(folder, random)
  return `the copy with ${logBytes} bytes of log, ${mark}`
}

/** Cut off or full of other bytes, so that it cannot be read. */
function garbleMark(folder: string, random: Seeded): void {
  const file = join(folder, MARK)
  if (random.chance(0.5)) truncateSync(file, random.between(0, 100))
  else writeFileSync(file, Buffer.from(Array.from({ length: 256 }, () => random.between(0, 255))))
}

function changeMark({ folder, states }: Victim, random: Seeded): string | undefined {
  const marked = readMark(folder)?.jseq ?? 0
  const older = states.filter(({ jseq }) => jseq < marked)
  if (random.chance(0.6)) return flipBit(join(folder, MARK), random)
  if (random.chance(0.5)) {
    garbleMark(folder, random)
    return `garbled: ${readFileSync(join(folder, MARK)).toString('hex').slice(0, 40)}`
  }
  const { jseq, hash } = random.pick(older)
  writeMark(folder, { epoch: 1, jseq, hash, final: false })
  return `the mark of record ${jseq}`
}

function deleteRow(database: Database.Database, random: Seeded): string | undefined {
  const { table, rows } = place(database, random)
  if (rows.length === 0) return undefined
  const row = random.pick(rows)
  database.prepare(`delete from "${table}" where rowid = ?`).run(row)
  return `row ${row} of ${table} deleted`
}
