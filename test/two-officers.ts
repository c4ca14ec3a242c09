// Two security officers with sessions, for trials that do what one person may not: the first asks,
// the second consents to exactly that, and the first asks again.

import { type AdminClient, adminClient } from '../admin-api/client.ts'
import { EvsError } from '../admin-api/errors.ts'
import { socketTransport } from '../admin-api/transport.ts'

const PASSWORD = 'a password of the trial, long enough'

export interface TwoOfficers {
  readonly first: AdminClient
  readonly second: AdminClient
}

/** Of a switch that has no logins yet. */
export async function twoOfficers(socket: string): Promise<TwoOfficers> {
  const role = 'security-officer' as const
  const nobody = adminClient(socketTransport(socket), 'trial')
  await nobody.addLogin({ name: 'first', roles: [role], password: PASSWORD })
  const first = await sessionOf(socket, 'first')
  await first.addLogin({ name: 'second', roles: [role], password: PASSWORD })
  return { first, second: await sessionOf(socket, 'second') }
}

/** Asks twice, with the consent of the other between. */
export async function together<Result>(
  { first, second }: TwoOfficers,
  act: (admin: AdminClient) => Promise<Result>,
): Promise<Result> {
  try {
    return await act(first)
  } catch (error) {
    const id = approvalOf(error)
    if (id === undefined) throw error
    await second.decideApproval(id, { approve: true })
    return await act(first)
  }
}

async function sessionOf(socket: string, name: string): Promise<AdminClient> {
  const transport = socketTransport(socket)
  const session = await adminClient(transport, 'trial').openSession({ name, password: PASSWORD })
  return adminClient(transport, 'trial', session.token)
}

function approvalOf(error: unknown): string | undefined {
  if (!(error instanceof EvsError) || error.code !== 'APPROVAL_NEEDED') return undefined
  return (error.details as { approval?: string }).approval
}
