// What the card host throws: a closed list of codes, each with a hint for the person who starts it.
// Business outcomes are never thrown; they are response codes (authorise.ts).

const HINTS = {
  CARD_HOST_LEDGER_DAMAGED: 'A whole line is unreadable. Restore the file or start a new one.',
  CARD_HOST_LEDGER_KEY_MISSING:
    'Put the file <ledger>.key back beside the ledger: it tells the cards of old lines apart.',
  CARD_HOST_LEDGER_WRITE:
    'Make room on the disk and start again; what was answered is in the ledger.',
  CARD_HOST_BAD_FAULTS: 'See the list of faults in docs/card-host.md.',
  CARD_HOST_BAD_ACCOUNTS: 'See the account file in docs/card-host.md.',
  CARD_HOST_BAD_KEYS:
    'See the zone keys in docs/card-host.md; <ledger>.zone-keys is of one zone master key only.',
  CARD_HOST_BAD_OPTION: 'See `evs card-host --help`.',
} as const

export type CardHostErrorCode = keyof typeof HINTS

export class CardHostError extends Error {
  readonly code: CardHostErrorCode
  readonly hint: string

  constructor(code: CardHostErrorCode, message: string) {
    super(message)
    this.name = 'CardHostError'
    this.code = code
    this.hint = HINTS[code]
  }
}
