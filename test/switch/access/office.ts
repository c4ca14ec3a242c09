// A store with its administration, gate included, under a clock of its own, for tests of logins and
// second persons. People get their sessions here as over a socket.

import { expect, vi } from 'vitest'
import { type AdminClient, adminClient } from '../../../admin-api/client.ts'
import type { NewLogin } from '../../../admin-api/control-schemas.ts'
import type { Caller } from '../../../switch/access/gate.ts'
import { inProcessTransport } from '../../../switch/admin/open-admin.ts'
import { createOperations } from '../../../switch/admin/operations.ts'
import { buildAdminApp } from '../../../switch/admin/server.ts'
import { defaultSettings } from '../../../switch/limits.ts'
import type { StoreRecord } from '../../../voucher-store/store-record.ts'
import { newModule } from '../../protocol/security/test-module.ts'
import {
  addTerminal,
  KEK,
  NOW,
  type TemporaryStore,
  temporaryStore,
} from '../../voucher-store/temporary-store.ts'

export interface Office {
  readonly store: TemporaryStore
  /** Who says to be the unix user `ali`. */
  readonly user: AdminClient
  client(from: Caller['from'], token?: string): Promise<AdminClient>
  /** The raw app, for headers and statuses. */
  app(from: Caller['from']): ReturnType<typeof buildAdminApp>
  /** A session over the socket. */
  session(name: string, password?: string): Promise<AdminClient>
  /** Time passes. */
  pass(ms: number): void
  /** What a stop of the switch ends, ended. */
  restart(): void
  /** Writes that it names wait from now on, until they are let go. */
  hold(named: (record: StoreRecord) => boolean): Held
  /** Acts in the journal, oldest first: action, by and the rest. */
  acts(): Record<string, unknown>[]
  close(): Promise<void>
}

export interface Held {
  /** So many have come. */
  came(count: number): Promise<void>
  letGo(): void
}

const FACTS = {
  ...{ sqliteVersion: '3.51.3', journalMode: 'wal', synchronous: 2 },
  ...{ foreignKeys: 1, mmapSize: 0 },
}

export const passwordOf = (name: string) => `the long password of ${name}`

export async function openOffice(): Promise<Office> {
  const given = await temporaryStore()
  await addTerminal(given)
  const { journal, hold } = holdable(given.journal)
  const store = { ...given, journal }
  const module = newModule()
  let nowMs = 0
  const after = (ms: number, run: () => void) => {
    const timer = setTimeout(run, ms)
    return () => clearTimeout(timer)
  }
  const clock = { monotonicMs: () => nowMs, wallMs: () => NOW + nowMs, after }
  const administration = createOperations({
    store: { ...store, facts: FACTS, epoch: 1, kek: KEK },
    ...{
      clock,
      wallMs: clock.wallMs,
      config: { ...defaultSettings(), listeners: [], cardHosts: [] },
    },
    ...{ securityModule: async () => module, runtime: undefined },
  })
  const { operations, gate } = administration
  const apps = new Map<string, ReturnType<typeof buildAdminApp>>()
  const app = (from: Caller['from']) => {
    const log = { error: (detail: string) => expect.fail(detail) }
    const { limits } = defaultSettings()
    const built =
      apps.get(from) ?? buildAdminApp({ operations, gate, from, version: '9', limits, log })
    apps.set(from, built)
    return built
  }
  const client = async (from: Caller['from'], token?: string) =>
    adminClient(inProcessTransport(await app(from)), 'ali', token)
  const user = await client('socket')
  return {
    ...{ store, user, app, client },
    session: async (name, password = passwordOf(name)) =>
      client('socket', (await user.openSession({ name, password })).token),
    pass: (ms) => {
      nowMs += ms
    },
    restart: () => administration.close(),
    hold,
    acts: () => {
      const bodies = store.database.prepare("select body from journal where kind = 'admin'").pluck()
      return bodies.all().map((body) => JSON.parse(String(body)) as Record<string, unknown>)
    },
    close: async () => {
      administration.close()
      for (const built of apps.values()) await (await built).close()
      store.close()
    },
  }
}

/** A journal whose writes can be made to come later than what was looked at before them. */
function holdable(journal: TemporaryStore['journal']): Pick<Office, 'hold'> & {
  journal: TemporaryStore['journal']
} {
  let isNamed: (record: StoreRecord) => boolean = () => false
  let waiting: (() => void)[] = []
  const write = async (record: StoreRecord) => {
    if (isNamed(record)) await new Promise<void>((go) => waiting.push(go))
    return journal.write(record)
  }
  const hold = (named: (record: StoreRecord) => boolean): Held => {
    isNamed = named
    return {
      came: (count) =>
        vi.waitFor(() => expect(waiting).toHaveLength(count), { timeout: 10_000, interval: 5 }),
      letGo: () => {
        isNamed = () => false
        for (const go of waiting) go()
        waiting = []
      },
    }
  }
  return { journal: { write }, hold }
}

type Role = NewLogin['roles'][number]

/** Runs an act of two persons: asked by one, approved by the other, run again. */
export async function together<Result>(
  asker: () => Promise<Result>,
  approver: AdminClient,
): Promise<Result> {
  const id = await requestOf(asker)
  await approver.decideApproval(id, { approve: true })
  return asker()
}

/** The number of the request that an act needs. */
export async function requestOf(asker: () => Promise<unknown>): Promise<string> {
  const refusal = await asker().then(
    () => expect.fail('nobody was asked for consent'),
    (error: { code?: string; details?: { approval?: string } }) => error,
  )
  expect(refusal.code).toBe('APPROVAL_NEEDED')
  return refusal.details?.approval ?? ''
}

/** Two officers, and then whoever else is wanted. */
export async function staffed(
  office: Office,
  others: Readonly<Record<string, Role[]>> = { dara: ['administrator'], sara: ['administrator'] },
): Promise<void> {
  const login = (name: string, roles: Role[]) => ({ name, roles, password: passwordOf(name) })
  await office.user.addLogin(login('first', ['security-officer']))
  const first = await office.session('first')
  await first.addLogin(login('second', ['security-officer']))
  const second = await office.session('second')
  for (const [name, roles] of Object.entries(others)) {
    await together(() => first.addLogin(login(name, roles)), second)
  }
}

/** Two officers, and two custodians of parts of keys, each in a session of his own. */
export async function withCustodians(
  office: Office,
): Promise<Readonly<Record<'first' | 'second' | 'one' | 'two', AdminClient>>> {
  await staffed(office, { one: ['key-custodian'], two: ['key-custodian'] })
  return {
    ...{ first: await office.session('first'), second: await office.session('second') },
    ...{ one: await office.session('one'), two: await office.session('two') },
  }
}
