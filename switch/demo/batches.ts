// The sample batches that the demo loads: one file of every format. Some formats carry no expiry,
// which is then given as an operator's delivery note would.

import { existsSync } from 'node:fs'

const CHECKOUT = new URL('../../samples/batches/', import.meta.url)
const INSTALLED = new URL('../../../samples/batches/', import.meta.url)
const FOLDER = existsSync(CHECKOUT) ? CHECKOUT : INSTALLED

const NO_EXPIRY_OF_ITS_OWN = '2028-12-31'

export const DEMO_BATCHES: readonly { readonly file: URL; readonly expires?: string }[] = [
  { file: new URL('mci-old.txt', FOLDER) },
  { file: new URL('mci-new.txt', FOLDER) },
  { file: new URL('mci-10k.csv', FOLDER) },
  { file: new URL('irancell.txt', FOLDER) },
  { file: new URL('rightel.txt', FOLDER), expires: NO_EXPIRY_OF_ITS_OWN },
  { file: new URL('aggregator.csv', FOLDER), expires: NO_EXPIRY_OF_ITS_OWN },
  { file: new URL('generic.csv', FOLDER) },
]
