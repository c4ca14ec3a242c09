// Sums of a group: written once, with what many sales add to them, and not at all when the group
// was rolled back.

import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Sqlite } from '../../../voucher-store/sqlite.ts'
import { GroupSums } from '../../../voucher-store/writer/group-sums.ts'

let database: InstanceType<typeof Sqlite>
let sums: GroupSums

beforeEach(() => {
  database = new Sqlite(':memory:')
  database.exec(`create table lot (id integer primary key, available, reserved, sold, quarantined,
      voided, expired);
    insert into lot values (1, 10, 0, 0, 0, 0, 0), (2, 5, 0, 0, 0, 0, 0);
    create table merchant_use (merchant integer primary key, use_day, use_count, use_amount)`)
  sums = new GroupSums(database)
})
afterEach(() => database.close())

const lots = () => database.prepare('select * from lot order by id').raw().all()
const uses = () => database.prepare('select * from merchant_use order by merchant').raw().all()

describe('the sums of a group', () => {
  it('hold nothing until they are written, and then all of it once', () => {
    for (let n = 0; n < 3; n++) sums.moved(1, 'available', 'reserved')
    sums.moved(1, 'reserved', 'sold')
    sums.moved(2, 'available', 'quarantined')
    expect(lots()).toEqual([
      [1, 10, 0, 0, 0, 0, 0],
      [2, 5, 0, 0, 0, 0, 0],
    ])
    sums.write()
    sums.write()
    expect(lots()).toEqual([
      [1, 7, 2, 1, 0, 0, 0],
      [2, 4, 0, 0, 1, 0, 0],
    ])
  })

  it('add up what a merchant sold on a day, and begin a later day anew', () => {
    sums.sold(4, 20261125, 50_000)
    sums.sold(4, 20261125, 20_000)
    sums.sold(5, 20261125, 10_000)
    sums.write()
    sums.sold(4, 20261125, 50_000)
    sums.write()
    expect(uses()).toEqual([
      [4, 20261125, 3, 120_000],
      [5, 20261125, 1, 10_000],
    ])
    sums.sold(4, 20261126, 20_000)
    sums.sold(4, 20261126, 30_000)
    sums.write()
    expect(uses()[0]).toEqual([4, 20261126, 2, 50_000])
  })

  it('count a late sale of an earlier day neither before nor after the new day began', () => {
    sums.sold(4, 20261125, 10_000)
    sums.sold(4, 20261126, 20_000)
    sums.sold(4, 20261125, 40_000)
    sums.write()
    expect(uses()).toEqual([[4, 20261126, 1, 20_000]])
  })

  it('are forgotten with the records that were rolled back', () => {
    sums.moved(1, 'available', 'reserved')
    sums.sold(4, 20261125, 10_000)
    sums.discard()
    sums.write()
    expect(lots()[0]).toEqual([1, 10, 0, 0, 0, 0, 0])
    expect(uses()).toEqual([])
  })
})
