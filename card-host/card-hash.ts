// The keyed hash under which the ledger knows a card. A plain hash would not do: BIN and last 4
// stand beside it, so a million tries would give the number back. The key lies in a file of its own
// beside the ledger (mode 0600), made at the first start.

import { createHmac, randomBytes } from 'node:crypto'
import {
  closeSync,
  existsSync,
  fsyncSync,
  openSync,
  readFileSync,
  renameSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { CardHostError } from './errors.ts'

const KEY_BYTES = 32

export type CardHash = (cardNumber: string) => string

/** The hash of one ledger file; without a file, of this process only. */
export function openCardHash(ledgerFile: string | undefined): CardHash {
  const key = ledgerFile === undefined ? randomBytes(KEY_BYTES) : keyBeside(ledgerFile)
  return (cardNumber) => createHmac('sha256', key).update(cardNumber).digest('hex').slice(0, 32)
}

function keyBeside(ledgerFile: string): Buffer {
  const file = `${ledgerFile}.key`
  if (existsSync(file)) {
    const key = Buffer.from(readFileSync(file, 'utf8').trim(), 'hex')
    if (key.length === KEY_BYTES) return key
    throw new CardHostError('CARD_HOST_LEDGER_KEY_MISSING', `${file} has no key in it`)
  }
  if (existsSync(ledgerFile) && statSync(ledgerFile).size > 0) {
    throw new CardHostError('CARD_HOST_LEDGER_KEY_MISSING', `${file} is missing`)
  }
  const key = randomBytes(KEY_BYTES)
  writeKey(file, key)
  return key
}

/** Under its own name only once the disk has all of it. */
function writeKey(file: string, key: Buffer): void {
  const beside = `${file}.new`
  const handle = openSync(beside, 'w', 0o600)
  try {
    writeFileSync(handle, `${key.toString('hex')}\n`)
    fsyncSync(handle)
  } finally {
    closeSync(handle)
  }
  renameSync(beside, file)
}
