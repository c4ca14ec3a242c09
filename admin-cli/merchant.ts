// `evs merchant`: who sells, what, how much in a day and for which commission. A merchant that is
// disabled sells nothing from the next sale on.

import { type Command, Option } from 'commander'
import type { Merchant, MerchantDetail } from '../admin-api/terminal-schemas.ts'
import { type LimitOptions, limitsOf, productsOf, textOrNone, withLimits } from './facts.ts'
import { listImportVerb } from './list-import.ts'
import { type PageOptions, SHOWN, withPageOptions, writePages } from './pages.ts'
import {
  type Column,
  type ListOptions,
  withListOptions,
  writeJson,
  writeProperties,
  writeRows,
} from './rows.ts'
import {
  type ConfigOptions,
  doing,
  group,
  latinDigits,
  required,
  verb,
  wholeNumber,
  withAdmin,
} from './verb.ts'
import type { VerbWorld } from './world.ts'

type Options = ConfigOptions & ListOptions & { institution: string }

interface FactOptions extends LimitOptions {
  readonly name?: string
  readonly city?: string
  readonly contact?: string
  readonly products?: string
}

const COLUMNS: readonly Column<Merchant>[] = [
  { title: 'MID', of: (row) => row.mid },
  { title: 'name', of: (row) => row.name },
  { title: 'city', of: (row) => row.city },
  { title: 'institution', kind: 'number', of: (row) => row.institution },
  { title: 'terminals', kind: 'number', of: (row) => row.terminals },
  { title: 'enabled', of: (row) => row.enabled },
  { title: 'sales a day', kind: 'number', of: (row) => row.limitCount },
  { title: 'rial a day', kind: 'number', of: (row) => row.limitRial },
  { title: 'products', of: (row) => row.products?.join(' ') ?? 'all' },
]

export function merchantVerb(world: VerbWorld): Command {
  const examples = ["merchant add --mid 000000000100001 --name 'Corner Shop'", 'merchant list']
  return group('merchant', { summary: 'add, list, import and change merchants', examples }, [
    addVerb(world),
    setVerb(world),
    listVerb(world),
    showVerb(world),
    enableVerb(world, 'enable', true),
    enableVerb(world, 'disable', false),
    commissionVerb(world),
    listImportVerb(world, {
      what: 'merchant',
      columns: 'mid, name, city, institution, contact, limitCount, limitRial, products, commission',
      send: (admin, request, chunks) => admin.importMerchants(request, chunks),
    }),
  ])
}

function withFacts(command: Command): Command {
  command.option('--contact <text>', 'how it is reached, or none')
  command.option('--products <list>', 'what it may sell, with commas between, or all')
  return withLimits(command)
}

function factsOf({ contact, products, ...limits }: FactOptions) {
  return {
    ...limitsOf(limits),
    ...(contact === undefined ? {} : { contact: textOrNone(contact) }),
    ...(products === undefined ? {} : { products: productsOf(products) }),
  }
}

type NewOptions = Options & FactOptions & { mid: string; name: string; city: string }

function addVerb(world: VerbWorld): Command {
  const command = verb(world, 'add', {
    summary: 'add a merchant',
    examples: ["merchant add --mid 000000000100001 --name 'Corner Shop' --city Tabriz --json"],
  })
    .addOption(required(new Option('--mid <id>', 'its number, 1 to 15 characters')))
    .addOption(required(new Option('--name <name>', 'its name, as on receipts')))
    .option('--city <city>', 'its city', 'Tehran')
  return withFacts(withInstitution(command)).action(
    doing(world, async (options: NewOptions) => {
      const { name, city } = options
      const institution = institutionOf(options)
      const mid = latinDigits(options.mid)
      const merchant = { mid, name, city, institution, ...factsOf(options) }
      const row = await withAdmin(world, options, (admin) => admin.addMerchant(merchant))
      writeRows(world, options, { columns: COLUMNS, rows: [row], json: row })
      return 0
    }),
  )
}

function setVerb(world: VerbWorld): Command {
  const command = verb(world, 'set', {
    summary: 'change what is given of a merchant; the rest stays',
    examples: [
      'merchant set 000000000100001 --limit-rial 500000000 --products 091905,093510',
      'merchant set 000000000100001 --limit-rial none --products all',
    ],
  })
    .argument('<mid>', 'its number')
    .option('--name <name>', 'its name, as on receipts')
    .option('--city <city>', 'its city')
  return withFacts(withInstitution(command)).action(
    doing(world, async (given: string, options: Options & FactOptions) => {
      const { name, city } = options
      const change = { institution: institutionOf(options), name, city, ...factsOf(options) }
      const mid = latinDigits(given)
      const row = await withAdmin(world, options, (admin) => admin.changeMerchant(mid, change))
      writeRows(world, options, { columns: COLUMNS, rows: [row], json: row })
      return 0
    }),
  )
}

type ListingOptions = ConfigOptions & PageOptions & { institution?: string; disabled?: boolean }

function listVerb(world: VerbWorld): Command {
  const command = verb(world, 'list', {
    summary: `list the merchants: ${SHOWN} as a table, all with --json or --csv`,
    examples: ['merchant list', 'merchant list --disabled --json'],
  })
    .option('--institution <number>', 'only those of this institution')
    .option('--disabled', 'only those that are disabled')
  return withListOptions(withPageOptions(command)).action(
    doing(world, async (options: ListingOptions) => {
      const { institution: owner } = options
      const institution = owner === undefined ? owner : wholeNumber(owner, '--institution')
      const enabled = options.disabled === true ? false : undefined
      await withAdmin(world, options, (admin) =>
        writePages(world, options, COLUMNS, async (asked) => {
          const { merchants, after } = await admin.merchants({ institution, enabled, ...asked })
          return { rows: merchants, after }
        }),
      )
      return 0
    }),
  )
}

function showVerb(world: VerbWorld): Command {
  const command = verb(world, 'show', {
    summary: 'show one merchant: commission, limits, what it sold today',
    examples: ['merchant show 000000000100001', 'merchant show 000000000100001 --json'],
  }).argument('<mid>', 'its number')
  return withInstitution(command).action(
    doing(world, async (given: string, options: Options) => {
      const mid = latinDigits(given)
      const institution = institutionOf(options)
      const found = await withAdmin(world, options, (admin) => admin.merchant(mid, institution))
      writeDetail(world, options, found)
      return 0
    }),
  )
}

function writeDetail(world: VerbWorld, options: Options, found: MerchantDetail): void {
  if (options.json === true) return writeJson(world, found)
  const { commission, today, products, ...about } = found
  writeProperties(world, [
    ...Object.entries(about),
    ['products', products?.join(' ') ?? 'all'],
    ['sold today', today.count],
    ['rial today', today.rial],
    ...commission.map(({ product, rate, validFrom }): [string, string] => [
      `commission ${product ?? 'of all'}`,
      `${rate} from ${validFrom} on`,
    ]),
  ])
}

function enableVerb(world: VerbWorld, name: 'enable' | 'disable', enabled: boolean): Command {
  const command = verb(world, name, {
    summary: enabled ? 'let a merchant sell again' : 'let a merchant sell no more',
    examples: [`merchant ${name} 000000000100001`],
  }).argument('<mid>', 'its number')
  return withInstitution(command).action(
    doing(world, async (given: string, options: Options) => {
      const mid = latinDigits(given)
      const change = { institution: institutionOf(options), enabled }
      const row = await withAdmin(world, options, (admin) => admin.changeMerchant(mid, change))
      writeRows(world, options, { columns: COLUMNS, rows: [row], json: row })
      return 0
    }),
  )
}

type RateOptions = Options & { rate: string; product?: string; from?: string }

function commissionVerb(world: VerbWorld): Command {
  const command = verb(world, 'commission', {
    summary: "set a merchant's commission from a day on",
    examples: [
      'merchant commission 000000000100001 --rate 0.015',
      'merchant commission 000000000100001 --rate 0.02 --product 091905 --from 2026-12-01',
    ],
  })
    .argument('<mid>', 'its number')
    .addOption(required(new Option('--rate <decimal>', 'part of the price: 0.015 is 1.5 %')))
    .option('--product <id>', 'of this product only; else of all without a rate of their own')
    .option('--from <day>', 'its first day, yyyy-mm-dd; else today')
  return withInstitution(command).action(
    doing(world, async (given: string, options: RateOptions) => {
      const { product, from, rate } = options
      const change = {
        institution: institutionOf(options),
        product: product === undefined ? null : latinDigits(product),
        rate: latinDigits(rate),
        ...(from === undefined ? {} : { validFrom: latinDigits(from) }),
      }
      const mid = latinDigits(given)
      const found = await withAdmin(world, options, (admin) => admin.setCommission(mid, change))
      writeDetail(world, options, found)
      return 0
    }),
  )
}

/** Own merchants are those of institution 0. */
export function withInstitution(command: Command): Command {
  return command.option('--institution <number>', 'whose merchant it is; 0 is ourselves', '0')
}

export function institutionOf(options: { institution: string }): number {
  return wholeNumber(options.institution, '--institution')
}
