// The storage key of the security module, in a store from before there was one: made once, by the
// first process that opens such a store for writing.

import type { ChangeResult } from '../admin/admin-write.ts'
import { addKeyInTurn, type KeyPorts } from './key-rows.ts'

/** Undefined: it is there. Otherwise what became of the attempt. */
export function addModuleKey(ports: KeyPorts, atMs: number): Promise<ChangeResult | undefined> {
  return ports.ring.inTurn(async () => {
    if (ports.ring.has('module')) return undefined
    const key = { purpose: 'module', detail: {}, also: () => [] } as const
    return addKeyInTurn(ports, key, { by: 'start', atMs })
  })
}
