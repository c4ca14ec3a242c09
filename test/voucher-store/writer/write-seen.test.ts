// What is kept of terminals that were seen: the newest of each, whatever order the notes come in.

import { expect, it } from 'vitest'
import type { SeenTerminal } from '../../../voucher-store/store-record.ts'
import { AT, LedgerDesk } from './ledger-desk.ts'

it('a terminal is what it last said of itself, and stays so when it says nothing', async () => {
  const desk = await LedgerDesk.open()
  const said = (change: Partial<SeenTerminal>) => {
    const seen = { terminal: 1, seenMs: AT, failedMacs: 0, ...change }
    desk.must({ kind: 'seen', terminals: [seen] })
    const { version, printer, serial } = desk.row('terminal_seen', 'terminal = 1')
    return { version, printer, serial }
  }
  const before = { version: '1.4.0', printer: 'ok', serial: 'A1' }
  const now = { version: '1.5.0', printer: 'paper', serial: 'A2' }
  expect(said(before)).toEqual(before)
  expect(said(now)).toEqual(now)
  expect(said({})).toEqual(now)
})

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
