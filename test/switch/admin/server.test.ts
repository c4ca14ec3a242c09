// The admin API from outside: checks of what comes, streams both ways, errors without entrails, and
// the OpenAPI document.

import { expect, it } from 'vitest'
import { EvsError } from '../../../admin-api/errors.ts'
import { ROUTES } from '../../../admin-api/routes.ts'
import { EXAMPLES } from '../../admin-api/examples.ts'
import { bytesOf } from '../../admin-api/fake-operations.ts'
import { OPEN_GATE } from './open-gate.ts'
import { quietApp } from './quiet-app.ts'

it('hands a checked request with its actor to the operation', async () => {
  const { app, asked } = await quietApp()
  const response = await app.inject({
    method: 'POST',
    url: '/v1/merchants',
    headers: { 'x-evs-user': encodeURIComponent('ali') },
    payload: { mid: '000000000100001', name: 'Corner Shop' },
  })
  expect(response.statusCode).toBe(201)
  expect(asked).toEqual([
    {
      name: 'addMerchant',
      given: [
        { name: 'ali' },
        { mid: '000000000100001', name: 'Corner Shop', city: 'Tehran', institution: 0 },
      ],
    },
  ])
})

it('an actor that is missing, broken or too long is harmless', async () => {
  const { app, asked } = await quietApp()
  const send = (user: string | undefined) =>
    app.inject({
      method: 'POST',
      url: '/v1/day-end-differences/2/closing',
      headers: user === undefined ? {} : { 'x-evs-user': user },
    })
  for (const user of [undefined, '%', '%00%0a', 'a'.repeat(300)]) await send(user)
  const names = asked.map(({ given }) => (given[0] as { name: string }).name)
  expect(names).toEqual(['unknown', 'unknown', 'unknown', 'a'.repeat(64)])
})

it('refuses a request that does not fit with USAGE and the places', async () => {
  const { app } = await quietApp()
  const response = await app.inject({
    method: 'POST',
    url: '/v1/terminals',
    payload: { tid: '123456789', mid: 'm', scheme: 'des', colour: 'red' },
  })
  expect(response.statusCode).toBe(400)
  const { error } = response.json()
  expect(error.code).toBe('USAGE')
  expect(error.hint).not.toBe('')
  const paths = error.details.map((row: { path: string }) => row.path)
  expect(paths).toEqual(expect.arrayContaining(['body.tid', 'body.scheme']))
})

it.each([
  ['POST', '/v1/merchants', '{"mid":', 400, 'USAGE'],
  ['POST', '/v1/merchants', '{"__proto__":{"x":1}}', 400, 'USAGE'],
  ['POST', '/v1/merchants', `{"name":"${'x'.repeat(20_000)}"}`, 413, 'TOO_LARGE'],
  ['GET', '/v1/nothing', undefined, 404, 'NOT_FOUND'],
  ['GET', '/v1/batches/%', undefined, 400, 'USAGE'],
  ['PATCH', `/v1/merchants/${'1'.repeat(300)}`, '{}', 400, 'USAGE'],
  ['DELETE', '/v1/merchants', undefined, 404, 'NOT_FOUND'],
  ['GET', '/v1/batches/x', undefined, 400, 'USAGE'],
  ['GET', '/v1/sales?limit=0', undefined, 400, 'USAGE'],
] as const)('answers %s %s with its error', async (method, url, payload, status, code) => {
  const { app } = await quietApp()
  const headers = payload === undefined ? {} : { 'content-type': 'application/json' }
  const response = await app.inject({ method, url, headers, ...(payload && { payload }) })
  expect([response.statusCode, response.json().error.code]).toEqual([status, code])
})

it('keeps words, stack and SQL of a fault of its own in the log', async () => {
  const { app, logged } = await quietApp({
    stock: () => Promise.reject(new Error('SQLITE_ERROR: no such column: select secret')),
  })
  const response = await app.inject('/v1/stock')
  expect(response.statusCode).toBe(500)
  expect(response.json().error).toEqual({
    code: 'INTERNAL',
    message: 'a fault of the program',
    hint: expect.any(String),
  })
  expect(logged).toEqual([expect.stringContaining('GET /v1/stock: Error: SQLITE_ERROR')])
})

it('tells in the log which route had a fault, and nothing of what was asked', async () => {
  const broken = () => Promise.reject(new Error('broken'))
  const { app, logged } = await quietApp({ sales: broken, sale: broken })
  await app.inject('/v1/sales?rrn=618200000001')
  await app.inject('/v1/sales/618200000002')
  expect(logged).toEqual(['GET /v1/sales: Error: broken', 'GET /v1/sales/:id: Error: broken'])
})

it('says INTERNAL when an operation answers something else than its shape', async () => {
  const { app } = await quietApp({ stock: () => Promise.resolve([{ product: 1 } as never]) })
  const response = await app.inject('/v1/stock')
  expect([response.statusCode, response.json().error.code]).toEqual([500, 'INTERNAL'])
})

it('passes the error of an operation on, with its details', async () => {
  const { client } = await quietApp({
    batch: () => Promise.reject(new EvsError('NOT_FOUND', { message: 'no batch 7', details: [7] })),
  })
  await expect(client.batch(7)).rejects.toMatchObject({
    code: 'NOT_FOUND',
    message: 'no batch 7',
    details: [7],
  })
})

it('an import streams the file in and the progress out', async () => {
  const { client, asked } = await quietApp()
  const request = { fileName: 'الف ب.csv', bytes: 6, release: true, dryRun: false }
  const events = []
  for await (const event of client.importBatch(request, bytesOf('abc', 'def'))) events.push(event)
  expect(events).toEqual([{ kind: 'progress', vouchers: 0, bytes: 0 }, EXAMPLES.importDone])
  expect(asked).toEqual([{ name: 'importBatch', given: [{ name: 'نیلوفر' }, request, 'abcdef'] }])
})

it('a refusal at once is an ordinary error, a later one ends the stream', async () => {
  const { client } = await quietApp({
    importBatch: async function* (_actor, request) {
      if (request.dryRun) throw new EvsError('BATCH_DUPLICATE')
      yield { kind: 'progress', vouchers: 5, bytes: 50 }
      throw new Error('disk I/O error')
    },
  })
  const run = async (dryRun: boolean) => {
    const request = { fileName: 'f', release: false, dryRun }
    for await (const _event of client.importBatch(request, bytesOf('x')));
  }
  await expect(run(true)).rejects.toMatchObject({ code: 'BATCH_DUPLICATE' })
  await expect(run(false)).rejects.toMatchObject({
    code: 'INTERNAL',
    message: 'a fault of the program',
  })
})

it.each([
  ['importBatch', '?fileName=x', { fileName: 'x', release: false, dryRun: false }],
  ['importBatch', '?fileName=x&release=false&dryRun=true', { release: false, dryRun: true }],
  ['reconcile', '', { settle: false }],
  ['importMerchants', '?fileName=x', { fileName: 'x', dryRun: false }],
  ['importTerminals', '?fileName=x', { fileName: 'x', dryRun: false }],
] as const)('%s with %j does nothing that was not asked for', async (name, query, request) => {
  const { app, asked } = await quietApp()
  const { method, path } = ROUTES[name]
  const headers = { 'content-type': 'application/octet-stream' }
  const response = await app.inject({ method, url: path + query, headers, payload: 'a file' })
  expect(response.statusCode).toBe(200)
  expect(asked).toMatchObject([{ name, given: [{}, request, 'a file'] }])
})

it('cuts a file off at its limit', async () => {
  const { client, asked } = await quietApp({}, { adminBodyBytes: 1_000, batchFileBytes: 2_000 })
  const catalogue = client.loadProducts(bytesOf('x'.repeat(600), 'x'.repeat(600)))
  await expect(catalogue).rejects.toMatchObject({ code: 'TOO_LARGE' })
  const ledger = client.reconcile({ settle: false }, bytesOf('x'.repeat(2_001)))
  await expect(ledger).rejects.toMatchObject({ code: 'TOO_LARGE' })
  expect(asked).toEqual([])
})

it('a file that comes as JSON is refused', async () => {
  const { app } = await quietApp()
  const url = '/v1/batches?fileName=x'
  const response = await app.inject({ method: 'POST', url, payload: '<a/>' })
  expect(response.json().error.code).toBe('USAGE')
})

it('publishes one OpenAPI document with every operation', async () => {
  const { app } = await quietApp()
  const document = (await app.inject('/openapi.json')).json()
  const ids = Object.values(
    document.paths as Record<string, Record<string, { operationId: string }>>,
  )
    .flatMap((methods) => Object.values(methods))
    .map(({ operationId }) => operationId)
  expect(ids.sort()).toEqual(Object.keys(ROUTES).sort())
  const upload = document.paths['/v1/batches'].post
  expect(upload.requestBody.content['application/octet-stream'].schema.format).toBe('binary')
  expect(Object.keys(upload.responses['200'].content)).toEqual(['application/x-ndjson'])
  expect(document.info.version).toBe('9.9.9')
})

it('a fault amid a stream is told in general words, and logged in its own', async () => {
  const { client, logged } = await quietApp({
    rotateData: async function* () {
      yield { kind: 'progress', rows: 1, of: 2 }
      throw new Error('no such column: sealed')
    },
  })
  const read = async () => {
    for await (const _event of client.rotateData({}));
  }
  await expect(read()).rejects.toMatchObject({
    code: 'INTERNAL',
    message: 'a fault of the program',
  })
  expect(logged).toEqual(['rotateData: Error: no such column: sealed'])
})

it('a refusal amid a stream is no fault of the program, and told in its own words', async () => {
  const { client, logged } = await quietApp({
    rotateData: async function* () {
      yield { kind: 'progress', rows: 1, of: 2 }
      throw new EvsError('NOT_READY', { message: 'no room' })
    },
  })
  const read = async () => {
    for await (const _event of client.rotateData({}));
  }
  await expect(read()).rejects.toMatchObject({ code: 'NOT_READY', message: 'no room' })
  expect(logged).toEqual([])
})

it('no answer is kept by anybody on its way, or taken for another type', async () => {
  const { app } = await quietApp()
  for (const url of ['/v1/stock', '/v1/nothing', '/openapi.json']) {
    const { headers } = await app.inject({ method: 'GET', url })
    expect([headers['cache-control'], headers['x-content-type-options']]).toEqual([
      ...['no-store', 'nosniff'],
    ])
  }
})

it.each([
  ['an event that tells of a refusal', 'BATCH_REFUSED'],
  ['a fault after the first event', 'TOO_LARGE'],
])('%s is in the audit record with its code', async (what, code) => {
  const failed: unknown[] = []
  const gate = {
    ...OPEN_GATE,
    failed: async (name: string, _actor: unknown, _given: unknown, told: string) => {
      failed.push([name, told])
    },
  }
  const { client } = await quietApp(
    {
      importBatch: async function* () {
        yield { kind: 'progress', vouchers: 1, bytes: 1 }
        if (what.startsWith('a fault')) throw new EvsError('TOO_LARGE')
        yield { kind: 'refused', code, message: 'x', problems: [], moreProblems: 0 } as never
      },
    },
    undefined,
    gate,
  )
  const request = { fileName: 'f', release: false, dryRun: false }
  const read = async () => {
    for await (const _event of client.importBatch(request, bytesOf('x')));
  }
  await read().catch((error: unknown) => expect(error).toMatchObject({ code }))
  expect(failed).toEqual([['importBatch', code]])
})
