// The card accounts: what a card may spend and how it answers, as data (an object, or a file of
// JSON or YAML). Balances move in book.ts; an account only knows what it started with.

import { z } from 'zod'
import { CardPin } from '../protocol/values/card.ts'
import { maskPan } from '../protocol/values/pan.ts'
import { isReason } from '../protocol/values/reason.ts'
import { MAX_RIAL } from '../protocol/values/rial.ts'
import type { CardHash } from './card-hash.ts'
import { CardHostError } from './errors.ts'

const rial = z.int().min(0).max(MAX_RIAL)

const accountSchema = z.strictObject({
  card: z.string().regex(/^\d{12,19}$/),
  balanceRial: rial,
  /** YYMM; a purchase with another date is declined with 54. */
  expiry: z
    .string()
    .regex(/^\d{4}$/)
    .optional(),
  /** On a host with zone keys: the PIN that the block must hold. */
  cardPin: z
    .string()
    .regex(/^\d{4,12}$/)
    .optional(),
  /** Without keys a PIN block is not opened, and its answer is told here. */
  pinBlock: z.enum(['any', 'required', 'wrong']).default('any'),
  /** Every purchase is declined with this code: 62, 75, ... */
  rc: z
    .string()
    .regex(/^[0-9A-Z]{2}$/)
    .optional(),
})

const accountsSchema = z.strictObject({
  unknownCards: z.union([z.literal('refuse'), z.strictObject({ balanceRial: rial })]),
  accounts: z.array(accountSchema).default([]),
})

export type AccountsData = z.input<typeof accountsSchema>

export interface Account {
  readonly card: string
  readonly cardHash: string
  readonly balanceRial: number
  readonly expiry: string | undefined
  readonly cardPin: CardPin | undefined
  readonly pinBlock: 'any' | 'required' | 'wrong'
  readonly rc: string | undefined
}

export interface Accounts {
  /** Undefined when the card is unknown and unknown cards are refused. */
  find(cardNumber: string): Account | undefined
  /** Those of the data, then unknown cards in the order in which they came. */
  list(): Account[]
}

const EVERY_CARD: AccountsData = { unknownCards: { balanceRial: 1_000_000_000 } }

export function openAccounts(data: unknown, cardHash: CardHash, hasKeys: boolean): Accounts {
  const parsed = accountsSchema.safeParse(data ?? EVERY_CARD)
  if (!parsed.success) {
    throw new CardHostError('CARD_HOST_BAD_ACCOUNTS', z.prettifyError(parsed.error))
  }
  const { unknownCards, accounts } = parsed.data
  if (!hasKeys && accounts.some(({ cardPin }) => cardPin !== undefined)) {
    throw new CardHostError('CARD_HOST_BAD_ACCOUNTS', 'cardPin: only with a zone master key')
  }
  // Keyed by the number itself, in memory only, so that a purchase costs no hash.
  const byNumber = new Map<string, Account>()
  const add = (row: z.output<typeof accountSchema>): Account => {
    const { card, balanceRial, expiry, cardPin, pinBlock, rc } = row
    const account = {
      card: maskPan(card),
      cardHash: cardHash(card),
      balanceRial,
      expiry,
      cardPin: cardPin === undefined ? undefined : cardPinOf(cardPin),
      pinBlock,
      rc,
    }
    byNumber.set(card, account)
    return account
  }
  for (const row of accounts) add(row)
  return {
    find(cardNumber) {
      const known = byNumber.get(cardNumber)
      if (known !== undefined || unknownCards === 'refuse') return known
      return add({ card: cardNumber, balanceRial: unknownCards.balanceRial, pinBlock: 'any' })
    },
    list: () => [...byNumber.values()],
  }
}

/** The schema has looked at it. */
function cardPinOf(text: string): CardPin {
  const cardPin = CardPin.parse(text)
  if (isReason(cardPin)) throw new Error(cardPin.reason)
  return cardPin
}
