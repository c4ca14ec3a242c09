// What is kept of terminals that were seen: the newest of each, whatever order the notes come in.

import { expect, it } from 'vitest'
import type { SeenTerminal } from '../../../voucher-store/store-record.ts'
import { AT, LedgerDesk } from './ledger-desk.ts'

it('a terminal was last seen at its latest moment, with its newest answer', async () => {
  const desk = await LedgerDesk.open()
  const seen = (change: Partial<SeenTerminal>) =>
    desk.must({
      kind: 'seen',
      terminals: [{ terminal: 1, seenMs: undefined, failedMacs: 0, ...change }],
    })
  seen({ seenMs: AT, responseCode: '00' })
  // A wrong MAC alone is no sign of it.
  seen({ failedMacs: 1, failedMacMs: AT + 5 })
  expect(desk.row('terminal_seen', 'terminal = 1')).toMatchObject({
    ...{ seen_ms: AT, response_code: '00', failed_macs: 1, failed_mac_ms: AT + 5 },
  })
  seen({ seenMs: AT + 9, responseCode: '51' })
  expect(desk.row('terminal_seen', 'terminal = 1')).toMatchObject({
    ...{ seen_ms: AT + 9, response_code: '51', failed_mac_ms: AT + 5 },
  })
})
