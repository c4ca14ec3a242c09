// The facts of a database that money may be kept in, and the versions of SQLite that lose commits.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import {
  assertFacts,
  factsOf,
  goodVersion,
  openForReading,
  openForWriting,
  UNSAFE,
} from '../../voucher-store/open-database.ts'

let directory: string

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'evs-facts-'))
})

afterEach(() => rmSync(directory, { recursive: true, force: true }))

describe('a database', () => {
  it('opened for writing has a log, synced commits and foreign keys', () => {
    const database = openForWriting(join(directory, 'evs.db'))
    expect(factsOf(database)).toMatchObject({
      ...{ journalMode: 'wal', synchronous: 2, foreignKeys: 1, mmapSize: 0 },
    })
    expect(database.pragma('journal_size_limit', { simple: true })).toBe(64 << 20)
    database.close()
  })

  it('that has no log is not opened for writing', () => {
    expect(() => openForWriting(':memory:')).toThrow(`${UNSAFE}: journal_mode is memory, not wal`)
  })

  it('opened for reading sees what is committed, and cannot write', () => {
    const file = join(directory, 'evs.db')
    const writer = openForWriting(file)
    writer.exec('create table t (n integer); insert into t values (1)')
    const reader = openForReading(file)
    writer.exec('begin; insert into t values (2)')
    expect(reader.prepare('select count(*) from t').pluck().get()).toBe(1)
    writer.exec('commit')
    expect(reader.prepare('select count(*) from t').pluck().get()).toBe(2)
    expect(() => reader.exec('insert into t values (3)')).toThrow('readonly')
    reader.close()
    writer.close()
  })

  it('that is not there is not made by a reader', () => {
    expect(() => openForReading(join(directory, 'none.db'))).toThrow()
  })
})

describe('the facts', () => {
  const good = {
    ...{ sqliteVersion: '3.51.3', journalMode: 'wal', synchronous: 2, foreignKeys: 1, mmapSize: 0 },
  }

  it('that are as they must be pass', () => {
    expect(() => assertFacts(good)).not.toThrow()
  })

  it.each([
    ['journal_mode is delete', { journalMode: 'delete' }],
    ['journal_mode is memory', { journalMode: 'memory' }],
    ['synchronous is 1', { synchronous: 1 }],
    ['synchronous is 3', { synchronous: 3 }],
    ['foreign_keys is off', { foreignKeys: 0 }],
    ['mmap_size is 268435456', { mmapSize: 268_435_456 }],
    ['SQLite 3.51.2', { sqliteVersion: '3.51.2' }],
  ])('%s: refused by name', (what, change) => {
    expect(() => assertFacts({ ...good, ...change })).toThrow(what)
  })

  it('are all told when several are wrong', () => {
    const wrong = { ...good, foreignKeys: 0, synchronous: 0 }
    expect(() => assertFacts(wrong)).toThrow(/synchronous.*foreign_keys/)
  })
})

describe('a version of SQLite', () => {
  it.each([
    ['3.51.3', true],
    ['3.51.10', true],
    ['3.52.1', true],
    ['3.53.0', true],
    ['4.0.0', true],
    ['3.52.0', false],
    ['3.51.2', false],
    ['3.51.0', false],
    ['3.50.99', false],
    ['2.99.99', false],
  ])('%s is good: %s', (version, good) => {
    expect(goodVersion(version)).toBe(good)
  })
})
