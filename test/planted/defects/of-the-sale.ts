// Defects of the sale itself: what may follow what, and what is durable when.

// biome-ignore-all lint/suspicious/noTemplateCurlyInString: what is planted is source text

import { type Defect, defect } from './defect.ts'

const DESK = 'switch/core/sale-desk.ts'
const MACHINE = 'switch/core/sale-machine.ts'

export const OF_THE_SALE: readonly Defect[] = [
  defect(
    'the answer leaves before C2',
    MACHINE,
    "    stage: { at: 'writing outcome', ending, answered: false },\n" +
      "    effects: [{ do: 'write outcome', ending }],",
    `    stage: { at: 'writing outcome', ending, answered: true },
    effects: [
      ending.kind === 'sold'
        ? { do: 'answer', responseCode: '00', approval: ending.approval }
        : { do: 'answer', responseCode: ending.responseCode },
      { do: 'write outcome', ending },
    ],`,
  ),
  defect(
    'the debit does not wait for C1',
    DESK,
    '  book.journal.write(intentOf(book, sale)).then((result) => {',
    `  void book.journal.write(intentOf(book, sale))
  const written: Promise<WriteResult> = Promise.resolve({ kind: 'written' })
  written.then((result) => {`,
  ),
  defect(
    'an unknown debit ends as a decline',
    MACHINE,
    "      return { kind: 'reversing', responseCode, approval: result.approval }",
    "      return { kind: 'declined', responseCode }",
  ),
  defect(
    'a reversal during the debit is forgotten when the host approves',
    MACHINE,
    "      if (!cancelled) return { kind: 'sold', approval: result.approval }",
    "      return { kind: 'sold', approval: result.approval }",
  ),
  defect(
    'an outcome that does not fit stays sold after 96',
    MACHINE,
    "      : { kind: 'reversing', responseCode: '96', approval: before.approval }",
    '      : before',
  ),
  defect(
    'a late start of the debit is not noticed',
    DESK,
    '  return spent > switchTimeoutMs - cardHostTimeoutMs',
    '  return spent > switchTimeoutMs * 1_000 - cardHostTimeoutMs',
  ),
  defect(
    'vouchers of a sale without approval are shown',
    DESK,
    'return { ...bare(responseCode), rrn, amount }\n  book.answered',
    'return { ...bare(responseCode), rrn, amount, vouchers: sale.opened }\n  book.answered',
  ),
  defect(
    'vouchers do not come back after a decline',
    MACHINE,
    "  else effects.push({ do: 'release vouchers' })",
    "  else effects.push({ do: 'settle vouchers' })",
  ),
  defect(
    'a reversal is written and never sent',
    MACHINE,
    "  if (ending.kind === 'reversing') {\n" +
      "    effects.push({ do: 'queue reversal', approval: ending.approval })\n" +
      '  }',
    '',
  ),
  defect(
    'the price is not checked',
    DESK,
    "  if (request.content.amount !== product.priceRial * request.count) return '13'",
    '',
  ),
  defect(
    'a refusal is not stored',
    DESK,
    "  if (result.kind !== 'written') return bare('96')\n  return { ...bare(responseCode), rrn",
    "  if (result.kind !== 'written') return { ...bare(responseCode), rrn }\n" +
      '  return { ...bare(responseCode), rrn',
  ),
  defect(
    'a notice tells the card number',
    DESK,
    'sale.refusal = `intent not written: ${result.reason}: ${result.detail}`',
    'sale.refusal = `intent not written for ${sale.card.pan.reveal()}: ${result.detail}`',
  ),
]
