// Whose key it is, in the words that people use. `terminal/7` is the store's own name of an owner:
// what is sealed is bound to it, and nobody else can tell which terminal it is.

import type { KeyOwnerRef } from '../../admin-api/key-schemas.ts'
import type { MasterKeyRow } from '../../voucher-store/admin/keys.ts'

export function refWords({ kind, name, tid, mid, institution }: KeyOwnerRef): string {
  if (kind !== 'terminal') return `${KINDS[kind]} ${name}`
  const place = institution === 0 ? '' : ` of institution ${institution}`
  return `terminal ${tid} of merchant ${mid}${place}`
}

export function whoseOf({ owner, terminal }: MasterKeyRow): string {
  if (terminal !== undefined) return refWords({ kind: 'terminal', ...terminal })
  const [kind = '', name] = owner.split('/')
  return kind in KINDS ? `${KINDS[kind as keyof typeof KINDS]} ${name}` : owner
}

const KINDS = { institution: 'institution', host: 'card host', dukpt: 'DUKPT key set' } as const
