// Defects of the link to the card host: what an answer means, and what an advice carries.

// biome-ignore-all lint/suspicious/noTemplateCurlyInString: what is planted is source text

import { type Defect, defect } from './defect.ts'

const HOST = 'card-gateway/linked-host.ts'
const ANSWER = 'card-gateway/answer.ts'
const ADVICE = 'card-gateway/advice.ts'

export const OF_THE_LINK: readonly Defect[] = [
  defect(
    'a late answer is taken when it is looked at first',
    HOST,
    '        if (atMs - askedMs <= this.#ports.timeouts.cardHostMs) return judged\n',
    '        if (atMs >= askedMs) return judged\n',
  ),
  defect(
    'a timeout counts as not sent',
    HOST,
    "        return unknown('not answered in time', undefined)",
    "        return { kind: 'not-sent', why: 'not answered in time' }",
  ),
  defect(
    'a cut connection counts as not sent',
    HOST,
    "        return unknown('the connection ended before the answer', undefined)",
    "        return { kind: 'not-sent', why: 'the connection ended before the answer' }",
  ),
  defect(
    'a repeated reversal has a trace of its own',
    HOST,
    '    const { host, trace, tid } = reversal\n    this.reopen(host, trace)',
    '    const { host, tid } = reversal\n' +
      '    const trace = repeat ? (this.reversalTrace(host) ?? reversal.trace) :' +
      ' reversal.trace\n' +
      '    reversal = { ...reversal, trace }\n' +
      '    this.reopen(host, trace)',
  ),
  defect(
    'DE 90 names the reversal instead of the purchase',
    ADVICE,
    '  fields.put(90, originalElements(host, acquirerId))',
    '  fields.put(90, originalElements({ ...host, ...trace }, acquirerId))',
  ),
  defect(
    'a partial approval is a sale',
    ANSWER,
    "      return unknown('approved for a partial amount', approval)",
    "      return { kind: 'approved', approval: approval ?? approvalOf(reply) }",
  ),
  defect(
    'an approval for another amount is a sale',
    ANSWER,
    '      if (reply.get(4) !== formatRial(asked))\n',
    "      if (reply.get(4) === '')\n",
  ),
  defect(
    'a code that settles nothing is a decline',
    ANSWER,
    "      return unknown(`answered ${responseCode ?? 'without a code'}`, undefined)",
    "      return { kind: 'declined', responseCode: responseCode ?? '' }",
  ),
  defect(
    'an unreadable answer is a decline',
    ANSWER,
    "  if (reply.kind === 'rejected') return unknown('the answer is unreadable', undefined)",
    "  if (reply.kind === 'rejected') return { kind: 'declined', responseCode: '05' }",
  ),
  defect(
    'DE 38 does not reach the terminal',
    'terminal-gateway/handlers/sale.ts',
    "  if (responseCode === '00') fields.put(38, answer.authCode || undefined)\n",
    '',
  ),
]
