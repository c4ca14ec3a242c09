// The keyed hash under which the ledger knows a card. A plain hash would not do: BIN and last 4
// stand beside it, so a million tries would give the number back. The key lies in a file of its own
// beside the ledger (mode 0600), made at the first start.

import { createHmac, randomBytes } from 'node:crypto'
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { CardHostError } from './errors.ts'

export type CardHash = (cardNumber: string) => string

/** The hash of one ledger file; without a file, of this process only. */
export function openCardHash(ledgerFile: string | undefined): CardHash {
  const key = ledgerFile === undefined ? randomBytes(32) : keyBeside(ledgerFile)
  return (cardNumber) => createHmac('sha256', key).update(cardNumber).digest('hex').slice(0, 32)
}

function keyBeside(ledgerFile: string): Buffer {
  const file = `${ledgerFile}.key`
  if (existsSync(file)) return Buffer.from(readFileSync(file, 'utf8').trim(), 'hex')
  if (existsSync(ledgerFile) && statSync(ledgerFile).size > 0) {
    throw new CardHostError('CARD_HOST_LEDGER_KEY_MISSING', `${file} is missing`)
  }
  const key = randomBytes(32)
  writeFileSync(file, `${key.toString('hex')}\n`, { mode: 0o600, flag: 'wx' })
  return key
}
