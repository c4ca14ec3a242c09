// Defects of the limits of a day: what counts, on which day, for whom, and what gives back.

// biome-ignore-all lint/suspicious/noTemplateCurlyInString: what is planted is source text

import { type Defect, defect } from './defect.ts'

const USES = 'switch/core/daily-use.ts'
const DESK = 'switch/core/sale-desk.ts'
const REVERSALS = 'switch/core/reversal-desk.ts'
const READER = 'voucher-store/reading/sale-reader.ts'
const SALES = 'voucher-store/writer/write-sales.ts'
const SUMS = 'voucher-store/writer/group-sums.ts'

export const OF_LIMITS: readonly Defect[] = [
  defect(
    'a start forgets what was sold today',
    USES,
    'const stored = this.#read(key) ?? { day: 0, count: 0, amount: 0 }',
    'const stored = { day: 0, count: 0, amount: 0 * (this.#read(key)?.amount ?? 0) }',
  ),
  defect(
    'a start goes on counting what was sold on an earlier day',
    READER,
    'select use_day as day, use_count as count',
    'select 99991231 as day, use_count as count',
  ),
  defect(
    'sales under way do not count',
    USES,
    'entry.count + entry.heldCount + 1 > most || entry.amount + entry.heldAmount + amount > rial',
    'entry.count + 1 > most || entry.amount + amount > rial',
  ),
  defect(
    'the amounts of sales under way do not count',
    USES,
    'entry.amount + entry.heldAmount + amount > rial',
    'entry.amount + amount > rial',
  ),
  defect(
    'the sale itself does not count',
    USES,
    'entry.count + entry.heldCount + 1 > most',
    'entry.count + entry.heldCount > most',
  ),
  defect(
    'the limit of the sum is not looked at',
    USES,
    ' || entry.amount + entry.heldAmount + amount > rial',
    '',
  ),
  defect(
    'the limit of a merchant is not looked at',
    USES,
    "  if (exceeds(shop, amount, terms?.merchantLimit)) return over(shop, 'merchant')",
    "  if (exceeds(own, amount, terms?.merchantLimit)) return over(shop, 'merchant')",
  ),
  defect(
    'a limit that is reached stays reached on the next day',
    USES,
    'if (day > entry.day) {',
    'if (entry.day === 0) {',
  ),
  defect(
    'a declined sale keeps its place in the day',
    DESK,
    "      case 'release vouchers':\n        sale.use.released()\n",
    "      case 'release vouchers':\n        sale.use.sold()\n",
  ),
  defect(
    'a sale that finds no voucher keeps its place in the day',
    DESK,
    '  if (reserved === undefined) {\n    use.released()\n',
    '  if (reserved === undefined) {\n',
  ),
  defect(
    'a sale that finds no card host keeps its place in the day',
    DESK,
    '  if (trace === undefined) {\n    use.released()\n',
    '  if (trace === undefined) {\n    use.sold()\n',
  ),
  defect(
    'a reversal gives nothing back',
    REVERSALS,
    "  givenBack(result.kind === 'written')\n",
    '  givenBack(false)\n',
  ),
  defect(
    'a reversal that is not written gives back',
    REVERSALS,
    "  givenBack(result.kind === 'written')\n",
    '  givenBack(true)\n',
  ),
  defect(
    'yesterday’s sale gives back today',
    REVERSALS,
    'const began = tehranTime(sale.createdMs).day',
    'const began = today(book)',
  ),
  defect(
    'the store gives back for the sales of any day',
    SALES,
    'const USE_GIVEN_BACK = `use_count = use_count - (use_day = ?),\n' +
      '  use_amount = use_amount - (use_day = ?) * ?`',
    'const USE_GIVEN_BACK = `use_count = use_count - min(1, ?),\n' +
      '  use_amount = use_amount - min(1, ?) * ?`',
  ),
  defect(
    'the store gives back to the terminal and not to its merchant',
    SALES,
    'update merchant_use set ${USE_GIVEN_BACK} where merchant = ?',
    'update merchant_use set ${USE_GIVEN_BACK} where merchant = -?',
  ),
  defect(
    'the store counts the sales of all days as one',
    SUMS,
    'use_count = case when excluded.use_day > use_day then excluded.use_count',
    'use_count = case when excluded.use_day < 0 then excluded.use_count',
  ),
  defect(
    'only the last sale of a group counts for its merchant',
    SUMS,
    '      use.count++\n      use.amount += amount\n',
    '      use.amount = amount\n',
  ),
  defect(
    'the sums of a group are not written',
    SUMS,
    '    for (const use of this.#uses.values()) this.#writeUse(use)\n',
    '',
  ),
]
