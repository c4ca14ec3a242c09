// The chain: every kind of tampering is found at the record where it was done, and a record that
// was rolled back leaves no gap.

import { createHash } from 'node:crypto'
import type Database from 'better-sqlite3'
import { beforeEach, describe, expect, it } from 'vitest'
import {
  ChainWriter,
  GENESIS,
  hashRecord,
  readHead,
  verifyChain,
} from '../../../voucher-store/writer/chain.ts'
import { memoryDatabase } from '../../simulation/sim-store.ts'

let database: Database.Database
let chain: ChainWriter

beforeEach(async () => {
  database = await memoryDatabase()
  chain = new ChainWriter(database)
  for (let n = 1; n <= 9; n++) chain.append('lease', 1_000 + n, `{"n":${n}}`)
  chain.committed()
})

const verify = (range = {}) => verifyChain(database, { after: GENESIS, ...range })

describe('the chain', () => {
  it('is whole as it was written, and counts its records', () => {
    expect(verify()).toEqual({ records: 9, brokenAt: undefined, why: undefined })
    expect(readHead(database).jseq).toBe(9)
  })

  it('hashes the hash before, number, kind, moment and body', () => {
    const first = database.prepare('select hash from journal where jseq = 1').pluck().get()
    const input = Buffer.concat([Buffer.alloc(32), Buffer.from('1\nlease\n1001\n{"n":1}')])
    expect(first).toEqual(createHash('sha256').update(input).digest())
  })

  it.each([
    ['short', 'x'],
    ['with text of three bytes a character', '\u20ac'.repeat(400)],
    ['as long as one call takes', 'x'.repeat(5_440)],
    ['as long as one call takes, three bytes a character', '\u20ac'.repeat(5_440)],
    ['longer', 'x'.repeat(5_441)],
    ['far longer', '\u20ac'.repeat(100_000)],
  ])('hashes a body that is %s', (_what, body) => {
    const before = createHash('sha256').update('before').digest()
    const row = { jseq: 1, kind: 'l', at_ms: 2, body }
    const whole = createHash('sha256').update(before).update(`1\nl\n2\n${body}`)
    expect(hashRecord(before, row)).toEqual(whole.digest())
  })

  it('of nothing is whole', async () => {
    const empty = await memoryDatabase()
    expect(readHead(empty)).toEqual(GENESIS)
    expect(verifyChain(empty, { after: GENESIS }).records).toBe(0)
  })

  it.each([
    ['a changed body', 'update journal set body = \'{"n":44}\' where jseq = 4', 4, 'hash'],
    ['a changed kind', "update journal set kind = 'refund' where jseq = 4", 4, 'hash'],
    ['a changed moment', 'update journal set at_ms = at_ms + 1 where jseq = 4', 4, 'hash'],
    ['a changed hash', 'update journal set hash = randomblob(32) where jseq = 4', 4, 'hash'],
    ['a record taken out', 'delete from journal where jseq = 4', 4, 'missing'],
    ['the first record taken out', 'delete from journal where jseq = 1', 1, 'missing'],
    ['a record taken out and the rest moved up', REMOVED(), 4, 'hash'],
    ['two records exchanged', EXCHANGED(), 4, 'hash'],
    ['a record put in', INSERTED(), 10, 'hash'],
    ['a record numbered anew', 'update journal set jseq = 99 where jseq = 9', 9, 'missing'],
  ])('is broken by %s', (_what, sql, brokenAt, why) => {
    database.exec(sql)
    const found = verify()
    expect(found.brokenAt).toBe(brokenAt)
    expect(found.why).toContain(why)
    expect(found.records).toBe(brokenAt - 1)
  })

  it('is broken by a change whose own hash was made to fit', () => {
    const [before] = [3].map(hashOf)
    const body = '{"n":44}'
    const hash = hashRecord(before ?? Buffer.alloc(0), {
      jseq: 4,
      kind: 'lease',
      at_ms: 1_004,
      body,
    })
    database.prepare('update journal set body = ?, hash = ? where jseq = 4').run(body, hash)
    expect(verify().brokenAt).toBe(5)
  })

  it('is verified from a record on and through a record, each by its own', () => {
    database.exec("update journal set body = 'x' where jseq in (2, 8)")
    expect(verify({ through: 1 })).toMatchObject({ records: 1, brokenAt: undefined })
    expect(verify({ through: 2 }).brokenAt).toBe(2)
    const third = { jseq: 2, hash: hashOf(2) }
    expect(verifyChain(database, { after: third, through: 7 })).toMatchObject({
      ...{ records: 5, brokenAt: undefined },
    })
    expect(verifyChain(database, { after: third }).brokenAt).toBe(8)
  })

  it('that is continued from another hash is broken at once', () => {
    expect(verifyChain(database, { after: { jseq: 4, hash: Buffer.alloc(32, 1) } }).brokenAt).toBe(
      5,
    )
  })
})

describe('the writer of the chain', () => {
  it('goes back to before a record that failed', () => {
    const head = chain.head
    chain.append('lease', 1, 'failed')
    database.exec('delete from journal where jseq = 10')
    chain.backTo(head)
    expect(chain.append('lease', 2, 'next')).toBe(10)
    expect(verify().why).toBeUndefined()
  })

  it('goes back to the last commit after a rollback', () => {
    database.exec('begin')
    chain.append('lease', 1, 'lost')
    chain.append('lease', 1, 'lost too')
    database.exec('rollback')
    chain.rolledBack()
    expect(chain.append('lease', 2, 'next')).toBe(10)
    chain.committed()
    chain.rolledBack()
    expect(chain.append('lease', 3, 'after')).toBe(11)
    expect(verify()).toMatchObject({ records: 11, why: undefined })
  })

  it('tells a head that stays what it is when more is appended', () => {
    const told = chain.committed()
    const kept = hashOf(9)
    chain.append('lease', 1, 'next')
    expect(told).toEqual({ jseq: 9, hash: kept })
    expect(chain.rolledBack()).toEqual({ jseq: 9, hash: kept })
  })

  it('goes on after a start where it ended', () => {
    expect(new ChainWriter(database).append('lease', 1, 'next')).toBe(10)
    expect(verify().why).toBeUndefined()
  })
})

function hashOf(jseq: number): Buffer {
  return database.prepare('select hash from journal where jseq = ?').pluck().get(jseq) as Buffer
}

function REMOVED(): string {
  return 'delete from journal where jseq = 4; update journal set jseq = jseq - 1 where jseq > 4'
}

function EXCHANGED(): string {
  return `update journal set jseq = 100 where jseq = 4; update journal set jseq = 4 where jseq = 5;
    update journal set jseq = 5 where jseq = 100`
}

function INSERTED(): string {
  return "insert into journal values (10, 'lease', 1010, 'forged', randomblob(32))"
}
