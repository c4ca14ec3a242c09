// What is noted of terminals: the newest of each, written in arrears in commits of many, bounded,
// and never in the journal.

import { beforeEach, expect, it } from 'vitest'
import { SeenTerminals } from '../../switch/seen-terminals.ts'
import type { SeenTerminal } from '../../voucher-store/store-record.ts'
import { GroupCommit } from '../../voucher-store/writer/group-commit.ts'
import { memoryDatabase } from '../simulation/sim-store.ts'
import { VirtualTime } from '../simulation/virtual-time.ts'

const START = Date.UTC(2026, 10, 22, 6)
let time: VirtualTime
let commits: (readonly SeenTerminal[])[]
let seen: SeenTerminals

beforeEach(() => {
  time = new VirtualTime(START)
  commits = []
  seen = new SeenTerminals({
    clock: time,
    write: async (terminals) => {
      commits.push(terminals)
      return { kind: 'written' }
    },
  })
})

it('writes the newest of each terminal, five seconds after the first', async () => {
  seen.noted(1, { version: '1.0', printer: 'ready' })
  await time.run(1_000)
  seen.noted(1, { printer: 'low', version: undefined })
  seen.noted(2, { responseCode: '00' })
  expect(commits).toEqual([])
  await time.run(4_500)
  expect(commits).toHaveLength(1)
  expect(commits[0]).toEqual([
    { terminal: 1, seenMs: START + 1_000, version: '1.0', printer: 'low', failedMacs: 0 },
    { terminal: 2, seenMs: START + 1_000, responseCode: '00', failedMacs: 0 },
  ])
  await time.run(20_000)
  expect(commits).toHaveLength(1)
})

it('writes what is noted later as well, and wrong MACs of which nobody says more', async () => {
  const written: unknown[] = []
  for (const note of ['failedMac', 'noted', 'failedMac'] as const) {
    if (note === 'noted') seen.noted(2, {})
    else seen.failedMac(1)
    await time.run(5_000)
    written.push(commits.map((rows) => rows.map(({ terminal }) => terminal)))
  }
  expect(written).toEqual([[[1]], [[1], [2]], [[1], [2], [1]]])
})

it('counts wrong MACs, which are no sight of the terminal', async () => {
  seen.failedMac(1)
  seen.failedMac(1)
  seen.noted(2, {})
  seen.failedMac(2)
  await seen.flush()
  expect(commits[0]).toEqual([
    { terminal: 1, seenMs: undefined, failedMacs: 2, failedMacMs: START },
    { terminal: 2, seenMs: START, failedMacs: 1, failedMacMs: START },
  ])
})

it('writes a whole fleet in commits of five hundred, and never keeps more than it may', async () => {
  for (let terminal = 1; terminal <= 60_000; terminal++) seen.noted(terminal, {})
  await seen.flush()
  expect(commits).toHaveLength(100)
  expect(commits.every((rows) => rows.length === 500)).toBe(true)
  seen.noted(60_000, {})
  await seen.flush()
  expect(commits).toHaveLength(101)
})

it('of a fleet that is too large keeps the newest of each terminal that it has noted', async () => {
  for (let terminal = 1; terminal <= 60_000; terminal++) seen.noted(terminal, {})
  await time.run(1_000)
  seen.noted(7, { version: '2.0' })
  await seen.flush()
  expect(commits.flat()[6]).toMatchObject({ terminal: 7, seenMs: START + 1_000, version: '2.0' })
})

it('is written when a flush has ended, what was being written before it included', async () => {
  const writes: (() => void)[] = []
  const slow = new SeenTerminals({
    clock: time,
    write: (terminals) => {
      return new Promise((resolve) => {
        writes.push(() => {
          commits.push(terminals)
          resolve({ kind: 'written' })
        })
      })
    },
  })
  slow.noted(1, {})
  await time.run(5_000)
  slow.noted(2, {})
  const flushed = slow.flush().then(() => commits.flat().map(({ terminal }) => terminal))
  // The younger one first, if it is there already.
  for (let turn = 0; turn < 6; turn++) {
    writes.pop()?.()
    await time.run(1)
  }
  expect(await flushed).toEqual([1, 2])
})

it('is merged into the row, and leaves no record in the journal', async () => {
  const database = await memoryDatabase()
  const groups = new GroupCommit(database)
  const write = (terminal: Omit<SeenTerminal, 'terminal'>) =>
    groups.write([{ kind: 'seen', terminals: [{ terminal: 7, ...terminal }] }])
  write({ seenMs: 5, version: '1', printer: 'low', failedMacs: 1, failedMacMs: 4 })
  write({ seenMs: undefined, failedMacs: 2, failedMacMs: 9 })
  const result = write({ seenMs: 8, serial: 'SN', responseCode: '61', failedMacs: 0 })
  expect(result).toMatchObject({ kind: 'done', results: [{ kind: 'written' }], head: { jseq: 0 } })
  expect(database.prepare('select * from terminal_seen').all()).toEqual([
    {
      ...{ terminal: 7, seen_ms: 8, version: '1', printer: 'low', serial: 'SN' },
      ...{ response_code: '61', failed_macs: 3, failed_mac_ms: 9 },
    },
  ])
  expect(database.prepare('select count(*) from journal').pluck().get()).toBe(0)
})
