// `evs sale list`: pages, limits and forms.

import { expect, it } from 'vitest'
import type { SaleFilter } from '../../admin-api/schemas.ts'
import { EXAMPLES } from '../admin-api/examples.ts'
import { evs } from './fake-world.ts'

const TOTAL = 2_500

/** Sales 2500 down to 1. */
function sales(filter: SaleFilter) {
  const newest = (filter.before ?? TOTAL + 1) - 1
  const ids = Array.from({ length: Math.min(filter.limit, newest) }, (_, index) => newest - index)
  const oldest = ids.at(-1) ?? 1
  const page = ids.map((id) => ({ ...EXAMPLES.salePage.sales[0], id, serials: [] }))
  return Promise.resolve({ sales: page, before: oldest > 1 ? oldest : null })
}

const operations = { sales }

it('shows a person the newest hundred and says where the older ones are', async () => {
  const { stdout, stderr } = await evs(['sale', 'list'], { operations })
  expect(stdout.trimEnd().split('\n')).toHaveLength(101)
  expect(stderr).toBe('older ones: --before 2401\n')
})

it('gives a program all of them, page by page, as one JSON value', async () => {
  const { stdout } = await evs(['sale', 'list', '--json'], { operations })
  const { sales: all, before } = JSON.parse(stdout) as { sales: { id: number }[]; before: null }
  expect([all.length, all[0]?.id, all.at(-1)?.id, before]).toEqual([TOTAL, TOTAL, 1, null])
  const csv = await evs(['sale', 'list', '--csv', '--bom'], { operations })
  expect(csv.stdout.split('\r\n')).toHaveLength(TOTAL + 2)
  expect(csv.stdout.match(/\ufeff/g)).toHaveLength(1)
  expect(csv.stderr).toBe('')
})

it('says once where it ended, after all of its pages', async () => {
  const { exitCode, stderr } = await evs('sale list --limit 2200'.split(' '), { operations })
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: 'older ones: --before 301\n' })
})

it('obeys a limit and a filter', async () => {
  const words = 'sale list --limit 1200 --before 2000 --json'.split(' ')
  const { sales: some, before } = JSON.parse((await evs(words, { operations })).stdout)
  expect([some.length, some[0].id, before]).toEqual([1_200, 1_999, 800])
  const { asked } = await evs('sale list --day 2026-11-22 --state sold --tid 1'.split(' '))
  expect(asked[0]?.given[0]).toEqual({ day: '2026-11-22', state: 'sold', tid: '1', limit: 100 })
  expect((await evs(['sale', 'list', '--limit', 'x'])).exitCode).toBe(2)
})

it('shows the sale of an RRN in the digits of a receipt', async () => {
  const { asked } = await evs(['sale', 'show', '۶۳۲۶۰۹۰۰۰۰۰۱'])
  expect(asked[0]).toMatchObject({ name: 'sale', given: ['632609000001'] })
})
