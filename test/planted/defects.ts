// Deliberate defects, as changes of the product's source: each is what a hurried engineer could
// write. They are planted one at a time into a copy, and the simulation must go red for every one.
// A `find` that is not in its file exactly once stops the run: the source has moved on.

import type { Defect } from './defects/defect.ts'
import { OF_CARD_HOSTS } from './defects/of-card-hosts.ts'
import { OF_KEYS } from './defects/of-keys.ts'
import { OF_LIMITS } from './defects/of-limits.ts'
import { OF_REPEATS } from './defects/of-repeats.ts'
import { OF_RESTORES } from './defects/of-restores.ts'
import { OF_REVERSALS } from './defects/of-reversals.ts'
import { OF_STOCK_AND_STORE } from './defects/of-stock.ts'
import { OF_THE_LINK } from './defects/of-the-link.ts'
import { OF_THE_QUEUE } from './defects/of-the-queue.ts'
import { OF_THE_SALE } from './defects/of-the-sale.ts'
import { OF_ZONE_KEYS } from './defects/of-zone-keys.ts'

export const DEFECTS: readonly Defect[] = [
  ...OF_THE_SALE,
  ...OF_REPEATS,
  ...OF_REVERSALS,
  ...OF_THE_QUEUE,
  ...OF_THE_LINK,
  ...OF_CARD_HOSTS,
  ...OF_STOCK_AND_STORE,
  ...OF_RESTORES,
  ...OF_LIMITS,
  ...OF_KEYS,
  ...OF_ZONE_KEYS,
]
