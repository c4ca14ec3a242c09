// Which terminals of a world have keys, and what their makers put into them: a master key and a
// serial number each. Institution 7 brings its terminals over a link without keys.

import { createHash } from 'node:crypto'
import { type SimTerminalEntry, TERMINALS } from '../shop.ts'

export interface ShopKey {
  readonly entry: SimTerminalEntry
  readonly master: Buffer
  readonly serialNumber: string
}

export const SHOP_KEYS: readonly ShopKey[] = TERMINALS.filter(
  ({ merchant }) => merchant.institution === 0,
).map((entry) => ({
  entry,
  master: createHash('sha256').update(`master key ${entry.key}`).digest().subarray(0, 16),
  serialNumber: `SN${String(entry.key).padStart(6, '0')}`,
}))
