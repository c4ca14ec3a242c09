// The examination sees each of its verdicts: a sound store is harmless, damage is refused, found or
// noticed, and a store that says something else without a word is silent.

import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { openForReading } from '../../voucher-store/open-database.ts'
import { writeMark } from '../../voucher-store/outside-mark.ts'
import { readHead } from '../../voucher-store/writer/chain.ts'
import {
  intentOf,
  KEK_BYTES,
  must,
  NOW,
  type TemporaryStore,
} from '../voucher-store/temporary-store.ts'
import { answersOf, questionsOf } from './answers.ts'
import { examine, type Truth } from './examine.ts'
import { filledStore } from './filled-store.ts'

let store: TemporaryStore
let folder: string
let truth: Truth

beforeEach(async () => {
  store = await filledStore()
  const questions = questionsOf(store.database)
  truth = { questions, answers: answersOf(store.database, store.ring, questions) }
  folder = mkdtempSync(join(tmpdir(), 'evs-examine-'))
  writeFileSync(join(folder, 'kek'), `${KEK_BYTES.toString('hex')}\n`, { mode: 0o600 })
})
afterEach(() => {
  store.close()
  rmSync(folder, { recursive: true })
})

async function verdictAfter(sql: string | undefined, expected = [truth]): Promise<string> {
  if (sql !== undefined) store.writer.prepare(sql).run()
  copyStore()
  return (await examine(folder, expected)).verdict
}

/** With its own mark. */
function copyStore(): void {
  store.writer.pragma('wal_checkpoint(TRUNCATE)')
  copyFileSync(store.file, join(folder, 'evs.db'))
  const { jseq, hash } = readHead(store.database)
  writeMark(folder, { epoch: 1, jseq, hash: hash.toString('hex'), final: false })
}

it('of a sound store is harmless', async () => {
  expect(truth.answers.length).toBeGreaterThan(300)
  expect(await verdictAfter(undefined)).toBe('harmless')
})

it('of a changed answer is found', async () => {
  const sql = "update sale set response_code = '51' where id = 1"
  expect(await verdictAfter(sql)).toBe('found by the verifier')
})

it('of a guard that is gone is refused', async () => {
  expect(await verdictAfter('drop index voucher_fingerprint_unique')).toBe('refused at the start')
})

it('of a changed key is refused', async () => {
  const sql = "update vault_key set wrapped = x'00' where id = 1"
  expect(await verdictAfter(sql)).toBe('refused at the start')
})

it('of a card number that does not open is noticed', async () => {
  const sql = "update sale set sealed_card = x'00' where id = 5"
  expect(await verdictAfter(sql)).toBe('noticed in use')
})

it('of a store that says something else without a word is silent', async () => {
  const answers = truth.answers.map((answer, index) => (index === 3 ? 'another answer' : answer))
  expect(await verdictAfter(undefined, [{ ...truth, answers }])).toBe('silent')
})

it('of a store that lost a sold sale behind its mark is silent, if anybody was told of it', async () => {
  copyStore()
  await must(store.journal.write(intentOf({ id: 200, voucherIds: [100] })))
  const outcome = { kind: 'sold' as const, authCode: '004711', hostDate: undefined }
  await must(store.journal.write({ kind: 'outcome', id: 200, outcome, atMs: NOW }))
  const questions = questionsOf(store.database)
  const told = { questions, answers: answersOf(store.database, store.ring, questions) }
  const before = openForReading(join(folder, 'evs.db'))
  const older = { questions, answers: answersOf(before, store.ring, questions) }
  before.close()
  expect((await examine(folder, [told])).verdict).toBe('silent')
  expect((await examine(folder, [told, older])).verdict).toBe('harmless')
})
