// Keys of terminals, institutions and card hosts: issued in parts, loaded from parts, replaced and
// removed. A change is durable before the running switch is told to read it again. What is answered
// with a part or a block of a key is answered once, and kept nowhere.

import type { Actor } from '../../admin-api/actor.ts'
import { EvsError } from '../../admin-api/errors.ts'
import type {
  IssuedKey,
  KeyOwnerRef,
  KeyRow,
  MasterKeyInfo,
  ZoneKeysInfo,
} from '../../admin-api/key-schemas.ts'
import type { AdminOperations } from '../../admin-api/operations.ts'
import { KeyPart, type SecurityModule } from '../../protocol/security/security-module.ts'
import type { Key, KeyScheme, KeyUse } from '../../protocol/values/key.ts'
import { isReason } from '../../protocol/values/reason.ts'
import { newSessionKeys, sealedKeys } from '../../terminal-gateway/session-keys.ts'
import {
  listMasterKeys,
  type MasterKeyRow,
  putMasterKey,
  putZoneSet,
  removeKeys,
} from '../../voucher-store/admin/keys.ts'
import { findTerminal } from '../../voucher-store/admin/terminals.ts'
import { SqliteKeyStore } from '../../voucher-store/key-store.ts'
import { type KeyStore, masterPlace, setPlace } from '../core/key-store.ts'
import { whoseOf } from './key-owner-words.ts'
import { type KeyStates, keyStates, UNKNOWN } from './key-state.ts'
import { mustFind, mustWrite } from './operation-errors.ts'
import type { OperationTools } from './operation-ports.ts'

type KeyOperations = Pick<
  AdminOperations,
  'keys' | 'issueKey' | 'loadKey' | 'makeZoneKeys' | 'removeKeys'
>

export function keyOperations(tools: OperationTools): KeyOperations {
  const { store, by, wallMs, runtime } = tools
  const { journal, database } = store
  const keyStore = new SqliteKeyStore({ database, journal, wallMs })
  const ownerOf = (ref: KeyOwnerRef): string => ownerName(tools, ref)

  return {
    keys: () => keyRows(tools, keyStore),
    issueKey: async (actor, { owner: ref, scheme, parts }) => {
      const owner = ownerOf(ref)
      mustFit(tools, ref, scheme)
      const module = await tools.securityModule()
      const use = useOf(ref)
      const { key, components } = module.generateComponents(use, scheme, parts)
      const checkValue = await putKey(tools, { actor, owner, key, action: 'key issue' })
      const printed = components.map(({ component, checkValue: own }) => ({
        part: component.reveal(),
        checkValue: own,
      }))
      const created = new Date(wallMs()).toISOString()
      return { owner, scheme, checkValue, created, parts: printed } satisfies IssuedKey
    },
    loadKey: async (actor, { owner: ref, scheme, parts, checkValue }) => {
      const owner = ownerOf(ref)
      mustFit(tools, ref, scheme)
      const module = await tools.securityModule()
      const key = combined(module, { use: useOf(ref), scheme }, parts)
      if (checkValue !== undefined && module.checkValue(key) !== checkValue) {
        const message = 'the parts make another key: the check value of the whole differs'
        const hint = 'one part belongs to another key; compare the print-outs'
        throw new EvsError('USAGE', { message, hint })
      }
      await putKey(tools, { actor, owner, key, action: 'key load' })
      return keyInfo(tools, owner)
    },
    makeZoneKeys: (actor, { owner: ref }) => makeZoneKeys(tools, keyStore, { actor, ref }),
    removeKeys: async (actor, { owner: ref }) => {
      const owner = ownerOf(ref)
      const row = mustFind(listMasterKeys(database, owner)[0], `a master key of ${owner}`)
      mustWrite(await removeKeys(journal, owner, by(actor)), `the keys of ${owner}`)
      runtime?.keysChanged(owner)
      return shown(row)
    },
  }
}

/** Owners whose keys are opened for one list: a token keeps a bounded number open. */
const LOOKED_AT_MOST = 500
/** Sales go between. */
const SLICE = 20

async function keyRows(tools: OperationTools, keyStore: KeyStore): Promise<KeyRow[]> {
  const rows = listMasterKeys(tools.store.database)
  const module = rows.length === 0 ? undefined : await moduleOrNone(tools)
  const shownRows: KeyRow[] = []
  for (const [index, row] of rows.entries()) {
    const isSeen = index < LOOKED_AT_MOST
    if (isSeen && index % SLICE === SLICE - 1) {
      await new Promise<void>((next) => tools.clock.after(0, next))
    }
    const { owner } = row
    const states = isSeen ? keyStates(module, owner, keyStore.find(owner)) : UNKNOWN
    shownRows.push({ ...shown(row), ...states })
  }
  return shownRows
}

/** Of one owner that should have keys. */
export async function ownerKeys(tools: OperationTools, owner: string) {
  const { database, journal } = tools.store
  const keyStore = new SqliteKeyStore({ database, journal, wallMs: tools.wallMs })
  const [row] = listMasterKeys(database, owner)
  const module = row === undefined ? undefined : await moduleOrNone(tools)
  const states: KeyStates =
    row === undefined
      ? { masterKey: 'missing', sessionKeys: 'missing' }
      : keyStates(module, owner, keyStore.find(owner))
  const { checkValue = null, active = null, pending = null } = row ?? {}
  return { checkValue, active, pending, ...states }
}

/** Looking at keys works without it: a token may be away, or software refused in production. */
async function moduleOrNone(tools: OperationTools): Promise<SecurityModule | undefined> {
  try {
    return await tools.securityModule()
  } catch (error) {
    if (error instanceof EvsError) return undefined
    throw error
  }
}

/** Seals and writes a master key; the running switch takes it from its next message on. */
export async function putKey(
  tools: OperationTools,
  {
    actor,
    owner,
    key,
    action,
  }: {
    readonly actor: Actor
    readonly owner: string
    readonly key: Key
    readonly action: 'key issue' | 'key load'
  },
): Promise<string> {
  const { store, by, runtime } = tools
  const module = await tools.securityModule()
  const sealed = module.seal(key, masterPlace(owner))
  const checkValue = module.checkValue(key)
  const row = { owner, scheme: key.scheme, sealed, checkValue }
  mustWrite(await putMasterKey(store.journal, row, action, by(actor)), `the key of ${owner}`)
  runtime?.keysChanged(owner)
  return checkValue
}

export function keyInfo({ store }: OperationTools, owner: string): MasterKeyInfo {
  return shown(mustFind(listMasterKeys(store.database, owner)[0], owner))
}

async function makeZoneKeys(
  tools: OperationTools,
  keyStore: KeyStore,
  { actor, ref }: { actor: { readonly name: string }; ref: KeyOwnerRef },
): Promise<ZoneKeysInfo> {
  const { store, by, runtime } = tools
  const owner = ownerName(tools, ref)
  if (ref.kind !== 'institution') {
    const message = `${owner}: its session keys come by ${WHERE_FROM[ref.kind]}`
    throw new EvsError('USAGE', { message, hint: 'make zone keys for an institution' })
  }
  const module = await tools.securityModule()
  const stored = keyStore.find(owner)
  const { scheme, sealed, checkValue } = mustFind(stored.master, `a zone master key of ${owner}`)
  const master = module.unseal('master', scheme, sealed, masterPlace(owner))
  if (master === undefined) {
    throw new EvsError('KEK_WRONG', { message: `the master key of ${owner} does not open` })
  }
  const generation = 1 + Math.max(stored.active?.generation ?? 0, stored.pending?.generation ?? 0)
  const keys = newSessionKeys(module, scheme)
  const set = {
    ...{ generation, scheme, transmission: undefined, serialNumber: undefined },
    ...sealedKeys(module, keys, setPlace(owner, generation)),
  }
  const place = { owner, under: checkValue }
  mustWrite(await putZoneSet(store.journal, place, set, by(actor)), `zone keys of ${owner}`)
  runtime?.keysChanged(owner)
  return {
    ...{ owner, generation },
    macKey: module.exportUnder(master, keys.macKey),
    pinKey: module.exportUnder(master, keys.pinKey),
    dataKey: module.exportUnder(master, keys.dataKey),
  }
}

const WHERE_FROM = {
  terminal: 'its logon',
  host: "the card host's key change",
  dukpt: 'derivation in the terminal',
} as const

export function useOf({ kind }: KeyOwnerRef): KeyUse {
  return kind === 'dukpt' ? 'dukpt-base' : 'master'
}

function combined(
  module: SecurityModule,
  { use, scheme }: { readonly use: KeyUse; readonly scheme: KeyScheme },
  parts: readonly { readonly part: string; readonly checkValue: string }[],
): Key {
  const components = parts.map(({ part, checkValue }, index) => {
    const component = KeyPart.parse(part)
    if (!isReason(component)) return { component, checkValue }
    throw new EvsError('USAGE', { message: `part ${index + 1}: ${component.reason}` })
  })
  const key = module.combine(use, scheme, components)
  if (!isReason(key)) return key
  const hint = 'compare each part and its check value with the print-out'
  throw new EvsError('USAGE', { message: key.reason, hint })
}

export function ownerName({ store, config }: OperationTools, ref: KeyOwnerRef): string {
  const { kind, name, tid, mid, institution } = ref
  if (kind === 'terminal') {
    if (tid === undefined || mid === undefined) {
      throw new EvsError('USAGE', { message: 'a terminal is named by its TID and MID' })
    }
    const found = findTerminal(store.database, { institution, mid, tid })
    return `terminal/${mustFind(found, `terminal ${tid} of merchant ${mid}`).id}`
  }
  if (kind === 'dukpt') {
    if (/^[0-9A-F]{10}$/.test(name ?? '')) return `dukpt/${name}`
    const hint = 'the first 10 digits of its key serial numbers, upper case'
    throw new EvsError('USAGE', { message: 'a DUKPT key set has 10 hex digits', hint })
  }
  const names =
    kind === 'host'
      ? config.cardHosts.map((host) => host.name)
      : config.listeners.filter((one) => one.kind === 'institution').map((one) => one.name)
  const what = kind === 'host' ? 'card host' : "institution's listener"
  if (name !== undefined && names.includes(name)) return `${kind}/${name}`
  const hint = names.length === 0 ? `the configuration has no ${what}` : names.join(', ')
  throw new EvsError('NOT_FOUND', { message: `no ${what} is called ${name ?? ''}`, hint })
}

/** A key of another scheme than the terminal or the link is set to would never be used. */
export function mustFit(
  { store, config }: OperationTools,
  ref: KeyOwnerRef,
  scheme: KeyScheme,
): void {
  const own = schemeOf(store, config, ref)
  if (own === scheme) return
  const message = `its keys are set to ${own ?? 'none'}, and this key is for ${scheme}`
  throw new EvsError('CONFLICT', { message, hint: 'issue a key of the scheme that is set' })
}

/** What the terminal or the link is set to; DUKPT is served with triple DES only. */
function schemeOf(
  { database }: OperationTools['store'],
  { cardHosts, listeners }: OperationTools['config'],
  ref: KeyOwnerRef,
): string | undefined {
  const { kind, name, institution, mid = '', tid = '' } = ref
  if (kind === 'dukpt') return 'tdes'
  if (kind === 'terminal') return findTerminal(database, { institution, mid, tid })?.scheme
  return (kind === 'host' ? cardHosts : listeners).find((one) => one.name === name)?.keys
}

function shown(row: MasterKeyRow): MasterKeyInfo {
  return {
    ...{ owner: row.owner, whose: whoseOf(row), scheme: row.scheme, checkValue: row.checkValue },
    serialNumber: row.serialNumber ?? null,
    created: new Date(row.createdMs).toISOString(),
    active: row.active ?? null,
    pending: row.pending ?? null,
  }
}
