// `evs product`: the catalogue. A file is taken whole or not at all; the switch
// decides.

import type { Command } from 'commander'
import type { Product } from '../admin-api/schemas.ts'
import { inputFile } from './input-file.ts'
import { type Column, type ListOptions, withListOptions, writeRows } from './rows.ts'
import { type ConfigOptions, doing, group, latinDigits, verb, withAdmin } from './verb.ts'
import type { VerbWorld } from './world.ts'

type Options = ConfigOptions & ListOptions

const COLUMNS: readonly Column<Product>[] = [
  { title: 'product', of: (row) => row.product },
  { title: 'mobile operator', of: (row) => row.mobileOperator },
  { title: 'name', of: (row) => row.nameEn },
  { title: 'name (fa)', of: (row) => row.nameFa },
  { title: 'rial', kind: 'number', of: (row) => row.priceRial },
  { title: 'VAT', of: (row) => row.vatRate },
  { title: 'redeem', of: (row) => row.redeem },
  { title: 'valid from', of: (row) => row.validFrom },
  { title: 'enabled', of: (row) => row.enabled },
]

export function productVerb(world: VerbWorld): Command {
  const examples = ['product list', 'product load catalogue.csv', 'product disable 091905']
  return group('product', { summary: 'list, load, enable and disable products', examples }, [
    listVerb(world),
    loadVerb(world),
    enableVerb(world, 'enable', true),
    enableVerb(world, 'disable', false),
  ])
}

function listVerb(world: VerbWorld): Command {
  const command = verb(world, 'list', {
    summary: 'list the products with their present prices',
    examples: ['product list', 'product list --csv --bom > products.csv'],
  })
  return withListOptions(command).action(
    doing(world, async (options: Options) => {
      const rows = await withAdmin(world, options, (admin) => admin.products())
      writeRows(world, options, { columns: COLUMNS, rows })
      return 0
    }),
  )
}

function loadVerb(world: VerbWorld): Command {
  const command = verb(world, 'load', {
    summary: 'add and replace products from a catalogue file, all or nothing',
    examples: ['product load catalogue.csv', 'product load - < catalogue.csv'],
  }).argument('<file>', 'catalogue as CSV, or - for standard input')
  return withListOptions(command).action(
    doing(world, async (path: string, options: Options) => {
      const { chunks } = await inputFile(world, path)
      const rows = await withAdmin(world, options, (admin) => admin.loadProducts(chunks))
      writeRows(world, options, { columns: COLUMNS, rows })
      return 0
    }),
  )
}

function enableVerb(world: VerbWorld, name: 'enable' | 'disable', enabled: boolean): Command {
  return verb(world, name, {
    summary: enabled ? 'sell a product again' : 'sell a product no more',
    examples: [`product ${name} 091905`, `product ${name} 091905 --json`],
  })
    .argument('<product>', 'six digits')
    .action(
      doing(world, async (product: string, options: Options) => {
        const id = latinDigits(product)
        const row = await withAdmin(world, options, (admin) => admin.changeProduct(id, { enabled }))
        writeRows(world, options, { columns: COLUMNS, rows: [row], json: row })
        return 0
      }),
    )
}
