// Echo and initialise: the pages of the catalogue, their limit in bytes, and the page asked for.

import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Fields } from '../../../protocol/message/encode.ts'
import type { CatalogueSource } from '../../../terminal-gateway/gateway.ts'
import { cataloguePages } from '../../../terminal-gateway/handlers/network.ts'
import { FrontDesk } from '../front-desk.ts'

type Product = ReturnType<CatalogueSource['products']>[number]

const source = (products: Product[], version = 12): CatalogueSource => ({
  ...{ version, products: () => products },
})
const many = Array.from({ length: 60 }, (_, n) => ({
  ...{ product: String(91_900 + n).padStart(6, '0'), priceRial: 50_000, name: `Charge ${n}` },
}))

interface Read {
  version: string
  page: number
  pages: number
  products: Product[]
}

/** Reads DE 62 of an initialise reply as the wire protocol says. */
function readField(field: string): Read {
  const bytes = Buffer.from(field)
  const text = (from: number, to: number) => bytes.subarray(from, to).toString()
  const products: Product[] = []
  for (let at = 8; at < bytes.length; ) {
    const length = Number(text(at + 18, at + 20))
    products.push({
      product: text(at, at + 6),
      priceRial: Number(text(at + 6, at + 18)),
      name: text(at + 20, at + 20 + length),
    })
    at += 20 + length
  }
  const head = { version: text(0, 4), page: Number(text(4, 6)), pages: Number(text(6, 8)) }
  return { ...head, products }
}

describe('the catalogue', () => {
  it('is one empty page when nothing is sold', () => {
    expect(cataloguePages(source([]))).toEqual([''])
  })

  it('is in pages of at most 999 bytes with their head, in order, and nothing is lost', () => {
    const name = fc.string({ unit: 'grapheme', maxLength: 12 }).filter((text) => {
      return Buffer.byteLength(text) <= 99
    })
    const products = fc.array(
      fc.record({
        product: fc.integer({ min: 0, max: 999_999 }).map((n) => String(n).padStart(6, '0')),
        ...{ priceRial: fc.nat({ max: 999_999_999 }), name },
      }),
      { maxLength: 80 },
    )
    fc.assert(
      fc.property(products, (all) => {
        const pages = cataloguePages(source(all))
        for (const page of pages) expect(Buffer.byteLength(page) + 8).toBeLessThanOrEqual(999)
        expect(pages.flatMap((page) => readField(`00000000${page}`).products)).toEqual(all)
      }),
      { numRuns: 50 },
    )
  })

  it('keeps room for the head on every page', () => {
    // Twelve entries of 83 bytes fill a page but for its head.
    const all = many.slice(0, 36).map((product) => ({ ...product, name: 'x'.repeat(63) }))
    const pages = cataloguePages(source(all))
    expect(pages.map((page) => Buffer.byteLength(page) / 83)).toEqual([11, 11, 11, 3])
  })
})

it('a page of the catalogue is filled to the last of its 999 bytes', () => {
  // Nine entries of 20 bytes and a name, beside a head of eight bytes.
  const names = [91, 90, 90, 90, 90, 90, 90, 90, 90]
  const all = names.map((bytes, n) => ({ ...many[n], name: 'x'.repeat(bytes) })) as Product[]
  expect(cataloguePages(source(all)).map((page) => page.length)).toEqual([991])
})

describe('initialise', () => {
  const open = () => FrontDesk.open({}, { catalogue: source(many) })
  const fields = (desk: FrontDesk, page?: string) => {
    const whole: Fields = { ...desk.story.sale(1), 3: '930000' }
    const { 48: _order, ...rest } = whole
    return page === undefined ? rest : { ...rest, 48: page }
  }

  it('gives the page asked for, and the first when none is', async () => {
    const desk = await open()
    const found: Product[] = []
    for (const page of [undefined, '02']) {
      const reply = await desk.ask('0800', fields(desk, page))
      const read = readField(reply?.get(62) ?? '')
      expect(read).toMatchObject({ version: '0012', page: Number(page ?? 1), pages: 2 })
      found.push(...read.products)
    }
    expect(found).toEqual(many)
  })

  it.each(['00', '03', '99', '1', 'xx', '001'])('of page %s is a format error', async (page) => {
    const desk = await open()
    expect(await desk.code('0800', fields(desk, page))).toBe('30')
  })

  it('writes its field as the golden message has it', async () => {
    const path = new URL('../../golden/messages.json', import.meta.url)
    const golden = JSON.parse(readFileSync(path, 'utf8')) as {
      name: string
      fields: Record<string, string>
      clear?: { catalogue: { products: { product: string; price: number; name: string }[] } }
    }[]
    const page = golden.find(({ name }) => name === 'catalogue page')
    const products = page?.clear?.catalogue.products ?? []
    expect(products.length).toBeGreaterThan(0)
    const listed = products.map(({ product, price, name }) => ({ product, priceRial: price, name }))
    expect(cataloguePages(source(listed))[0]).toBe(page?.fields[62]?.slice(8))
  })

  it('shows a merchant what it may sell, under a version of its own', async () => {
    const desk = await open()
    const read = async () => readField((await desk.ask('0800', fields(desk)))?.get(62) ?? '')
    const setProducts = (products: string) => {
      desk.story.database.prepare('update merchant set products = ?').run(products)
      const directory = desk.gateway.directory as unknown as { changed(): void }
      directory.changed()
    }
    const whole = await read()
    setProducts('["091901","091903"]')
    const some = await read()
    expect(some).toMatchObject({ pages: 1, products: [many[1], many[3]] })
    setProducts('["091901"]')
    const one = await read()
    expect(one.products).toEqual([many[1]])
    expect((await read()).version).toBe(one.version)
    setProducts('["091903"]')
    const other = await read()
    const versions = [whole, some, one, other].map(({ version }) => version)
    expect(new Set(versions).size).toBe(4)
  })

  it('carries the parameters on its first page', async () => {
    const desk = await open()
    const lines = async (page?: string) => (await desk.ask('0800', fields(desk, page)))?.get(63)
    expect(await lines()).toBe('merchant=NEMOUNE SHOP')
    desk.story.database.exec(
      `update terminal set limit_count = 200, settings = '{"volume":"3","logo":""}' where id = 1`,
    )
    const directory = desk.gateway.directory as unknown as { changed(): void }
    directory.changed()
    expect(await lines()).toBe('merchant=NEMOUNE SHOP\nlimit-count=200\nvolume=3\nlogo=')
    // The merchant's own limit is nothing that one of its terminals could count.
    const limits = 'update merchant set limit_count = 9; update terminal set limit_count = null'
    desk.story.database.exec(limits)
    directory.changed()
    expect(await lines()).toBe('merchant=NEMOUNE SHOP\nvolume=3\nlogo=')
    expect(await lines('02')).toBeUndefined()
  })

  it('writes a version of four digits', async () => {
    const desk = await FrontDesk.open({}, { catalogue: source([], 123_456) })
    expect((await desk.ask('0800', fields(desk)))?.get(62)).toBe('34560101')
  })
})

it('a catalogue of more than 99 pages is offered to its 99th, and that is told', async () => {
  // Twelve entries of exactly a page's 991 bytes, so that a longer head would not fit.
  const names = ['x'.repeat(71), ...Array.from({ length: 10 }, () => 'x'.repeat(62))]
  const page = [...names, 'x'.repeat(60)]
  const all = Array.from({ length: 12 * 100 }, (_, n) => ({
    ...{ product: String(n).padStart(6, '0'), priceRial: 50_000, name: page[n % 12] ?? '' },
  }))
  expect(new Set(cataloguePages(source(all)).map((one) => one.length))).toEqual(new Set([991]))
  const desk = await FrontDesk.open({}, { catalogue: source(all) })
  const asked = { ...desk.story.sale(1), 3: '930000' }
  const read = async (wanted: string) => {
    return readField((await desk.ask('0800', { ...asked, 48: wanted }))?.get(62) ?? '')
  }
  expect(await read('01')).toMatchObject({ page: 1, pages: 99, products: all.slice(0, 12) })
  expect(await read('99')).toMatchObject({ page: 99, products: all.slice(1_176, 1_188) })
  expect(desk.story.running.notices).toEqual([
    {
      level: 'alarm',
      what: 'the catalogue is too long',
      detail: '100 pages, and terminals are offered 99',
    },
  ])
})

describe('an echo and an initialise', () => {
  it.each(['990000', '930000'])('of code %s lack no field of a request', async (code) => {
    const desk = await FrontDesk.open()
    const whole: Fields = { ...desk.story.sale(1), 3: code, 48: '01' }
    expect(await desk.code('0800', whole)).toBe('00')
    for (const de of [7, 11, 12, 13, 24] as const) {
      const { [de]: _left, ...rest } = whole
      expect([de, await desk.code('0800', rest)]).toEqual([de, '30'])
    }
  })
})
