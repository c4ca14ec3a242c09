// The world that every seed sells in: merchants, terminals on two kinds of links, products and the
// vouchers in stock. Institution 7 brings terminals with the same numbers as our own, because the
// identity of a sale begins with the institution.

export interface SimMerchant {
  readonly key: number
  readonly institution: number
  readonly mid: string
}

export interface SimTerminalEntry {
  readonly key: number
  readonly merchant: SimMerchant
  readonly tid: string
}

export interface SimProduct {
  readonly id: string
  readonly priceRial: number
  readonly enabled: boolean
  /** In stock at the beginning, in two batches of different expiry. */
  readonly vouchers: number
}

export interface SimVoucher {
  readonly id: number
  readonly batch: number
  readonly product: string
  readonly serial: string
  readonly digits: string
  readonly expires: number
}

const MERCHANTS: readonly SimMerchant[] = [
  { key: 1, institution: 0, mid: '000000000100001' },
  { key: 2, institution: 0, mid: 'SHOP2' },
  { key: 3, institution: 7, mid: '000000000100001' },
]

/** Of each merchant; the wire fills up the short ones with spaces. */
const TIDS = [
  ['10000001', '10000002', '10000003', 'KIOSK4'],
  ['10000101', '2'],
  ['10000001', 'KIOSK4'],
]

export const TERMINALS: readonly SimTerminalEntry[] = MERCHANTS.flatMap((merchant, index) =>
  (TIDS[index] ?? []).map((tid) => ({ merchant, tid })),
).map((entry, index) => ({ ...entry, key: index + 1 }))

export { MERCHANTS }

/** DE 41 and 42, as long as they are on the wire. */
export function numbersOf({ tid, merchant }: SimTerminalEntry): { 41: string; 42: string } {
  return { 41: tid.padEnd(8), 42: merchant.mid.padEnd(15) }
}

export const PRODUCTS: readonly SimProduct[] = [
  { id: '091905', priceRial: 50_000, enabled: true, vouchers: 60 },
  { id: '093510', priceRial: 100_000, enabled: true, vouchers: 40 },
  { id: '092120', priceRial: 200_000, enabled: true, vouchers: 4 },
  { id: '093299', priceRial: 10_000, enabled: false, vouchers: 2 },
]

export const CARDS = ['6037990000000014=29121010000000000000', '6273530000000029=29121010000000000']

const EXPIRIES = [2098_0101, 2099_1231]
const LONG_EXPIRED = 2020_0101

/** The vouchers of one batch: numbers that no other batch has. */
export function batchOf(options: {
  batch: number
  product: string
  count: number
  firstId: number
  expires?: number
}): SimVoucher[] {
  const { batch, product, count, firstId, expires = EXPIRIES[batch % 2] ?? 0 } = options
  return Array.from({ length: count }, (_, n) => {
    const id = firstId + n
    return {
      ...{ id, batch, product, serial: `SN${String(id).padStart(7, '0')}` },
      digits: `71${String(id * 7_919).padStart(13, '0')}${id % 10}`,
      expires,
    }
  })
}

/** Never for sale: its product is disabled, or it has expired. */
export function isUnsaleable({ product, expires }: SimVoucher): boolean {
  return product === '093299' || expires === LONG_EXPIRED
}

/** What is in stock when a seed begins: two batches a product, and one that has expired. */
export function firstStock(): SimVoucher[] {
  const stock: SimVoucher[] = []
  let batch = 0
  for (const { id: product, vouchers } of PRODUCTS) {
    for (let half = 0; half < 2; half++) {
      batch++
      const firstId = stock.length + 1
      stock.push(...batchOf({ batch, product, count: vouchers / 2, firstId }))
    }
  }
  const expired = { product: '091905', count: 3, expires: LONG_EXPIRED }
  stock.push(...batchOf({ ...expired, batch: batch + 1, firstId: stock.length + 1 }))
  return stock
}
