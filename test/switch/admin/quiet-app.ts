// The admin app over fake operations, for tests; what it logs is kept.

import { type AdminClient, adminClient } from '../../../admin-api/client.ts'
import type { AdminOperations } from '../../../admin-api/operations.ts'
import type { Gate } from '../../../switch/access/gate.ts'
import { inProcessTransport } from '../../../switch/admin/open-admin.ts'
import { buildAdminApp } from '../../../switch/admin/server.ts'
import { type FakeOperations, fakeOperations } from '../../admin-api/fake-operations.ts'
import { OPEN_GATE } from './open-gate.ts'

export type QuietApp = FakeOperations & {
  readonly app: Awaited<ReturnType<typeof buildAdminApp>>
  readonly client: AdminClient
  readonly logged: string[]
}

export async function quietApp(
  replaced: Partial<AdminOperations> = {},
  limits = { adminBodyBytes: 10_000, batchFileBytes: 100_000 },
  gate: Gate = OPEN_GATE,
): Promise<QuietApp> {
  const { operations, asked } = fakeOperations(replaced)
  const logged: string[] = []
  const log = { error: (detail: string) => void logged.push(detail) }
  const about = { gate, from: 'socket', version: '9.9.9' } as const
  const app = await buildAdminApp({ ...about, operations, limits, log })
  const client = adminClient(inProcessTransport(app), 'نیلوفر')
  return { app, client, operations, asked, logged }
}
