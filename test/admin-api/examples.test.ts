// The examples are of their shapes, so that neither documents nor fake operations drift away.

import { expect, it } from 'vitest'
import * as ceremony from '../../admin-api/ceremony-schemas.ts'
import * as control from '../../admin-api/control-schemas.ts'
import * as keyShapes from '../../admin-api/key-schemas.ts'
import * as shapes from '../../admin-api/schemas.ts'
import * as terminals from '../../admin-api/terminal-schemas.ts'
import * as vaultShapes from '../../admin-api/vault-schemas.ts'
import { EXAMPLES } from './examples.ts'

const SCHEMAS = {
  ...{ ...shapes, ...control, importDone: shapes.importEvent },
  ...{
    masterKey: keyShapes.masterKeyInfo,
    keyRow: keyShapes.keyRow,
    issuedKey: keyShapes.issuedKey,
  },
  zoneKeys: keyShapes.zoneKeys,
  ...{ keyCeremony: ceremony.keyCeremony, takenPart: ceremony.takenPart },
  ...terminals,
  registrationDone: terminals.registrationEvent,
  vaultStatus: vaultShapes.vaultStatus,
  ...{ kekRotation: vaultShapes.kekRotation, dataRotation: vaultShapes.dataRotationEvent },
}

it.each(Object.keys(EXAMPLES) as (keyof typeof EXAMPLES)[])(
  'the example of %s is of its shape, with every member',
  (name) => {
    const parsed: unknown = SCHEMAS[name].parse(EXAMPLES[name])
    expect(parsed).toEqual(EXAMPLES[name])
  },
)
