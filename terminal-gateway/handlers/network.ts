// 0800: initialise (the product catalogue, page by page) and echo. Logon, which hands out session
// keys, is not served yet. [wire-protocol 3.4]

import { isReason } from '../../protocol/values/reason.ts'
import type { CatalogueSource, Gateway, Incoming } from '../gateway.ts'
import { plain, type Reply } from '../reply.ts'
import { identityOf, missing } from '../request-fields.ts'

const REQUIRED = [3, 7, 11, 12, 13, 24, 41, 42]
const PAGE_BYTES = 999
const HEAD_BYTES = 8
/** The head has two digits for their number. */
const PAGES_MOST = 99

export async function handleEcho(_gateway: Gateway, incoming: Incoming): Promise<Reply> {
  return plain(isFit(incoming) ? '00' : '30')
}

/** DE 48 = the page wanted, 01 when absent; a page beyond the last is a format error. */
export async function handleInitialise(gateway: Gateway, incoming: Incoming): Promise<Reply> {
  if (!isFit(incoming)) return plain('30')
  const wanted = incoming.message.get(48) ?? '01'
  if (!/^\d{2}$/.test(wanted)) return plain('30')
  const { terms } = incoming.terminal
  const catalogue = catalogueFor(gateway.catalogue, terms?.products)
  const all = cataloguePages(catalogue)
  const pages = all.slice(0, PAGES_MOST)
  const page = pages[Number(wanted) - 1]
  if (page === undefined) return plain('30')
  const version = String(catalogue.version % 10_000).padStart(4, '0')
  const head = version + wanted + String(pages.length).padStart(2, '0')
  if (wanted === '01' && all.length > PAGES_MOST) {
    const detail = `${all.length} pages, and terminals are offered ${PAGES_MOST}`
    gateway.book.notice({ level: 'alarm', what: 'the catalogue is too long', detail })
  }
  const parameters = wanted === '01' ? { 63: parameterLines(incoming) } : {}
  return { responseCode: '00', fields: { 62: head + page, ...parameters } }
}

/** What a terminal may sell: its version is made out of that. */
function catalogueFor(
  catalogue: CatalogueSource,
  products: ReadonlySet<string> | undefined,
): CatalogueSource {
  if (products === undefined) return catalogue
  const sold = catalogue.products().filter(({ product }) => products.has(product))
  const text = sold.map(({ product }) => product).join()
  return { version: mixed(catalogue.version, text), products: () => sold }
}

/** A number of four digits that nearly always differs when either does. [FNV-1a] */
function mixed(version: number, text: string): number {
  let hash = 0x811c9dc5 ^ version
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193)
  return (hash >>> 0) % 10_000
}

/** DE 63, on the first page: `name=value` lines. Always below 999 bytes: each part is bounded. */
function parameterLines({ terminal, settings }: Incoming): string {
  const { terminalLimit } = terminal.terms ?? {}
  const own = {
    merchant: terminal.merchantName,
    'limit-count': terminalLimit?.count,
    'limit-rial': terminalLimit?.rial,
  }
  return Object.entries({ ...own, ...settings })
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name}=${value}`)
    .join('\n')
}

function isFit({ message, terminal }: Incoming): boolean {
  return missing(message, REQUIRED) === undefined && !isReason(identityOf(message, terminal))
}

/** product n6 · price n12 · name length in bytes n2 · name, as many as fit a page. */
export function cataloguePages(catalogue: CatalogueSource): string[] {
  const pages: string[] = []
  let page = ''
  let bytes = HEAD_BYTES
  for (const { product, priceRial, name } of catalogue.products()) {
    const nameBytes = Buffer.byteLength(name)
    const entry =
      product + String(priceRial).padStart(12, '0') + String(nameBytes).padStart(2, '0') + name
    const entryBytes = Buffer.byteLength(entry)
    if (bytes + entryBytes > PAGE_BYTES) {
      pages.push(page)
      page = ''
      bytes = HEAD_BYTES
    }
    page += entry
    bytes += entryBytes
  }
  pages.push(page)
  return pages
}
