// The admin API as functions: what `AdminOperations` can do, over a transport, without the actor,
// who is named once. Answers are checked with the shapes, so that a switch of another version says
// so and does not mislead. It opens no connection by itself.

import type { z } from 'zod'
import type { Actor } from './actor.ts'
import type { CeremonyOperations } from './ceremony-operations.ts'
import type { ControlOperations } from './control-operations.ts'
import { EvsError, isErrorCode } from './errors.ts'
import { linesOf } from './ndjson.ts'
import type { AdminOperations } from './operations.ts'
import type { Route } from './route.ts'
import { ACTOR_HEADER, errorBody, ROUTES, type RouteName, type Routes } from './routes.ts'
import type { Transport, TransportAnswer } from './transport.ts'

type Anonymous<F> = F extends (...given: infer Given) => infer Result
  ? Given extends [infer First extends Actor, ...infer Rest]
    ? Actor extends First
      ? (...given: Rest) => Result
      : F
    : F
  : never

export type AdminClient = { readonly [K in RouteName]: Anonymous<AdminOperations[K]> }

type Answer<K extends RouteName> = z.output<Routes[K]['answer']>
type Values = Readonly<Record<string, unknown>>

interface Asked {
  readonly params?: Values
  readonly query?: Values
  readonly body?: Values
  readonly upload?: AsyncIterable<Uint8Array>
}

/** `token` is that of a session, for what needs a named login. */
export function adminClient(transport: Transport, actor: string, token?: string): AdminClient {
  const headers = headersOf(actor, token)
  const send = (name: RouteName, asked: Asked) => exchange(transport, headers, ROUTES[name], asked)
  const ask: Ask = async <K extends RouteName>(name: K, asked: Asked = {}) => {
    const answer = await send(name, asked)
    return understood(ROUTES[name].answer, await wholeJson(answer)) as Answer<K>
  }
  const events = <K extends StreamedName>(name: K, asked: Asked): AsyncIterable<Answer<K>> =>
    eventsOf(name, () => send(name, asked))
  return {
    health: () => ask('health'),
    merchants: (query) => ask('merchants', { query }),
    merchant: (mid, institution) => ask('merchant', { params: { mid }, query: { institution } }),
    addMerchant: (body) => ask('addMerchant', { body }),
    changeMerchant: (mid, body) => ask('changeMerchant', { params: { mid }, body }),
    setCommission: (mid, body) => ask('setCommission', { params: { mid }, body }),
    importMerchants: (query, upload) => events('importMerchants', { query, upload }),
    terminals: (query) => ask('terminals', { query }),
    terminal: ({ institution, ...params }) => ask('terminal', { params, query: { institution } }),
    addTerminal: (body) => ask('addTerminal', { body }),
    changeTerminal: (body) => ask('changeTerminal', { body }),
    replaceTerminal: (body) => ask('replaceTerminal', { body }),
    importTerminals: (query, upload) => events('importTerminals', { query, upload }),
    products: () => ask('products'),
    loadProducts: (upload) => ask('loadProducts', { upload }),
    changeProduct: (product, body) => ask('changeProduct', { params: { product }, body }),
    batches: (query) => ask('batches', { query }),
    batch: (id) => ask('batch', { params: { id } }),
    importBatch: (query, upload) => events('importBatch', { query, upload }),
    changeBatch: (id, body) => ask('changeBatch', { params: { id }, body }),
    stock: () => ask('stock'),
    sales: (query) => ask('sales', { query }),
    sale: (id) => ask('sale', { params: { id } }),
    suspense: () => ask('suspense'),
    resolveSuspense: (id, body) => ask('resolveSuspense', { params: { id }, body }),
    claims: () => ask('claims'),
    resolveClaim: (id, body) => ask('resolveClaim', { params: { id }, body }),
    dayEndDifferences: () => ask('dayEndDifferences'),
    closeDayEnd: (id) => ask('closeDayEnd', { params: { id } }),
    keys: () => ask('keys'),
    issueKey: (body) => ask('issueKey', { body }),
    loadKey: (body) => ask('loadKey', { body }),
    makeZoneKeys: (body) => ask('makeZoneKeys', { body }),
    removeKeys: (body) => ask('removeKeys', { body }),
    ...ceremonyCalls(ask),
    vaultStatus: () => ask('vaultStatus'),
    rotateKek: (body) => ask('rotateKek', { body }),
    rotateData: (body) => events('rotateData', { body }),
    report: ({ report, ...query }) => ask('report', { params: { report }, query }),
    reconcile: (query, upload) => ask('reconcile', { query, upload }),
    verifyJournal: () => ask('verifyJournal'),
    audit: () => ask('audit'),
    fences: () => ask('fences'),
    acceptFence: () => ask('acceptFence'),
    backup: (file) => ask('backup', { body: { file } }),
    ...controlCalls(ask),
  }
}

type Ask = <K extends RouteName>(name: K, asked?: Asked) => Promise<Answer<K>>

function ceremonyCalls(ask: Ask): Pick<AdminClient, keyof CeremonyOperations> {
  return {
    keyCeremonies: () => ask('keyCeremonies'),
    startKeyLoad: (body) => ask('startKeyLoad', { body }),
    enterKeyPart: (id, body) => ask('enterKeyPart', { params: { id }, body }),
    finishKeyLoad: (id, body) => ask('finishKeyLoad', { params: { id }, body }),
    startKeyIssue: (body) => ask('startKeyIssue', { body }),
    takeKeyPart: (id) => ask('takeKeyPart', { params: { id } }),
    cancelKeyCeremony: (id) => ask('cancelKeyCeremony', { params: { id } }),
  }
}

function controlCalls(ask: Ask): Pick<AdminClient, keyof ControlOperations> {
  return {
    openSession: (body) => ask('openSession', { body }),
    endSession: () => ask('endSession'),
    logins: () => ask('logins'),
    addLogin: (body) => ask('addLogin', { body }),
    changeLogin: (name, body) => ask('changeLogin', { params: { name }, body }),
    recoverLogin: (name, body) => ask('recoverLogin', { params: { name }, body }),
    decideRecovery: (name, body) => ask('decideRecovery', { params: { name }, body }),
    changePassword: (body) => ask('changePassword', { body }),
    approvals: () => ask('approvals'),
    decideApproval: (id, body) => ask('decideApproval', { params: { id }, body }),
    vouchers: (query) => ask('vouchers', { query }),
    changeVoucher: (id, body) => ask('changeVoucher', { params: { id }, body }),
    revealVoucher: (id, body) => ask('revealVoucher', { params: { id }, body }),
    returnFenced: (id) => ask('returnFenced', { params: { id } }),
    believeClock: () => ask('believeClock'),
    auditRecords: (query) => ask('auditRecords', { query }),
    verifyAudit: () => ask('verifyAudit'),
  }
}

/** `x-evs-user`, and the session where there is one. */
function headersOf(actor: string, token: string | undefined): Record<string, string> {
  const named = { [ACTOR_HEADER]: encodeURIComponent(actor) }
  return token === undefined ? named : { ...named, authorization: `Bearer ${token}` }
}

async function exchange(
  transport: Transport,
  given: Readonly<Record<string, string>>,
  route: Route,
  asked: Asked,
): Promise<TransportAnswer> {
  const headers: Record<string, string> = { ...given }
  const path = pathOf(route.path, asked)
  const { method } = route
  if (asked.upload !== undefined) headers['content-type'] = 'application/octet-stream'
  else if (asked.body !== undefined) headers['content-type'] = 'application/json'
  const body = asked.upload ?? (asked.body === undefined ? undefined : JSON.stringify(asked.body))
  const length = typeof body === 'string' ? { 'content-length': `${Buffer.byteLength(body)}` } : {}
  const answer = await transport.send({
    method,
    path,
    headers: { ...headers, ...length },
    ...(body === undefined ? {} : { body }),
  })
  if (answer.status >= 200 && answer.status < 300) return answer
  throw errorOf(await wholeJson(answer), answer.status)
}

function pathOf(path: string, { params = {}, query = {} }: Asked): string {
  const filled = path.replace(/:(\w+)/g, (_, key: string) => encodeURIComponent(`${params[key]}`))
  const search = new URLSearchParams()
  for (const [key, value] of Object.entries(query)) {
    if (value !== undefined) search.set(key, String(value))
  }
  return search.size === 0 ? filled : `${filled}?${search}`
}

type StreamedName = {
  [K in RouteName]: Routes[K] extends { readonly streamed: true } ? K : never
}[RouteName]

/** A line that is an error ends the work: it happened after the answer had begun. */
async function* eventsOf<K extends StreamedName>(
  name: K,
  send: () => Promise<TransportAnswer>,
): AsyncIterable<Answer<K>> {
  const answer = await send()
  for await (const line of linesOf(answer.body)) {
    const value = parsedJson(line)
    if (errorBody.safeParse(value).success) throw errorOf(value, answer.status)
    yield understood(ROUTES[name].answer, value) as Answer<K>
  }
}

async function wholeJson(answer: TransportAnswer): Promise<unknown> {
  const chunks: Uint8Array[] = []
  for await (const chunk of answer.body) chunks.push(chunk)
  return parsedJson(Buffer.concat(chunks).toString('utf8'))
}

function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw notUnderstood()
  }
}

function understood(schema: z.ZodType, value: unknown): unknown {
  const parsed = schema.safeParse(value)
  if (parsed.success) return parsed.data
  const details = parsed.error.issues.slice(0, 5).map((issue) => issue.path.join('.'))
  throw notUnderstood(details)
}

function notUnderstood(details?: unknown): EvsError {
  return new EvsError('INTERNAL', {
    message: 'the answer is not one that this version of the command understands',
    hint: 'command and switch should be of the same version: `evs --version`, `evs health`',
    details,
  })
}

function errorOf(value: unknown, status: number): EvsError {
  const parsed = errorBody.safeParse(value)
  if (!parsed.success) return notUnderstood({ status })
  const { code, message, hint, details } = parsed.data.error
  if (!isErrorCode(code)) return new EvsError('INTERNAL', { message: `${code}: ${message}`, hint })
  return new EvsError(code, { message, hint, details })
}
