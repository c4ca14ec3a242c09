// Defects of the answers that are given again: repeats, inquiries, reprints, and whose they are.

// biome-ignore-all lint/suspicious/noTemplateCurlyInString: what is planted is source text

import { type Defect, defect } from './defect.ts'

const REPEAT = 'switch/core/repeat.ts'
const SEEN = 'switch/core/seen-identities.ts'

export const OF_REPEATS: readonly Defect[] = [
  defect(
    'the amount is left out of the identity check',
    REPEAT,
    '    stored.amount === content.amount &&\n',
    '',
  ),
  defect(
    'the card is left out of the identity check',
    REPEAT,
    '    stored.order === content.order &&\n    stored.cardHash === content.cardHash',
    '    stored.order === content.order',
  ),
  defect('an identity that was refused counts as never seen', SEEN, " || kind === 'refusal'", ''),
  defect('an identity that was sold counts as never seen', SEEN, "kind === 'intent' || ", ''),
  defect(
    'an identity that an earlier life wrote ahead of time counts as never seen',
    SEEN,
    '    for (const key of later) this.#note(key)\n',
    '',
  ),
  defect(
    'a repeat gets a new RRN',
    REPEAT,
    '    responseCode: sale.responseCode,\n    rrn: sale.rrn,',
    '    responseCode: sale.responseCode,\n    rrn: book.rrns.next(20260101),',
  ),
  defect(
    'a repeat of a reversed sale gets its vouchers',
    REPEAT,
    "  if (sale.cancelled) return { ...bare('94'), rrn: sale.rrn }\n",
    '',
  ),
  defect(
    'vouchers are disclosed for ever',
    REPEAT,
    '  return ageOf(book, sale.confirmedMs) <= book.settings.disclosureAfterConfirmationMs',
    '  return ageOf(book, sale.confirmedMs) >= 0',
  ),
  defect(
    'an approved repeat comes without vouchers',
    REPEAT,
    "  if (sale.state !== 'sold' || !mayDisclose(book, sale)) return answer",
    "  if (by === 'repeat' || sale.state !== 'sold' || !mayDisclose(book, sale)) return answer",
  ),
  defect(
    'an inquiry does not see the sale that is running',
    REPEAT,
    "  if (book.running.has(place)) return bare('09')\n" +
      "  return book.turns.ask(place, 'inquiry', async () => {",
    '  return Promise.resolve().then(async () => {',
  ),
  defect(
    'a reprint goes to any card',
    'switch/core/reprint-desk.ts',
    '    sale.content?.cardHash === cardHash &&\n',
    '',
  ),
  defect(
    'the institution is left out of the identity',
    'voucher-store/reading/terminal-directory.ts',
    '    const key = `${institution}/${mid}/${tid}`',
    '    const key = `${mid}/${tid}`',
  ),
]
