// A link to a card host with keys, and the host's side of a key change: the blocks that it sends.
// The store is in memory and keeps sets as the table of keys does.

import { ZoneKeys } from '../../card-gateway/zone-keys.ts'
import { decode } from '../../protocol/message/decode.ts'
import { DIALECTS } from '../../protocol/message/dialect.ts'
import { macInput } from '../../protocol/message/mac-input.ts'
import type { Message } from '../../protocol/message/message.ts'
import type { Key, KeyScheme } from '../../protocol/security/security-module.ts'
import type { SoftwareModule } from '../../protocol/security/software-module.ts'
import type { KeyStore, SealedKeySet, StoredKeys } from '../../switch/core/key-store.ts'

const DIALECT = DIALECTS.iso87ascii
const OWNER = 'host/bank'
const NETWORK = { 7: '1122054430', 11: '000001', 70: '301' }

/** One owner's sets: a newer one replaces the pending one, an older one does nothing. */
export class SetsInMemory implements KeyStore {
  readonly #master: StoredKeys['master']
  active: SealedKeySet | undefined
  pending: SealedKeySet | undefined
  /** False: nothing is written. */
  takes = true

  constructor(master: StoredKeys['master']) {
    this.#master = master
  }

  find(): StoredKeys {
    const { active, pending } = this
    return { master: this.#master, serialNumber: undefined, active, pending }
  }

  async putPending(_owner: string, set: SealedKeySet): Promise<boolean> {
    if (this.takes && set.generation > (this.pending?.generation ?? 0)) this.pending = set
    await Promise.resolve()
    return this.takes
  }

  activate(_owner: string, { generation }: { generation: number }): Promise<boolean> {
    if (this.pending?.generation === generation) {
      this.active = this.pending
      this.pending = undefined
    }
    return Promise.resolve(true)
  }
}

export interface ZoneLink {
  readonly store: SetsInMemory
  /** Begins again from what is in the store. */
  restart(): ZoneKeys
}

export function zoneLink(module: SoftwareModule, scheme: KeyScheme, master: Key): ZoneLink {
  const store = new SetsInMemory({ scheme, sealed: module.seal(master, `${OWNER}/master`) })
  return { store, restart: () => new ZoneKeys('bank', scheme, { module, store }) }
}

/** What a key change with these blocks is answered with, its MAC aside. */
export async function change(zone: ZoneKeys, text: string | undefined): Promise<string> {
  const request = {
    mti: '0800',
    macOffset: -1,
    has: (de: number) => de === 62 && text !== undefined,
    get: (de: number) => (de === 62 ? text : undefined),
  }
  const { responseCode } = await zone.change(request as Message, { set: undefined })
  return responseCode
}

/** Whether what the link sends has a MAC under this key. */
export function sendsUnder(module: SoftwareModule, zone: ZoneKeys, macKey: Key): boolean {
  const message = decode(DIALECT, zone.encode(DIALECT, '0800', NETWORK))
  if (message.kind === 'rejected') throw new Error(message.reason)
  const input = macInput(message)
  const mac = Buffer.from(message.get(128) ?? '', 'hex')
  return input !== undefined && module.verifiesMac(macKey, input, mac)
}
