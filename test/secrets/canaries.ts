// The secrets of a run that looks for secrets: none of them is a number that anything else has.

import { readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { Sqlite } from '../../voucher-store/sqlite.ts'
import { readKekFile } from '../../voucher-store/vault/kek-file.ts'
import { KEY_PURPOSES, KeyRing, type WrappedKey } from '../../voucher-store/vault/vault.ts'
import type { Canary } from './forms.ts'
import { formsOfBytes, formsOfDigits } from './forms.ts'
import { sampleBatches } from './sample-batches.ts'

export const PINS = Array.from({ length: 24 }, (_, n) => String(7_310_594_862_173 + n * 90_217_331))
export const SERIALS = PINS.map((_, n) => String(93_277_000_001 + n))
export const CARDS = ['6037997313370018', '6273537313370007']
/** What a terminal may send beside the number: the rest of track 2, chip data, PIN blocks. */
export const TRACK_REST = '29125017313377313370'
export const CHIP = '9F2608C0FFEE5EC0DEBEEF9F2701809F3602731395055EC0DE7313'
export const PIN_BLOCK = '5EC0DEC0FFEE7313'
export const PIN_BLOCK_4 = '5EC0DEC0FFEE73135EC0DEC0FFEE7313'

/** `kek` is the file of the key-encryption key, `database` that of the keys which it opens. */
export function canaries(kek: string, database: string): Canary[] {
  const key = Buffer.from(readFileSync(kek, 'utf8').trim(), 'hex')
  const samples = sampleBatches().flatMap(({ file, pins }) =>
    pins.map((digits, n) => ({
      name: `voucher PIN ${n + 1} of ${basename(file)}`,
      forms: formsOfDigits(digits),
    })),
  )
  return [
    ...samples,
    ...dataKeys(kek, database),
    ...PINS.map((digits, n) => ({ name: `voucher PIN ${n + 1}`, forms: formsOfDigits(digits) })),
    ...CARDS.map((digits, n) => ({ name: `card ${n + 1}`, forms: formsOfDigits(digits) })),
    { name: 'track 2', forms: formsOfDigits(TRACK_REST) },
    { name: 'chip data', forms: formsOfBytes(Buffer.from(CHIP, 'hex')) },
    { name: 'PIN block', forms: formsOfBytes(Buffer.from(PIN_BLOCK, 'hex')) },
    { name: 'PIN block of format 4', forms: formsOfBytes(Buffer.from(PIN_BLOCK_4, 'hex')) },
    { name: 'key-encryption key', forms: formsOfBytes(key) },
  ]
}

/** The keys that encipher PINs and card numbers: at rest they are wrapped. */
function dataKeys(kekFile: string, file: string): Canary[] {
  const kek = readKekFile(kekFile)
  if (kek.kind === 'problem') throw new Error(kek.message)
  const database = new Sqlite(file, { readonly: true })
  const rows = database.prepare('select id, purpose, wrapped from vault_key').all()
  database.close()
  const ring = KeyRing.open(kek.kek, rows as WrappedKey[])
  if (ring === undefined) throw new Error('the keys do not open')
  return KEY_PURPOSES.map((purpose) => ({
    name: `${purpose} key`,
    forms: formsOfBytes(ring.newest(purpose).key),
  }))
}
