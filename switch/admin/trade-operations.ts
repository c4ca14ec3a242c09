// The catalogue of products. A change is durable before the running switch is told to read
// it again, so that what it sells by is always what the journal says.

import { EvsError } from '../../admin-api/errors.ts'
import type { AdminOperations } from '../../admin-api/operations.ts'
import { tehranTime } from '../../protocol/values/moment.ts'
import { codeProblems } from '../../voucher-store/admin/product-codes.ts'
import {
  changeProduct,
  listProducts,
  loadProducts,
  productsInForce,
} from '../../voucher-store/admin/products.ts'
import type { BatchProblem } from '../../voucher-store/batch-formats/batch-format.ts'
import { parseCatalogue } from '../../voucher-store/catalogue-file.ts'
import { mustFind, mustWrite } from './operation-errors.ts'
import type { OperationTools } from './operation-ports.ts'

type TradeOperations = Pick<AdminOperations, 'products' | 'loadProducts' | 'changeProduct'>

/** The reader of the catalogue refuses more; reading stops one byte after that. */
const CATALOGUE_BYTES_MOST = 1_048_577

export function tradeOperations(tools: OperationTools): TradeOperations {
  const { store, by, runtime } = tools
  const { journal, database } = store
  return {
    products: async () => listProducts(database),
    loadProducts: async (actor, csv) => {
      const catalogue = parseCatalogue(await wholeOf(csv))
      if (catalogue.kind === 'problems') throw mistakes(catalogue.problems)
      const { products } = catalogue
      const problems = codeProblems(database, products)
      if (problems.length > 0) throw mistakes(problems)
      mustWrite(await loadProducts(journal, database, products, by(actor)), 'the catalogue')
      runtime?.catalogueChanged()
      return listProducts(database)
    },
    changeProduct: async (actor, product, change) => {
      const today = () => productsInForce(database, tehranTime(tools.wallMs()).day)
      const find = () => today().find((row) => row.product === product)
      mustFind(find(), `product ${product}`)
      mustWrite(await changeProduct(journal, product, change, by(actor)), `product ${product}`)
      runtime?.catalogueChanged()
      return mustFind(find(), `product ${product}`)
    },
  }
}

function mistakes(problems: readonly BatchProblem[]): EvsError {
  const message = 'the catalogue file has mistakes; nothing of it was loaded'
  const hint = 'docs/batch-files.md describes the catalogue file'
  return new EvsError('USAGE', { message, hint, details: { problems } })
}

async function wholeOf(file: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of file) {
    chunks.push(chunk)
    bytes += chunk.length
    if (bytes >= CATALOGUE_BYTES_MOST) break
  }
  return Buffer.concat(chunks)
}
