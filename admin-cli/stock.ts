// `evs stock`: what there is to sell, product by product. It counts; vouchers are not
// shown.

import type { Command } from 'commander'
import { type ListOptions, withListOptions, writeRows } from './rows.ts'
import { type ConfigOptions, doing, verb, withAdmin } from './verb.ts'
import type { VerbWorld } from './world.ts'

export function stockVerb(world: VerbWorld): Command {
  const command = verb(world, 'stock', {
    summary: 'list the stock, product by product',
    examples: ['stock', 'stock --json', 'stock --csv --bom > stock.csv'],
  })
  return withListOptions(command).action(
    doing(world, async (options: ConfigOptions & ListOptions) => {
      const rows = await withAdmin(world, options, (admin) => admin.stock())
      writeRows(world, options, {
        rows,
        columns: [
          { title: 'product', of: (row) => row.product },
          { title: 'name', of: (row) => row.name },
          { title: 'rial', kind: 'number', of: (row) => row.priceRial },
          { title: 'sellable', kind: 'number', of: (row) => row.sellable },
          { title: 'available', kind: 'number', of: (row) => row.available },
          { title: 'not released', kind: 'number', of: (row) => row.notReleased },
          { title: 'near expiry', kind: 'number', of: (row) => row.nearExpiry },
          { title: 'reserved', kind: 'number', of: (row) => row.reserved },
          { title: 'sold', kind: 'number', of: (row) => row.sold },
          { title: 'quarantined', kind: 'number', of: (row) => row.quarantined },
          { title: 'expired', kind: 'number', of: (row) => row.expired },
          { title: 'days left', kind: 'number', of: (row) => row.daysLeft },
          { title: 'enabled', of: (row) => row.enabled },
        ],
      })
      return 0
    }),
  )
}
