// The shop of a trial with a real switch: a merchant with terminals, vouchers imported through the
// admin interface, and the two moments that every trial waits for. Serials and prices are the same
// everywhere; which PINs there are is the trial's own choice.

import { createReadStream, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type AdminClient, adminClient } from '../admin-api/client.ts'
import { socketTransport } from '../admin-api/transport.ts'
import { until } from '../switch/demo/scenes.ts'
import type { SwitchProcess } from '../switch/demo/switch-process.ts'

const FIRST_SERIAL = 93_200_000_000

/** `actor` is who the journal says it was. Throws while the switch is down. */
export function adminOf(switchProcess: SwitchProcess, actor: string): AdminClient {
  const socket = switchProcess.ready?.admin.socket
  if (socket === undefined) throw new Error('the switch is not running')
  return adminClient(socketTransport(socket), actor)
}

export async function addShop(
  admin: AdminClient,
  { mid, name, tids }: { mid: string; name: string; tids: readonly string[] },
): Promise<void> {
  await admin.addMerchant({ mid, name, city: 'Tehran', institution: 0 })
  for (const tid of tids) await admin.addTerminal({ tid, mid, scheme: 'none', institution: 0 })
}

export interface MadeVouchers {
  readonly first: number
  readonly count: number
  readonly digitsOf: (number: number) => number
}

/** The file of a batch with the vouchers from number `first` on. */
export function writeVouchers(folder: string, { first, count, digitsOf }: MadeVouchers): string {
  const rows = ['serial,pin,product,expiry']
  for (let n = first; n < first + count; n++) {
    rows.push(`${FIRST_SERIAL + n},${digitsOf(n)},093205,2099-12-31`)
  }
  const file = join(folder, 'batch.csv')
  writeFileSync(file, `${rows.join('\n')}\n`)
  return file
}

/** Imported and released. Throws when it is refused. */
export async function importFile(admin: AdminClient, file: string): Promise<void> {
  const request = { fileName: 'batch.csv', release: true, dryRun: false }
  for await (const event of admin.importBatch(request, createReadStream(file))) {
    if (event.kind === 'refused') throw new Error(event.message)
  }
}

/** Both. */
export function importVouchers(
  admin: AdminClient,
  folder: string,
  vouchers: MadeVouchers,
): Promise<void> {
  return importFile(admin, writeVouchers(folder, vouchers))
}

/** The number of a voucher by its serial. */
export function numberOfVoucher(serial: string): number {
  return Number(serial) - FIRST_SERIAL
}

export function untilSelling(admin: AdminClient): Promise<void> {
  return until('a card host', async () => (await admin.health()).status === 'selling')
}

/** Until no reversal is open but those in suspense. */
export function untilReversed(admin: AdminClient): Promise<void> {
  return until('the last reversal', async () => {
    const { open, suspense } = (await admin.health()).reversals
    return open - suspense === 0
  })
}
