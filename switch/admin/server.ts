// The admin API as a Fastify app over AdminOperations: routes from the table of `admin-api`, checks
// by its schemas, the OpenAPI document at GET /openapi.json. Files come in as streams, the progress
// of an import goes out as NDJSON. It listens nowhere: a socket, or the command in the same process
// with the switch stopped, sends it requests.

import type { ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import swagger from '@fastify/swagger'
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import {
  jsonSchemaTransform,
  serializerCompiler,
  validatorCompiler,
} from 'fastify-type-provider-zod'
import { z } from 'zod'
import { ACCESS } from '../../admin-api/access.ts'
import type { Actor } from '../../admin-api/actor.ts'
import { EvsError } from '../../admin-api/errors.ts'
import type { AdminOperations } from '../../admin-api/operations.ts'
import type { Route, UploadKind } from '../../admin-api/route.ts'
import { ACTOR_HEADER, errorBody, ROUTES, type RouteName } from '../../admin-api/routes.ts'
import type { Caller, Gate, Given } from '../access/gate.ts'
import { errorReply } from './error-reply.ts'
import { HANDLERS } from './handlers.ts'
import { limited } from './upload.ts'

/** Faults of our own; what administrators change is in the journal. */
export interface AdminLog {
  error(detail: string): void
}

export interface AdminAppOptions {
  readonly operations: AdminOperations
  readonly gate: Gate
  /** Where its requests come in; over TCP nobody is believed without a session. */
  readonly from: Caller['from']
  readonly version: string
  readonly limits: { readonly adminBodyBytes: number; readonly batchFileBytes: number }
  readonly log: AdminLog
}

/** The schemas of its route have checked what a handler is given. */
type AnyHandler = (operations: AdminOperations, asked: never) => unknown

const NDJSON = 'application/x-ndjson'
const OCTETS = 'application/octet-stream'
const NOTHING = z.strictObject({})

export async function buildAdminApp(options: AdminAppOptions): Promise<FastifyInstance> {
  const app = fastify({
    logger: false,
    bodyLimit: options.limits.adminBodyBytes,
    // What is answered while it stops is decided by the operations, not by the framework.
    return503OnClosing: false,
    routerOptions: { maxParamLength: 200 },
    // An address that is none never reaches a route, nor the error handler of one.
    frameworkErrors: (error, request, reply) => refuse(options.log, error, request, reply),
  })
  app.setValidatorCompiler(validatorCompiler)
  app.setSerializerCompiler(serializerCompiler)
  app.setErrorHandler((error, request, reply) => refuse(options.log, error, request, reply))
  app.setNotFoundHandler((request, reply) => {
    const error = { statusCode: 404 }
    refuse(options.log, error, request, reply)
  })
  app.addContentTypeParser(OCTETS, (_request, payload, done) => done(null, payload))
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: { title: 'evoucher-switch admin API', version: options.version },
      components: { securitySchemes: { session: { type: 'http', scheme: 'bearer' } } },
    },
    transform: (given) => withUploads(jsonSchemaTransform(given)),
  })
  for (const name of Object.keys(ROUTES) as RouteName[]) addRoute(app, name, options)
  app.get('/openapi.json', { schema: { hide: true } }, () => app.swagger())
  app.addHook('onSend', async (_request, reply) => {
    reply.header('cache-control', 'no-store').header('x-content-type-options', 'nosniff')
  })
  await app.ready()
  return app
}

function addRoute(app: FastifyInstance, name: RouteName, options: AdminAppOptions): void {
  const route: Route = ROUTES[name]
  const handler = HANDLERS[name] as AnyHandler
  const most = mostBytes(route.upload, options.limits)
  app.route({
    method: route.method,
    url: route.path,
    schema: schemaOf(name, route),
    preValidation: async ({ body }) => refuseUnexpected(route, body),
    handler: async (request, reply) => {
      const { params, query, body } = request
      const given = { params, query, body: route.upload === undefined ? body : undefined }
      const actor = await options.gate.enter(name, callerOf(request, options.from), given)
      const upload = limited(sentFile(request), most)
      const asked = { actor, params, query, body, upload } as never
      return recorded(options.gate, { name, actor, given }, async () => {
        if (route.streamed !== true) {
          const answer = await (handler(options.operations, asked) as Promise<unknown>)
          return reply.code(route.status ?? 200).send(answer)
        }
        const events = handler(options.operations, asked) as AsyncIterable<unknown>
        const failed = (code: string) => options.gate.failed(name, actor, given, code)
        const told = { log: options.log, name, response: reply.raw, failed }
        return reply.type(NDJSON).send(await eventStream(events, told))
      })
    },
  })
}

/**
 * A body that no schema of the route checks would pass on as it came: into what a second person is
 * shown, and into the audit record.
 */
function refuseUnexpected({ body: expected, upload }: Route, body: unknown): void {
  if (expected !== undefined || body === undefined) return
  const isFile = body instanceof Readable
  if (upload !== undefined && isFile) return
  if (upload !== undefined) {
    throw new EvsError('USAGE', { message: `body: a file is expected, as ${OCTETS}` })
  }
  const isObject = typeof body === 'object' && body !== null && !Array.isArray(body) && !isFile
  const [unknown] = isObject ? Object.keys(body) : []
  if (isObject && unknown === undefined) return
  const named = unknown === undefined ? '' : `: "${unknown.slice(0, 64)}" is unknown`
  throw new EvsError('USAGE', { message: `body: nothing is expected here${named}` })
}

interface Act {
  readonly name: RouteName
  readonly actor: Actor
  readonly given: Given
}

/** An act that was let in and then did not happen is an act too. */
async function recorded<Result>(
  gate: Gate,
  { name, actor, given }: Act,
  run: () => Promise<Result>,
): Promise<Result> {
  try {
    return await run()
  } catch (error) {
    await gate.failed(name, actor, given, errorReply(error).body.error.code)
    throw error
  }
}

function schemaOf(name: RouteName, route: Route): Record<string, unknown> {
  const { params, query, body } = route
  const success = { [route.status ?? 200]: route.answer }
  return {
    operationId: name,
    summary: route.summary,
    tags: [route.path.split('/')[2] ?? ''],
    ...(ACCESS[name].open === true ? {} : { security: [{ session: [] }] }),
    description: rightsText(name),
    ...(params === undefined ? {} : { params }),
    querystring: query ?? NOTHING,
    ...(body === undefined ? {} : { body }),
    ...(route.upload === undefined ? {} : { consumes: [OCTETS] }),
    ...(route.streamed === undefined ? {} : { produces: [NDJSON] }),
    response: { ...success, '4xx': errorBody, '5xx': errorBody },
  }
}

function rightsText(name: RouteName): string {
  const { open, stopped, roles, twoPersons, proves } = ACCESS[name]
  if (open === true) return 'Needs no session.'
  if (stopped === true) return 'Only with the switch stopped.'
  const consent = twoPersons === undefined ? '' : ' A second login must approve it.'
  const proof = proves === true ? ' The password of the login is asked each time.' : ''
  return `Needs a session of ${roles.join(' or ')}.${proof}${consent}`
}

type Transformed = ReturnType<typeof jsonSchemaTransform>

/** A streamed file has no schema that could check it, and still belongs into the document. */
function withUploads({ schema, url }: Transformed): Transformed {
  const { consumes } = schema as { consumes?: string[] }
  if (consumes?.[0] !== OCTETS) return { schema, url }
  return { schema: { ...schema, body: { type: 'string', format: 'binary' } }, url }
}

function mostBytes(upload: UploadKind | undefined, limits: AdminAppOptions['limits']): number {
  return upload === 'catalogue' ? limits.adminBodyBytes : limits.batchFileBytes
}

function sentFile(request: FastifyRequest): AsyncIterable<Uint8Array> {
  return request.body instanceof Readable ? request.body : Readable.from([])
}

function callerOf(request: FastifyRequest, from: Caller['from']): Caller {
  const [, token] = /^Bearer ([\w-]{1,200})$/.exec(request.headers.authorization ?? '') ?? []
  return { from, user: userOf(request), token }
}

/** Who asks, as the command says: only who may open the socket can say anything here. */
function userOf(request: FastifyRequest): string {
  const given = request.headers[ACTOR_HEADER]
  if (typeof given !== 'string') return 'unknown'
  try {
    const name = decodeURIComponent(given)
      .replaceAll(/\p{Cc}/gu, '')
      .trim()
    return name === '' ? 'unknown' : name.slice(0, 64)
  } catch {
    return 'unknown'
  }
}

interface Told {
  readonly log: AdminLog
  readonly name: RouteName
  readonly response: ServerResponse
  /** The act was let in and did not happen: into the audit record with it. */
  readonly failed: (code: string) => Promise<void>
}

/**
 * The first event is awaited, so that a refusal before it is an ordinary error. However the
 * response ends, the operation ends with it: of a caller who went away before the first event no
 * line is ever read, and lines that nobody has begun to read end nothing.
 */
async function eventStream(events: AsyncIterable<unknown>, told: Told): Promise<Readable> {
  const { log, name, response } = told
  const iterator = events[Symbol.asyncIterator]()
  const end = () => {
    // Waits its turn behind an event that is still to come.
    Promise.resolve(iterator.return?.()).catch((error: unknown) => {
      log.error(`${name}: ${wordsOf(error)}`)
    })
  }
  response.once('close', end)
  const first = await iterator.next()
  if (response.destroyed) end()
  return Readable.from(lines(iterator, first, told))
}

async function* lines(
  events: AsyncIterator<unknown>,
  first: IteratorResult<unknown>,
  { log, name, failed }: Told,
): AsyncGenerator<string> {
  let ended = false
  try {
    for (let next = first; next.done !== true; next = await events.next()) {
      const code = refusalOf(next.value)
      if (code !== undefined) await failed(code)
      yield `${JSON.stringify(next.value)}\n`
    }
    ended = true
  } catch (error) {
    ended = true
    const { body, fault } = errorReply(error)
    if (fault) log.error(`${name}: ${wordsOf(error)}`)
    await failed(body.error.code)
    yield `${JSON.stringify(body)}\n`
  } finally {
    // The caller went away: the operation ends too, and takes back what it has begun.
    if (!ended) await events.return?.()
  }
}

/** An import that is refused says so in its last event. */
function refusalOf(event: unknown): string | undefined {
  const { kind, code } = Object(event) as { kind?: unknown; code?: unknown }
  return kind === 'refused' ? String(code) : undefined
}

function refuse(log: AdminLog, error: unknown, request: FastifyRequest, reply: FastifyReply): void {
  const { status, body, fault } = errorReply(error)
  const { method, url } = request.routeOptions
  if (fault) log.error(`${method} ${url}: ${wordsOf(error)}`)
  reply.code(status).type('application/json').serializer(JSON.stringify).send(body)
}

function wordsOf(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error)
}
