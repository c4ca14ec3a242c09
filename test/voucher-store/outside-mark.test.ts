// The mark beside the database: an older copy, another copy and a damaged one are told apart from
// the database that wrote it.

import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type Database from 'better-sqlite3'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import {
  checkTail,
  MarkKeeper,
  type OutsideMark,
  readMark,
  writeMark,
} from '../../voucher-store/outside-mark.ts'
import { ChainWriter, GENESIS, readHead } from '../../voucher-store/writer/chain.ts'
import { memoryDatabase } from '../simulation/sim-store.ts'

let directory: string
let database: Database.Database

async function chainOf(records: number, word = 'n'): Promise<Database.Database> {
  const made = await memoryDatabase()
  const chain = new ChainWriter(made)
  for (let n = 1; n <= records; n++) chain.append('lease', n, `${word}${n}`)
  return made
}

function markOf(of: Database.Database): OutsideMark {
  const { jseq, hash } = readHead(of)
  return { epoch: 1, jseq, hash: Buffer.from(hash).toString('hex'), final: false }
}

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'evs-mark-'))
  database = await chainOf(20)
})

afterEach(() => rmSync(directory, { recursive: true, force: true }))

describe('the mark', () => {
  it('is read as it was written, for nobody else to read', () => {
    const mark = markOf(database)
    writeMark(directory, mark)
    writeMark(directory, { ...mark, jseq: 21 })
    expect(readMark(directory)).toEqual({ ...mark, jseq: 21 })
    expect(statSync(join(directory, 'mark.json')).mode & 0o777).toBe(0o600)
  })

  it('that is not there, or cannot be read, is none', () => {
    expect(readMark(directory)).toBeUndefined()
    for (const text of ['', '{"epoch":1', '{"epoch":1}', '{"jseq":1,"hash":"x"}', 'null']) {
      writeFileSync(join(directory, 'mark.json'), text)
      expect(readMark(directory)).toBeUndefined()
    }
  })

  it('is written in place, always as long and within one sector', () => {
    const keeper = new MarkKeeper(directory, { epoch: 1, head: GENESIS })
    const file = join(directory, 'mark.json')
    const before = statSync(file)
    keeper.committed(readHead(database))
    keeper.committed({ ...readHead(database), jseq: Number.MAX_SAFE_INTEGER })
    const { ino, size } = statSync(file)
    expect({ ino, size }).toEqual({ ino: before.ino, size: before.size })
    expect(size).toBeLessThanOrEqual(512)
    expect(readMark(directory)?.jseq).toBe(Number.MAX_SAFE_INTEGER)
    keeper.final(readHead(database))
    expect(readMark(directory)).toEqual({ ...markOf(database), final: true })
  })

  it('of an orderly stop is final until the next start', () => {
    writeMark(directory, { ...markOf(database), final: true })
    const keeper = new MarkKeeper(directory, { epoch: 1, head: readHead(database) })
    expect(readMark(directory)?.final).toBe(false)
    keeper.final(readHead(database))
    expect(readMark(directory)?.final).toBe(true)
  })

  it('of another length is replaced by one that is written in place', () => {
    writeFileSync(join(directory, 'mark.json'), JSON.stringify(markOf(database)))
    const keeper = new MarkKeeper(directory, { epoch: 1, head: readHead(database) })
    keeper.committed({ ...readHead(database), jseq: 21 })
    expect(readMark(directory)?.jseq).toBe(21)
    keeper.final(readHead(database))
  })

  it('that cannot be written in service stays what it was, and harms nobody', () => {
    const keeper = new MarkKeeper(directory, { epoch: 1, head: GENESIS })
    keeper.final(readHead(database))
    // Its file is closed by now, so that every write fails.
    keeper.committed({ ...readHead(database), jseq: 25 })
    expect(readMark(directory)?.jseq).toBe(20)
  })
})

describe('a start', () => {
  it('goes on with the database that wrote the mark, also when it is records ahead', async () => {
    expect(checkTail(database, markOf(database))).toBeUndefined()
    expect(checkTail(database, markOf(await chainOf(15)))).toBeUndefined()
    expect(checkTail(database, { ...markOf(database), jseq: 0 })).toBeUndefined()
  })

  it('refuses one whose mark is gone: it may be an old copy', () => {
    expect(checkTail(database, undefined)).toContain('mark.json is missing')
  })

  it('goes on with an empty one', async () => {
    const empty = await chainOf(0)
    expect(checkTail(empty, undefined)).toBeUndefined()
    expect(checkTail(empty, markOf(empty))).toBeUndefined()
  })

  it('refuses an old copy', async () => {
    expect(checkTail(await chainOf(19), markOf(database))).toContain('an old copy')
    expect(checkTail(await chainOf(0), markOf(database))).toContain('an old copy')
  })

  it('refuses a database whose last records were taken away', () => {
    const mark = markOf(database)
    database.exec('delete from journal where jseq = 20')
    expect(checkTail(database, mark)).toContain('an old copy')
  })

  it('refuses another copy that went on by itself', async () => {
    const other = await chainOf(25, 'other ')
    expect(checkTail(other, markOf(database))).toContain('record 20 is not the one')
  })

  it.each([
    ["update journal set body = 'x' where jseq = 3", 'record 3 does not match'],
    ['delete from journal where jseq = 3', 'record 3 is missing'],
  ])('refuses one that was changed by %s', (sql, why) => {
    database.exec(sql)
    expect(checkTail(database, markOf(database))).toContain(why)
  })

  it('verifies the newest thousand records, and leaves the rest for later', async () => {
    const long = await chainOf(1_010)
    long.exec("update journal set body = 'x' where jseq = 10")
    expect(checkTail(long, markOf(long))).toBeUndefined()
    long.exec("update journal set body = 'x' where jseq = 11")
    expect(checkTail(long, markOf(long))).toContain('record 11')
    long.exec('delete from journal where jseq = 10')
    expect(checkTail(long, markOf(long))).toContain('record 10 is missing')
  })
})
