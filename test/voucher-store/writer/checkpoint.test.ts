// The log is moved into the database when it has grown, not before, and an error of it is thrown.

import { statSync } from 'node:fs'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { checkpointWhenGrown } from '../../../voucher-store/writer/checkpoint.ts'
import { must, NOW, type TemporaryStore, temporaryStore } from '../temporary-store.ts'

let store: TemporaryStore
beforeEach(async () => {
  store = await temporaryStore()
})
afterEach(() => store.close())

const logBytes = () => statSync(`${store.file}-wal`).size

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
    const grown = logBytes()
    checkpointWhenGrown(store.writer, grown + 1)
    await leases(50)
    expect(logBytes()).toBeGreaterThan(grown)
    const largest = logBytes()
    checkpointWhenGrown(store.writer, grown)
    await leases(20)
    expect(logBytes()).toBe(largest)
  })

  it('whose checkpoint fails says so', () => {
    const broken = {
      name: store.file,
      pragma: () => {
        throw new Error('disk I/O error')
      },
    }
    expect(() => checkpointWhenGrown(broken as never, 0)).toThrow('disk I/O error')
  })
})
