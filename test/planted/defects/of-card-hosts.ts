// Defects of a switch with several card hosts: what belongs to one of them reaches another.

import { type Defect, defect } from './defect.ts'

const GATEWAY = 'card-gateway/gateway.ts'
const FIRST_READY = '[...this.#hosts.values()].find(({ ready }) => ready)'

export const OF_CARD_HOSTS: readonly Defect[] = [
  defect(
    'a reversal goes to the first card host that is there',
    GATEWAY,
    '    const host = this.#hosts.get(reversal.host.link)\n',
    `    const host = ${FIRST_READY}\n`,
  ),
  defect(
    'a debit goes to the first card host that is there',
    GATEWAY,
    '    const host = this.#hosts.get(debit.trace.link)\n',
    `    const host = ${FIRST_READY}\n`,
  ),
  defect(
    'a late approval is taken for the first card host’s',
    'card-gateway/linked-host.ts',
    '    onLateApproval({ link: this.name, stan, transmission }, tid, approval)\n',
    "    onLateApproval({ link: 'bank', stan, transmission }, tid, approval)\n",
  ),
]
