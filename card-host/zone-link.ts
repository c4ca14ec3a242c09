// The zone keys as the host uses them: which messages it believes, what a PIN block holds, and the
// bytes of what it sends. On a link without keys everything is believed and nothing has a MAC.

import type { Dialect } from '../protocol/message/dialect.ts'
import type { Message } from '../protocol/message/message.ts'
import { Pan } from '../protocol/values/pan.ts'
import { isReason } from '../protocol/values/reason.ts'
import type { Answer } from './answer.ts'
import type { Session } from './door.ts'
import type { Fault } from './faults.ts'
import { HostKeys, type MacForm, sealed, type ZoneSet } from './host-keys.ts'
import type { CardHostOptions } from './host-options.ts'
import { type KeyChangePorts, KeyChanges } from './key-changes.ts'
import { openMasterKey } from './key-file.ts'
import type { PurchaseRequest } from './request.ts'

/** The set that a message verified under, and its answer goes out under. */
export type Under = ZoneSet | undefined

/** The faults that are made of the MAC. */
const MAC_FORMS: Partial<Record<Fault['kind'], MacForm>> = {
  'mac-wrong': 'wrong',
  'mac-missing': 'missing',
}

export class ZoneLink {
  readonly #dialect: Dialect
  readonly #keys: HostKeys | undefined
  readonly #changes: KeyChanges | undefined

  constructor(options: CardHostOptions, ports: Omit<KeyChangePorts, 'keys' | 'everyMs'>) {
    const { zoneKeyFile, ledgerFile, keyChangeMs: everyMs } = options
    this.#dialect = ports.dialect
    if (zoneKeyFile === undefined) return
    // Beside the ledger lie the keys that were agreed on.
    const file = ledgerFile === undefined ? undefined : `${ledgerFile}.zone-keys`
    this.#keys = new HostKeys(openMasterKey(zoneKeyFile), file)
    this.#changes = new KeyChanges({ ...ports, keys: this.#keys, everyMs })
  }

  /** Before the first key change a link with keys carries network management only. */
  verify(message: Message): { readonly under: Under } | 'wrong' {
    if (this.#keys === undefined) return { under: undefined }
    const verified = this.#keys.verified(message)
    if (verified === undefined) return 'wrong'
    const isUnproven = verified.set === undefined && !message.mti.startsWith('08')
    return isUnproven ? 'wrong' : { under: verified.set }
  }

  /** Whether this is the answer to a key change of ours. */
  isAnswer(message: Message): boolean {
    if (message.mti !== '0810' || this.#changes === undefined) return false
    return this.verify(message) !== 'wrong' && this.#changes.answered(message)
  }

  /** With the PIN that its block holds; undefined when the block is of the other format. */
  withPin(request: PurchaseRequest, under: Under): PurchaseRequest | undefined {
    const keys = this.#keys
    if (keys === undefined || under === undefined || !request.hasPinBlock) return request
    const { pinBlock, cardNumber } = request
    if (pinBlock?.de !== (keys.scheme === 'aes' ? 61 : 52)) return undefined
    const pan = Pan.parse(cardNumber)
    const cardPin = isReason(pan) ? undefined : keys.openPin(under, pinBlock.block, pan)
    return { ...request, cardPin }
  }

  bytes(answer: Answer, under: Under, fault: Fault | undefined): Buffer {
    const form = fault === undefined ? undefined : MAC_FORMS[fault.kind]
    return sealed(this.#keys, under, { dialect: this.#dialect, ...answer }, form)
  }

  signedOn(session: Session): void {
    this.#changes?.signedOn(session)
  }

  change(): boolean {
    return this.#changes?.change() ?? false
  }

  stop(): void {
    this.#changes?.stop()
  }
}
