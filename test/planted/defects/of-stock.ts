// Defects of stock, counters and the store.

// biome-ignore-all lint/suspicious/noTemplateCurlyInString: what is planted is source text

import { type Defect, defect } from './defect.ts'

const INVENTORY = 'switch/core/inventory.ts'
const COUNTERS = 'switch/core/counters.ts'
const SALES = 'voucher-store/writer/write-sales.ts'
const STOCK = 'voucher-store/writer/write-stock.ts'

export const OF_STOCK_AND_STORE: readonly Defect[] = [
  {
    name: 'a voucher is in two places at once',
    edits: [
      {
        file: INVENTORY,
        find: '      else insertInOrder(this.#window(voucher.product).waiting, voucher)',
        put: '      else this.#window(voucher.product).waiting.push(voucher, voucher)',
      },
      {
        file: STOCK,
        find: '       where id = ? and state = ${available}`,\n' + '    )\n' + '    this.#move ',
        put: '       where id = ?`,\n    )\n    this.#move ',
      },
    ],
  },
  defect(
    'a sold voucher stays in the window',
    INVENTORY,
    '    for (const voucher of vouchers) this.#known.delete(voucher.id)\n  }\n\n  /** From now on',
    '    for (const voucher of vouchers)' +
      ' this.#window(voucher.product).waiting.push(voucher)\n' +
      '  }\n' +
      '\n' +
      '  /** From now on',
  ),
  defect(
    'a hold does not reach the windows',
    INVENTORY,
    '    this.#heldBatches.add(batch)\n    for (const window of this.#windows.values()) {',
    '    for (const window of []) {',
  ),
  {
    name: 'expired vouchers are reserved',
    edits: [
      {
        file: INVENTORY,
        find: '      if (voucher.expires >= day) taken.push(voucher)',
        put: '      if (day > 0) taken.push(voucher)',
      },
      {
        file: INVENTORY,
        find: '    const only = { day, held: this.#heldBatches }',
        put: '    const only = { day: day - day, held: this.#heldBatches }',
      },
    ],
  },
  defect(
    'the store keeps vouchers of a decline reserved',
    SALES,
    "    this.#stock.move(id, voucherIds, ['reserved', 'available'], { lots, leavesOthers })",
    "    if (outcome.kind !== 'declined') this.#stock.move(id, voucherIds," +
      " ['reserved', 'available'], { lots, leavesOthers })",
  ),
  defect(
    'the terminal’s reversals are not counted',
    SALES,
    '    oneRow(tally.changes, `tally of terminal ${record.terminalKey}`)\n',
    '    oneRow(tally.changes, `tally of terminal ${record.terminalKey}`)\n' +
      '    this.#statements(`update terminal_tally set reversals_count =' +
      ' reversals_count - 1,\n' +
      '      reversals_amount = reversals_amount - ? where terminal =' +
      ' ?`).run(record.amount, record.terminalKey)\n',
  ),
  defect(
    'the sums of a group are forgotten',
    'voucher-store/writer/group-commit.ts',
    '      const results = records.map((record) => this.#records.apply(record))\n' +
      '      this.#records.writeSums()\n',
    '      const results = records.map((record) => this.#records.apply(record))\n' +
      '      this.#records.rolledBack()\n',
  ),
  defect(
    'numbers begin again below what was used',
    COUNTERS,
    '    this.#next = high + 1\n',
    '    this.#next = Math.max(1, high - options.block + 1)\n',
  ),
  defect(
    'a block of numbers is used before it is durable',
    COUNTERS,
    '    const high = after + this.#block\n',
    '    const high = after + this.#block\n' +
      '    if (after > this.#high) this.#next = after + 1\n' +
      '    this.#high = high\n',
  ),
  defect(
    'serials and PINs change places',
    'terminal-gateway/voucher-field.ts',
    "(pinFields[index] ?? '').padEnd(pinLength)",
    "(pinFields[pinFields.length - 1 - index] ?? '').padEnd(pinLength)",
  ),
]
