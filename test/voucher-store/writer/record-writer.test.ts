// What records leave behind that are not of one sale alone. Of what an administrator changed the
// journal keeps the statements, nothing of those that carry a secret, and only the place of rows of
// ciphertext.

import { expect, it } from 'vitest'
import type { AdminRecord, Statement } from '../../../voucher-store/store-record.ts'
import { AT, intent, LedgerDesk, outcome, SOLD } from './ledger-desk.ts'

const text = "insert into counter (name, high) values ('a', 1)"
const secretText = 'update master_key set sealed = ?'
const secret = '5EC2E75EC2E75EC2E7'

function administration(...statements: Statement[]): AdminRecord {
  return { kind: 'admin', action: 'key load', by: 'o', detail: {}, statements, atMs: AT }
}

it('a statement that is not to be kept is carried out and is not in the journal', async () => {
  const desk = await LedgerDesk.open()
  const unkept = { sql: secretText, bindings: [secret], unkept: true } as const
  const [result] = desk.write(administration({ sql: text, bindings: [] }, unkept))
  expect(result).toEqual({ kind: 'written', changes: 1 })
  const body = newestBody(desk)
  expect(body).not.toContain(secret)
  expect(body).not.toContain(secretText)
  expect(JSON.parse(body).statements).toEqual([{ sql: text, bindings: [] }])
})

it('rows of ciphertext are named in the journal, and neither their text nor bytes are in it', async () => {
  const desk = await LedgerDesk.open()
  const copied = { table: 'vault_key', first: 7, rows: 1 } as const
  desk.must(administration({ sql: secretText, bindings: [secret], copied }))
  const body = newestBody(desk)
  expect(body).not.toContain(secret)
  expect(JSON.parse(body).statements).toEqual([{ copied }])
})

it('a note of more than a thousand answers is one of each of them', async () => {
  const desk = await LedgerDesk.open()
  desk.must(intent(1), outcome(1, SOLD))
  const others = Array.from({ length: 1_500 }, (_, n) => 10_000 + n)
  desk.must({ kind: 'answered', ids: [...others, 1], atMs: AT })
  expect(desk.row('sale', 'id = 1')).toMatchObject({ answered: 1 })
})

function newestBody(desk: LedgerDesk): string {
  const newest = 'select body from journal order by jseq desc limit 1'
  return desk.database.prepare(newest).pluck().get() as string
}
