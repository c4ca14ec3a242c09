// The log is moved into the database when it has grown, not before. For want of room it stays where
// it is; any other error is thrown.

import { statSync } from 'node:fs'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Checkpoints } from '../../../voucher-store/writer/checkpoint.ts'
import { must, NOW, type TemporaryStore, temporaryStore } from '../temporary-store.ts'

let store: TemporaryStore
let checkpoints: Checkpoints
beforeEach(async () => {
  store = await temporaryStore()
  checkpoints = new Checkpoints(store.writer)
})
afterEach(() => store.close())

const logBytes = () => statSync(`${store.file}-wal`).size

/** Pages in the log that the database does not have yet. */
function waiting(): number {
  const [{ log, checkpointed }] = store.writer.pragma('wal_checkpoint(NOOP)') as [
    { log: number; checkpointed: number },
  ]
  return log - checkpointed
}

async function leases(count: number): Promise<void> {
  for (let high = 1; high <= count; high++) {
    await must(store.journal.write({ kind: 'lease', counter: 'rrn', high, atMs: NOW }))
  }
}

describe('the write-ahead log', () => {
  it('is left alone by commits, however many there are', async () => {
    await leases(400)
    const before = statSync(store.file).size
    await leases(1_000)
    expect(statSync(store.file).size).toBe(before)
    expect(logBytes()).toBeGreaterThan(4 << 20)
  })

  it('is moved once it has grown, and then used again from its beginning', async () => {
    await leases(50)
    const grown = waiting()
    checkpoints.whenGrown(grown + 1)
    expect(waiting()).toBe(grown)
    checkpoints.whenGrown(grown)
    expect(waiting()).toBe(0)
    const largest = logBytes()
    await leases(5)
    expect(logBytes()).toBe(largest)
  })

  it('is not moved again before it has grown anew, although its file stays as large', async () => {
    await leases(50)
    const grown = waiting()
    checkpoints.whenGrown(grown)
    await leases(5)
    const little = waiting()
    expect(little).toBeGreaterThan(0)
    checkpoints.whenGrown(grown)
    expect(waiting()).toBe(little)
  })

  const failing = (code: string, message: string) => {
    const pragma = () => {
      throw Object.assign(new Error(message), { code })
    }
    const prepare = () => ({ get: () => ({ log: 1, checkpointed: 0 }) })
    return new Checkpoints({ pragma, prepare } as never)
  }

  it.each(['SQLITE_IOERR_WRITE', 'SQLITE_IOERR_FSYNC', 'SQLITE_CORRUPT'])(
    'whose checkpoint fails with %s says so',
    (code) => {
      const broken = failing(code, 'disk I/O error')
      expect(() => broken.whenGrown(0)).toThrow('disk I/O error')
      expect(() => broken.atEnd()).toThrow('disk I/O error')
    },
  )

  it('stays where it is when the database has no room to grow, and tells why', () => {
    const full = failing('SQLITE_FULL', 'database or disk is full')
    expect(full.whenGrown(0)).toBe('SQLITE_FULL: database or disk is full')
    expect(full.whenGrown(2)).toBeUndefined()
    expect(() => full.atEnd()).not.toThrow()
  })
})
