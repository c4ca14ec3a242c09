// Every list's columns, as CSV: each cell comes from the field that its title promises. No two
// values of a row are alike, so that a cell tells which field it is of.

import { expect, it } from 'vitest'
import type { AdminOperations } from '../../admin-api/operations.ts'
import { EXAMPLES } from '../admin-api/examples.ts'
import { evs } from './fake-world.ts'

/** The same row with numbers that differ; no text of the examples is there twice. */
function distinct(row: object): Record<string, unknown> {
  let next = 1_000
  const differing = (value: unknown): unknown => {
    if (typeof value === 'number') {
      next += 1
      return next
    }
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, differing(inner)]))
  }
  return differing(row) as Record<string, unknown>
}

/** Which field each value is of. */
function fieldsOf(row: object, before = ''): Map<string, string> {
  const fields = new Map<string, string>()
  for (const [key, value] of Object.entries(row)) {
    const path = `${before}${key}`
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
      for (const [inner, of] of fieldsOf(value, `${path}.`)) fields.set(inner, of)
    } else fields.set(Array.isArray(value) ? value.join(' ') : String(value), path)
  }
  return fields
}

const LISTS: [string, keyof AdminOperations, (row: unknown) => unknown, object, string[]][] = [
  [
    'stock',
    'stock',
    (row) => [row],
    { ...EXAMPLES.stockLine, name: 'MCI' },
    [
      ...['product=product', 'name=name', 'rial=priceRial', 'sellable=sellable'],
      ...['available=available', 'not released=notReleased', 'near expiry=nearExpiry'],
      ...['reserved=reserved', 'sold=sold'],
      ...['quarantined=quarantined', 'expired=expired', 'days left=daysLeft', 'enabled=enabled'],
    ],
  ],
  [
    'suspense list',
    'suspense',
    (row) => [row],
    EXAMPLES.suspenseItem,
    [
      ...['sale=sale', 'status=status', 'rial=amountRial', 'RRN=rrn', 'TID=tid', 'MID=mid'],
      ...['card=card', 'opened at=openedAt', 'tries=tries', 'code=responseCode'],
      'approval seen=approvalSeen',
    ],
  ],
  [
    'claims list',
    'claims',
    (row) => [row],
    { ...EXAMPLES.claim, closedAt: '2026-11-22T05:44:31.000Z', resolution: 'paid' },
    [
      ...['claim=id', 'sale=sale', 'reason=reason', 'rial=amountRial', 'RRN=rrn', 'TID=tid'],
      ...['MID=mid', 'opened at=openedAt', 'closed at=closedAt', 'resolution=resolution'],
    ],
  ],
  [
    'batch list',
    'batches',
    (row) => [row],
    EXAMPLES.batchSummary,
    [
      ...['batch=id', 'state=state', 'format=format', 'file=fileName', 'reference=reference'],
      ...['valid from=validFrom', 'imported at=importedAt', 'vouchers=quantity'],
      ...['available=counts.available', 'sold=counts.sold'],
    ],
  ],
  [
    'merchant list',
    'merchants',
    (row) => ({ merchants: [row], after: null }),
    { ...EXAMPLES.merchant, contact: 'reza', limitCount: 1 },
    [
      ...['MID=mid', 'name=name', 'city=city', 'institution=institution', 'terminals=terminals'],
      ...['enabled=enabled', 'sales a day=limitCount', 'rial a day=limitRial'],
      'products=products',
    ],
  ],
  [
    'terminal list',
    'terminals',
    (row) => ({ terminals: [row], after: null }),
    { ...EXAMPLES.terminal, limitRial: 1 },
    [
      ...['TID=tid', 'MID=mid', 'institution=institution', 'keys=scheme', 'state=state'],
      ...['name=name', 'serial=serial', 'last seen=seenAt', 'version=version'],
      ...['printer=printer', 'bad MACs=failedMacs', 'sales a day=limitCount'],
      'rial a day=limitRial',
    ],
  ],
  [
    'sale list',
    'sales',
    (row) => ({ sales: [row], before: null }),
    { ...EXAMPLES.salePage.sales[0], serials: [] },
    [
      ...['sale=id', 'at=at', 'state=state', 'code=responseCode', 'TID=tid', 'MID=mid'],
      ...['STAN=stan', 'RRN=rrn', 'product=product', 'count=count', 'rial=amountRial'],
      ...['card=card', 'confirmed=confirmed'],
    ],
  ],
  [
    'product list',
    'products',
    (row) => [row],
    { ...EXAMPLES.product, nameEn: 'MCI', redeem: '*1*{pin}#', mobileOperator: 'MCI-1' },
    [
      ...['product=product', 'mobile operator=mobileOperator', 'name=nameEn'],
      ...['name (fa)=nameFa', 'rial=priceRial', 'VAT=vatRate', 'redeem=redeem'],
      ...['valid from=validFrom', 'enabled=enabled'],
    ],
  ],
]

it.each(LISTS)('%s has each field under its title', async (line, operation, page, row, columns) => {
  const given = distinct(row)
  const operations = { [operation]: () => Promise.resolve(page(given)) }
  const { exitCode, stdout } = await evs([...line.split(' '), '--csv'], { operations })
  expect(exitCode).toBe(0)
  const [titles = '', cells = '', end] = stdout.split('\r\n')
  const fields = fieldsOf(given)
  const shown = titles.split(',').map((title, at) => {
    return `${title}=${fields.get(cells.split(',')[at] ?? '')}`
  })
  expect([shown, end]).toEqual([columns, ''])
})

it('a list that was limited asks for no more than is left of it', async () => {
  const asked: number[] = []
  const terminals = async (_actor: unknown, search?: { readonly limit?: number }) => {
    const { limit = 0 } = search ?? (_actor as { readonly limit?: number })
    asked.push(limit)
    return { terminals: Array.from({ length: limit }, () => EXAMPLES.terminal), after: 7 }
  }
  const words = 'terminal list --limit 1500 --csv'.split(' ')
  const { stdout } = await evs(words, { operations: { terminals } as Partial<AdminOperations> })
  expect([asked, stdout.split('\r\n').length - 2]).toEqual([[1_000, 500], 1_500])
})

it('health tells each number in its own place', async () => {
  const health = () =>
    Promise.resolve({
      ...EXAMPLES.health,
      ...{ cardHosts: [{ name: 'bank', connections: 2, signedOn: 1, keys: 'missing' as const }] },
      listeners: [{ name: 'pos', kind: 'terminal' as const, port: 5000, connections: 3 }],
      ...{ gateways: [], reasons: ['why not'], warnings: ['look at it'], salesInFlight: 4 },
      ...{ reversals: { open: 5, suspense: 6 }, journal: { jseq: 7, epoch: 8, waiting: 9 } },
    })
  const { stdout } = await evs(['health'], { operations: { health } })
  expect(stdout.split('\n').map((line) => line.replaceAll(/ {2,}/g, ': '))).toEqual([
    ...['status: selling', 'because: why not', 'warning: look at it', 'version: 0.1.0'],
    ...['up for: 3601 s', 'card host: bank: 2 connections, 1 signed on, keys missing'],
    ...['listener: pos (terminal) on port 5000: 3 connections', 'sales in flight: 4'],
    ...['reversals: 5 open, 6 in suspense', 'journal: record 7, epoch 8, 9 waiting'],
    ...['database: SQLite 3.53.0, wal', ''],
  ])
})
