// A link to a card host with keys, and the host's side of a key change: the blocks that it sends.
// The store is in memory and keeps sets as the table of keys does.

import type { Verified } from '../../card-gateway/zone-change.ts'
import { ZoneKeys } from '../../card-gateway/zone-keys.ts'
import { decode } from '../../protocol/message/decode.ts'
import { DIALECTS } from '../../protocol/message/dialect.ts'
import type { Fields } from '../../protocol/message/encode.ts'
import { encodeWithMac, macInput } from '../../protocol/message/mac-input.ts'
import type { Message } from '../../protocol/message/message.ts'
import type { Key, KeyScheme, SecurityModule } from '../../protocol/security/security-module.ts'
import { StoredInMemory } from '../terminal-gateway/stored-keys.ts'

const DIALECT = DIALECTS.iso87ascii
export const ZONE_OWNER = 'host/bank'
const NETWORK = { 7: '1122054430', 11: '000001', 70: '301' }

export interface ZoneLink {
  readonly store: StoredInMemory
  /** What was said of keys that do not open, and whose they are. */
  readonly alarms: readonly string[]
  /** Begins again from what is in the store. */
  restart(): ZoneKeys
}

export function zoneLink(module: SecurityModule, scheme: KeyScheme, master: Key): ZoneLink {
  const store = new StoredInMemory()
  store.putMaster(module, ZONE_OWNER, master)
  const alarms: string[] = []
  const alarm = (what: string, owner: string) => void alarms.push(`${what}: ${owner}`)
  return { store, alarms, restart: () => new ZoneKeys('bank', scheme, { module, store, alarm }) }
}

/** A link that has a zone master key, and what the host makes under it. */
export function newLink(module: SecurityModule, scheme: KeyScheme) {
  const master = module.generate('master', scheme)
  const keys = () => ({
    macKey: module.generate('mac', scheme),
    pinKey: module.generate('pin', scheme),
  })
  const blocksOf = (set: { macKey: Key; pinKey: Key }) =>
    module.exportUnder(master, set.macKey) + module.exportUnder(master, set.pinKey)
  return { link: zoneLink(module, scheme, master), keys, blocksOf }
}

/** What a key change with these blocks is answered with, its MAC aside. */
export async function change(
  zone: ZoneKeys,
  text: string | undefined,
  answer: () => boolean = () => true,
): Promise<string> {
  const request = {
    mti: '0800',
    macOffset: -1,
    has: (de: number) => de === 62 && text !== undefined,
    get: (de: number) => (de === 62 ? text : undefined),
  }
  return zone.change(request as Message, { set: undefined }, answer)
}

/** What a message of the host under this key is believed as, and a change is answered with. */
export function messageUnder(
  module: SecurityModule,
  zone: ZoneKeys,
  macKey: Key,
  fields: Fields = NETWORK,
  mti = '0800',
) {
  const body = encodeWithMac(DIALECT, mti, fields, (input) => module.mac(macKey, input))
  const message = decode(DIALECT, body)
  if (message.kind === 'rejected') throw new Error(message.reason)
  const verified = zone.verified(message)
  if (verified === 'away') throw new Error('the keys are away')
  return { message, verified }
}

export async function changeUnder(
  module: SecurityModule,
  zone: ZoneKeys,
  { macKey, blocks }: { macKey: Key; blocks: string },
  answer: () => boolean = () => true,
): Promise<string> {
  const fields = { ...NETWORK, 62: blocks, 70: '101' }
  const { message, verified } = messageUnder(module, zone, macKey, fields)
  return zone.change(message, verified, answer)
}

/** A first change, and a fresh answer of the host under the keys that it brought. */
export async function proved(
  module: SecurityModule,
  zone: ZoneKeys,
  { macKey, blocks }: { macKey: Key; blocks: string },
): Promise<void> {
  if ((await change(zone, blocks)) !== '00') throw new Error('a first change that is taken')
  answers(module, zone, macKey)
}

/** A message under this key answers a request of the link; `asked`: what that was under. */
export function answers(
  module: SecurityModule,
  zone: ZoneKeys,
  macKey: Key,
  asked?: Verified,
): void {
  const { verified } = messageUnder(module, zone, macKey)
  if (verified !== undefined) zone.answered(verified, asked)
}

/** Whether what the link sends has a MAC under this key. */
export function sendsUnder(module: SecurityModule, zone: ZoneKeys, macKey: Key): boolean {
  const message = decode(DIALECT, zone.encode(DIALECT, '0800', NETWORK))
  if (message.kind === 'rejected') throw new Error(message.reason)
  const input = macInput(message)
  const mac = Buffer.from(message.get(128) ?? '', 'hex')
  return input !== undefined && module.verifiesMac(macKey, input, mac)
}
