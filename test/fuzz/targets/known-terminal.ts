// One registered terminal, for targets that read what a terminal sends.

import type { MerchantId, TerminalId } from '../../../protocol/values/identifiers.ts'
import type { Terminal } from '../../../switch/core/sale-record.ts'

export const TERMINAL: Terminal = {
  key: 1,
  institution: 0,
  tid: '10000001' as TerminalId,
  mid: '000000000100001' as MerchantId,
  merchantKey: 1,
  merchantName: 'Nemoune',
  nameAndLocation: 'NEMOUNE SHOP           TEHRAN        IR',
  maySell: true,
}
