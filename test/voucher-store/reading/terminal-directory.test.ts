// Terminals by institution, merchant and terminal id: who may sell, what the card host is told, and
// a memory that is bounded and forgets on demand.

import type Database from 'better-sqlite3'
import { beforeEach, describe, expect, it } from 'vitest'
import {
  nameAndLocation,
  SqliteTerminalDirectory,
} from '../../../voucher-store/reading/terminal-directory.ts'
import { memoryDatabase, stock } from '../../simulation/sim-store.ts'

const MID = '000000000100001'
let database: Database.Database
let directory: SqliteTerminalDirectory

beforeEach(async () => {
  database = await memoryDatabase()
  stock(database, { terminals: 3, products: [] })
  directory = new SqliteTerminalDirectory(database, 2)
})

describe('a terminal', () => {
  it('is found under its institution and merchant only', () => {
    expect(directory.find(0, MID, '10000002')).toMatchObject({
      ...{ scheme: 'none', terminal: { key: 2, merchantKey: 1, institution: 0, maySell: true } },
    })
    expect(directory.find(1, MID, '10000002')).toBeUndefined()
    expect(directory.find(0, '000000000100002', '10000002')).toBeUndefined()
    expect(directory.find(0, MID, '10000009')).toBeUndefined()
  })

  it.each([
    ['update terminal set enabled = 0', false],
    ['update terminal set retired_ms = 5', false],
    ['update merchant set enabled = 0', false],
    ['update terminal set enabled = 1', true],
  ])('after "%s" may sell: %s', (sql, maySell) => {
    database.exec(sql)
    expect(directory.find(0, MID, '10000001')?.terminal.maySell).toBe(maySell)
  })

  it('is remembered until a change is told', () => {
    directory.find(0, MID, '10000001')
    database.exec('update terminal set enabled = 0')
    expect(directory.find(0, MID, '10000001')?.terminal.maySell).toBe(true)
    directory.changed()
    expect(directory.find(0, MID, '10000001')?.terminal.maySell).toBe(false)
  })

  it('that is not there is looked for anew each time', () => {
    expect(directory.find(0, MID, '10000004')).toBeUndefined()
    database.exec(
      `insert into terminal (id, merchant, tid, scheme, enabled)
       values (4, 1, '10000004', 'none', 1)`,
    )
    expect(directory.find(0, MID, '10000004')?.terminal.key).toBe(4)
  })

  it('makes room for another when memory is full: the oldest goes', () => {
    for (const tid of ['10000001', '10000002', '10000003']) directory.find(0, MID, tid)
    database.exec('update terminal set enabled = 0')
    const maySell = ['10000003', '10000002', '10000001'].map((tid) => {
      return directory.find(0, MID, tid)?.terminal.maySell
    })
    expect(maySell).toEqual([true, true, false])
  })
})

describe('the terms of a terminal', () => {
  const terms = () => directory.find(0, MID, '10000001')?.terminal.terms

  it('are none for most, and limits and products where there are some', () => {
    expect(terms()).toBeUndefined()
    database.exec('update merchant set limit_rial = 9, products = \'["091905"]\'')
    database.exec('update terminal set limit_count = 5')
    directory.changed()
    expect(terms()).toEqual({
      terminalLimit: { count: 5, rial: undefined },
      merchantLimit: { count: undefined, rial: 9 },
      products: new Set(['091905']),
    })
  })

  it.each([
    ['of its merchant', 'update merchant set limit_count = 7', 'merchantLimit'],
    ['of its own', 'update terminal set limit_rial = 7', 'terminalLimit'],
    ['of products', `update merchant set products = '["091905"]'`, 'products'],
  ])('are there when there is a limit %s alone', (_whose, sql, name) => {
    database.exec(sql)
    const given = Object.entries(terms() ?? {}).filter(([, value]) => value !== undefined)
    expect(given.map(([key]) => key)).toEqual([name])
  })

  it('are limits too where nothing may be sold', () => {
    database.exec('update merchant set limit_rial = 0; update terminal set limit_count = 0')
    expect(terms()).toMatchObject({ terminalLimit: { count: 0 }, merchantLimit: { rial: 0 } })
  })

  it('go with the parameters of its software', () => {
    expect(directory.find(0, MID, '10000001')?.settings).toEqual({})
    database.exec(`update terminal set settings = '{"volume":"3"}'`)
    directory.changed()
    expect(directory.find(0, MID, '10000001')?.settings).toEqual({ volume: '3' })
  })
})

describe('the name and location of a merchant', () => {
  it.each([
    ['NEMOUNE SHOP', 'TEHRAN', 'NEMOUNE SHOP           TEHRAN        IR '],
    ['A'.repeat(30), 'B'.repeat(30), `${'A'.repeat(22)} ${'B'.repeat(13)} IR `],
    ['فروشگاه', 'تهران', `MERCHANT 0000000001000${' '.repeat(15)}IR `],
    ['', '', `${' '.repeat(37)}IR `],
  ])('%j in %j is 40 characters that every host can read', (name, city, expected) => {
    const shown = nameAndLocation(name, city, MID)
    expect(shown).toBe(expected)
    expect(shown).toHaveLength(40)
  })
})
