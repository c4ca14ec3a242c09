// What the vault had in clear for a moment is overwritten before it goes on: voucher PINs and card
// numbers that were sealed, opened or sealed anew, and keys that were wrapped.

import { expect, it } from 'vitest'
import { Pan } from '../../../protocol/values/pan.ts'
import { isReason, type Reason } from '../../../protocol/values/reason.ts'
import { VoucherPin } from '../../../protocol/values/voucher-pin.ts'
import { bytesKek } from '../../../voucher-store/vault/kek.ts'
import {
  fingerprint,
  KEY_PURPOSES,
  KeyRing,
  resealCard,
  resealPin,
  rewrapKey,
  SqliteVault,
  sealPin,
  wrapNewKey,
} from '../../../voucher-store/vault/vault.ts'
import { wipesOf } from '../../wipes.ts'

const KEK = bytesKek(Buffer.alloc(32, 7))
const PLACE = { id: 1, batch: 2, product: '091905' }
const [PIN_DIGITS, CARD_DIGITS] = ['7100000000000001', '6037990000000014']
const voucherPin = value(VoucherPin.parse(PIN_DIGITS))
const pan = value(Pan.parse(CARD_DIGITS))
const rows = KEY_PURPOSES.map((purpose, n) => wrapNewKey(KEK, n + 1, purpose))
const ring = KeyRing.open(KEK, rows) ?? expect.fail('the keys do not open')
const vault = new SqliteVault(ring, () => undefined)
const sealedPin = sealPin(ring.newest('pin'), voucherPin, PLACE)
const sealedCard = Buffer.from(vault.sealCard(pan, 41), 'latin1')

function value<Value>(parsed: Value | Reason): Value {
  if (isReason(parsed)) throw new Error(parsed.reason)
  return parsed
}

const stocked = { ...PLACE, serial: 'SN1', expires: 20991231, sealedPin }

it.each<[what: string, digits: string, act: () => unknown]>([
  ['a PIN that is sealed', PIN_DIGITS, () => sealPin(ring.newest('pin'), voucherPin, PLACE)],
  ['a PIN that is opened', PIN_DIGITS, () => vault.openPin(stocked)],
  [
    'a PIN that is sealed anew',
    PIN_DIGITS,
    () => resealPin(ring, ring.newest('pin'), sealedPin, PLACE),
  ],
  ['a card number that is sealed', CARD_DIGITS, () => vault.sealCard(pan, 41)],
  ['a card number that is opened', CARD_DIGITS, () => vault.openCard(sealedCard, 41)],
  [
    'a card number that is sealed anew',
    CARD_DIGITS,
    () => resealCard(ring, ring.newest('card'), sealedCard, 41),
  ],
  ['a card number that is hashed', CARD_DIGITS, () => vault.cardHash(CARD_DIGITS)],
  [
    'a PIN that is hashed',
    `0919|${PIN_DIGITS}`,
    () => fingerprint(ring.newest('fingerprint'), '0919', voucherPin),
  ],
])('nothing is left of %s', async (_what, digits, act) => {
  const [result, wiped] = await wipesOf(act)
  expect(result).toBeDefined()
  expect(wiped).toEqual([Buffer.from(digits).toString('hex')])
})

it('nothing is left of a key that is made, or wrapped anew', async () => {
  const [made, wiped] = await wipesOf(() => wrapNewKey(KEK, 9, 'pin'))
  const key = KeyRing.open(KEK, [made])?.newest('pin').key.toString('hex')
  expect(wiped).toEqual([key])
  const next = bytesKek(Buffer.alloc(32, 8))
  const [again, wipedAgain] = await wipesOf(() => rewrapKey(KEK, next, made))
  expect(again).toBeDefined()
  expect(wipedAgain).toEqual([key])
})
