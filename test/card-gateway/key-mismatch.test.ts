// A card host whose answers never have a right MAC: each sale ends as unknown and is reversed, and
// no reversal is ever answered. Somebody has to be told that the keys do not fit.

import { afterEach, beforeEach, expect, it } from 'vitest'
import { ZMK, ZoneFolder } from '../card-host/zone-client.ts'
import { AwayModule } from '../protocol/security/away-module.ts'
import { keyIn, newModule } from '../protocol/security/test-module.ts'
import { StoredInMemory } from '../terminal-gateway/stored-keys.ts'
import { linked, reversalOf, stopAll, sure, until } from './rig.ts'
import { ZONE_OWNER } from './zone-key-rig.ts'

const module = newModule()
/** As the limits of the rig have it. */
const MOST = 3
const ALARM = {
  level: 'alarm',
  what: 'key mismatch with a card host',
  detail: 'bank: 3 answers in a row without a right MAC',
}

let folder: ZoneFolder

beforeEach(() => {
  folder = new ZoneFolder()
})

afterEach(async () => {
  await stopAll()
  folder.remove()
})

it.each(['tdes', 'aes'] as const)('is told once, until an answer is right (%s)', async (scheme) => {
  const store = new StoredInMemory()
  store.putMaster(module, ZONE_OWNER, keyIn(module, 'master', scheme, ZMK[scheme]))
  const { rig, cardHost } = await linked({
    zoneKeyFile: folder.keyFile(scheme),
    settings: { keys: scheme },
    keys: { module, store, alarm: () => undefined },
    timeouts: { cardHostMs: 5_000, echoAnswerMs: 3_000 },
  })
  await until(() => rig.gateway.ready('bank'))
  const sells = async (times: number, kind?: 'mac-wrong' | 'mac-missing') => {
    cardHost.faults = kind === undefined ? [] : [{ times, fault: { kind } }]
    for (let i = 0; i < times; i++) {
      const result = await rig.gateway.debit(rig.prepared())
      expect(result.kind).toBe(kind === undefined ? 'approved' : 'unknown')
    }
  }
  const alarms = () => rig.notices.filter(({ level }) => level === 'alarm')
  await sells(MOST - 1, 'mac-wrong')
  await sells(1)
  await sells(MOST - 1, 'mac-missing')
  expect(alarms()).toEqual([])
  const debit = rig.prepared()
  cardHost.faults = [{ on: 'reversal', times: 1, fault: { kind: 'mac-wrong' } }]
  const trace = sure(rig.gateway.reversalTrace(debit.trace))
  const reversed = await rig.gateway.reverse(reversalOf({ host: debit.trace, trace }), false)
  expect([reversed, alarms()]).toEqual([{ kind: 'silent' }, [ALARM]])
  await sells(2 * MOST, 'mac-wrong')
  expect(alarms()).toEqual([ALARM])
  await sells(1)
  await sells(MOST, 'mac-wrong')
  expect(alarms()).toEqual([ALARM, ALARM])
})

it('is not told of answers that came while the token was away', async () => {
  const token = new AwayModule(module)
  const store = new StoredInMemory()
  store.putMaster(module, ZONE_OWNER, keyIn(module, 'master', 'aes', ZMK.aes))
  const { rig, cardHost } = await linked({
    zoneKeyFile: folder.keyFile('aes'),
    settings: { keys: 'aes' },
    keys: { module: token.module, store, alarm: () => undefined },
    timeouts: { cardHostMs: 5_000, echoAnswerMs: 3_000 },
  })
  await until(() => rig.gateway.ready('bank'))
  cardHost.faults = [{ times: MOST, fault: { kind: 'late', ms: 60 } }]
  const debits = Array.from({ length: MOST }, () => rig.gateway.debit(rig.prepared()))
  await until(() => cardHost.netDebits().length === MOST)
  token.isAway = true
  const away = { kind: 'unknown', why: 'the keys are away' }
  expect(await Promise.all(debits)).toMatchObject(Array(MOST).fill(away))
  token.isAway = false
  expect(rig.notices.filter(({ level }) => level === 'alarm')).toEqual([])
})
