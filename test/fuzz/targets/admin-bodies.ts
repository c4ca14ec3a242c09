// The admin API over operations that take anything: every route with any method, address, query,
// header and body. The answer is a success that fits its schema or an error of the closed list;
// never a fault of ours, and nothing is thrown past the app.

import type { FastifyInstance } from 'fastify'
import { isErrorCode } from '../../../admin-api/errors.ts'
import type { Route } from '../../../admin-api/route.ts'
import { ROUTES } from '../../../admin-api/routes.ts'
import { buildAdminApp } from '../../../switch/admin/server.ts'
import { fakeOperations } from '../../admin-api/fake-operations.ts'
import { OPEN_GATE } from '../../switch/admin/open-gate.ts'
import { type FuzzTarget, Mismatch, type OpenTarget, type Outcome } from '../target.ts'

const BODIES = [
  '{"mid":"000000000100001","name":"Corner Shop","city":"Tehran","institution":0}',
  '{"tid":"10000001","mid":"000000000100001","scheme":"none"}',
  '{"tid":"10000001","mid":"000000000100001","state":"blocked"}',
  '{"enabled":true,"name":"x"}',
  '{"action":"release","reason":"lost","note":"x"}',
  '{"file":"/backups/one"}',
  '{}',
]

const TYPES = [
  'application/json',
  'application/octet-stream',
  'text/plain',
  'application/json; charset=x',
]

/** Byte 0 is the route, byte 1 method and content type; a line of address; then the body. */
export const ADMIN_TARGET: FuzzTarget = {
  name: 'admin-bodies',
  weight: 0.3,
  sliceRuns: 15_000,
  mostBytes: 2_048,
  slowMs: 50,
  floorBytes: 262_144,
  words: [
    ...[
      'null',
      'true',
      '[]',
      '{"__proto__":{"x":1}}',
      '"constructor":',
      '1e999',
      '-1',
      '"\\u0000"',
    ],
    ...['?limit=', '&before=', '%00', '%', '../', '?mid=', '"enabled":', 'fileName=', '۱۲'],
  ],
  open: openAdminTarget,
}

async function openAdminTarget(): Promise<OpenTarget> {
  const { operations, asked } = fakeOperations()
  const logged: string[] = []
  const app = await buildAdminApp({
    ...{ gate: OPEN_GATE, from: 'tcp' },
    ...{ operations, version: '0.0.0', limits: { adminBodyBytes: 1_500, batchFileBytes: 1_800 } },
    log: { error: (detail) => void logged.push(detail) },
  })
  const routes: Route[] = Object.values(ROUTES)
  const seeds = routes.flatMap((route, index) =>
    (route.upload === undefined ? BODIES : ['serial,pin\n1,2\n']).map((body) => {
      const kind = route.upload === undefined ? 0 : 4
      const tail = route.query === undefined ? '' : '?fileName=a.csv&limit=5&bytes=12'
      return {
        bytes: Buffer.concat([Buffer.from([index, kind]), Buffer.from(`7${tail}\n${body}`)]),
      }
    }),
  )
  return {
    seeds,
    run: async (input) => {
      asked.length = 0
      logged.length = 0
      return given(app, routes, Buffer.from(input), logged)
    },
    close: () => app.close(),
  }
}

const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] as const

async function given(
  app: FastifyInstance,
  routes: readonly Route[],
  input: Buffer,
  logged: readonly string[],
): Promise<Outcome> {
  const [first = 0, second = 0] = input
  const route = routes[first % routes.length]
  if (route === undefined) throw new RangeError('no route')
  const end = input.indexOf(0x0a)
  const line = input.toString('latin1', 2, end < 2 ? 2 : end)
  const [tail = '', query] = line.split('?')
  // What a client of HTTP can send: an address without spaces and control characters.
  const safe = (text: string) => text.replaceAll(/[^!-~]/g, '%20')
  const path = route.path.replace(/:\w+/, safe(tail).replaceAll('/', '%2F'))
  const method = second & 1 ? (METHODS[(second >> 4) % METHODS.length] ?? 'GET') : route.method
  const payload = input.subarray(end < 2 ? 2 : end + 1)
  const bodiless = method === 'GET' || (payload.length === 0 && (second & 8) !== 0)
  const response = await app.inject({
    method,
    url: query === undefined ? path : `${path}?${safe(query)}`,
    headers: bodiless
      ? {}
      : { 'content-type': TYPES[(second >> 2) % 4 === 1 ? 1 : second & 2 ? 2 : 0] },
    ...(bodiless ? {} : { payload }),
  })
  const { statusCode } = response
  if (logged.length > 0) throw new Mismatch(`a fault of ours: ${logged[0]}`)
  if (statusCode >= 500) throw new Mismatch(`status ${statusCode}`)
  if (statusCode >= 400) {
    const { code, message, hint } = JSON.parse(response.body).error
    if (!isErrorCode(code) || typeof message !== 'string' || hint === '') {
      throw new Mismatch('an error that is not of the list')
    }
    return `${route.path} ${method} ${statusCode} ${code}`
  }
  for (const row of response.body.trimEnd().split('\n')) if (row !== '') JSON.parse(row)
  return `${route.path} ${method} ${statusCode}`
}
