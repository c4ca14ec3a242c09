// Whether keys open, as `evs key list` and `evs terminal show` tell it: over a real store and a
// module that can be away or hold another storage key. Nothing is changed by looking.

import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { EvsError } from '../../../admin-api/errors.ts'
import { keyRow } from '../../../admin-api/key-schemas.ts'
import { terminalDetail } from '../../../admin-api/terminal-schemas.ts'
import { systemTimers } from '../../../protocol/link/timers.ts'
import type { SecurityModule } from '../../../protocol/security/security-module.ts'
import { createOperations } from '../../../switch/admin/operations.ts'
import { defaultSettings } from '../../../switch/limits.ts'
import { AwayModule } from '../../protocol/security/away-module.ts'
import { newModule } from '../../protocol/security/test-module.ts'
import {
  addTerminal,
  KEK,
  NOW,
  type TemporaryStore,
  temporaryStore,
} from '../../voucher-store/temporary-store.ts'

const actor = { name: 'sara' }
const PLACE = { tid: '10000001', mid: '000000000012345', institution: 0 }
const TERMINAL = { kind: 'terminal', ...PLACE } as const
const BANK = { kind: 'institution', name: 'bank', institution: 0 } as const
const DUKPT = { kind: 'dukpt', name: 'FFFF987654', institution: 0 } as const
const FACTS = {
  ...{ sqliteVersion: '3.51.3', journalMode: 'wal', synchronous: 2, foreignKeys: 1, mmapSize: 0 },
}

let store: TemporaryStore
let token: AwayModule

beforeEach(async () => {
  store = await temporaryStore()
  await addTerminal(store)
  token = new AwayModule(newModule())
})
afterEach(() => store.close())

function operationsWith(module: () => Promise<SecurityModule>) {
  const { operations } = createOperations({
    store: { ...store, facts: FACTS, epoch: 1, kek: KEK },
    ...{ clock: systemTimers, wallMs: () => NOW, securityModule: module, runtime: undefined },
    config: {
      ...defaultSettings(),
      listeners: [{ name: 'bank', kind: 'institution', keys: 'tdes' }],
      cardHosts: [],
    },
  })
  return operations
}

const own = () => operationsWith(async () => token.module)

async function states(module?: () => Promise<SecurityModule>) {
  const rows = await operationsWith(module ?? (async () => token.module)).keys()
  for (const row of rows) expect(keyRow.parse(row)).toEqual(row)
  return rows.map(({ owner, masterKey, sessionKeys }) => [owner, masterKey, sessionKeys])
}

describe('a list of keys', () => {
  beforeEach(async () => {
    await own().issueKey(actor, { owner: BANK, scheme: 'tdes', parts: 2 })
    await own().issueKey(actor, { owner: DUKPT, scheme: 'tdes', parts: 2 })
  })

  it('tells keys that are there, and session keys that are not', async () => {
    expect(await states()).toEqual([
      ['dukpt/FFFF987654', 'in force', 'in force'],
      ['institution/bank', 'in force', 'missing'],
    ])
    await own().makeZoneKeys(actor, { owner: BANK })
    expect((await states())[1]).toEqual(['institution/bank', 'in force', 'in force'])
  })

  it.each(['mac_key', 'pin_key', 'data_key'])('tells a %s that is damaged', async (column) => {
    await own().makeZoneKeys(actor, { owner: BANK })
    store.writer.exec(`update key_set set ${column} = zeroblob(48)`)
    expect((await states())[1]).toEqual(['institution/bank', 'in force', 'do not open'])
  })

  it('tells keys under another storage key', async () => {
    await own().makeZoneKeys(actor, { owner: BANK })
    store.writer.exec("update master_key set sealed = zeroblob(48) where owner like 'inst%'")
    expect(await states()).toEqual([
      ['dukpt/FFFF987654', 'in force', 'in force'],
      ['institution/bank', 'do not open', 'in force'],
    ])
  })

  it('tells that it does not know while the module is away, or cannot be opened', async () => {
    token.isAway = true
    const unknown = ['unknown', 'unknown']
    expect(await states()).toEqual([
      ['dukpt/FFFF987654', ...unknown],
      ['institution/bank', ...unknown],
    ])
    const refused = async () => {
      throw new EvsError('SOFTWARE_KEYS_REFUSED')
    }
    expect((await states(refused))[0]).toEqual(['dukpt/FFFF987654', ...unknown])
  })

  it('looks at the first five hundred owners, and says so of the others', async () => {
    const sealed = token.module.seal(token.module.generate('master', 'aes'), 'elsewhere')
    const insert = store.writer.prepare(
      `insert into master_key (owner, scheme, sealed, check_value, created_ms)
       values (?, 'aes', ?, 'ABCDEF', 0)`,
    )
    for (let key = 1_000; key < 1_600; key++) insert.run(`terminal/${key}`, sealed)
    const told = (await states()).map(([, masterKey]) => masterKey)
    expect(told.filter((state) => state === 'unknown')).toHaveLength(602 - 500)
    expect(told.filter((state) => state === 'do not open')).toHaveLength(498)
  })
})

describe('a terminal', () => {
  const keysOf = async () => {
    const detail = await own().terminal(PLACE)
    expect(terminalDetail.parse(detail)).toEqual(detail)
    return detail.keys
  }

  it('without a master key has none, and with one has no session keys before its logon', async () => {
    const none = { checkValue: null, active: null, pending: null }
    const missing = { masterKey: 'missing', sessionKeys: 'missing' }
    expect(await keysOf()).toEqual({ ...none, ...missing })
    const { checkValue } = await own().issueKey(actor, { owner: TERMINAL, scheme: 'aes', parts: 2 })
    expect(await keysOf()).toEqual({ ...none, ...missing, checkValue, masterKey: 'in force' })
  })

  it('whose master key is damaged is told so', async () => {
    await own().issueKey(actor, { owner: TERMINAL, scheme: 'aes', parts: 2 })
    store.writer.exec('update master_key set sealed = zeroblob(48)')
    expect(await keysOf()).toMatchObject({ masterKey: 'do not open', sessionKeys: 'missing' })
  })

  it('that is to have no keys has nothing told of them', async () => {
    store.writer.exec("update terminal set scheme = 'none'")
    expect(await keysOf()).toBeNull()
  })
})
