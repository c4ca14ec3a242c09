// What no schema of a route expects is refused before the gate: it reaches neither what a second
// person is shown, nor the digest of a request, nor the audit record.

import { expect, it } from 'vitest'
import { ACCESS } from '../../../admin-api/access.ts'
import type { Route } from '../../../admin-api/route.ts'
import { ROUTES, type RouteName } from '../../../admin-api/routes.ts'
import type { Gate } from '../../../switch/access/gate.ts'
import { OPEN_GATE } from './open-gate.ts'
import { quietApp } from './quiet-app.ts'

const names = Object.keys(ROUTES) as RouteName[]
const route = (name: RouteName): Route => ROUTES[name]
const ofTwo = names.filter((name) => ACCESS[name].twoPersons !== undefined)
const bodyless = names.filter((name) => {
  const { method, body, upload } = route(name)
  return method !== 'GET' && body === undefined && upload === undefined
})

/** Values that the schemas of paths let through. */
const VALUES: Readonly<Record<string, string>> = { name: 'dara', mid: '1', tid: '1' }
const CEREMONY = '0123abcd'
const BODIES: Readonly<Partial<Record<RouteName, Record<string, unknown>>>> = {
  changeLogin: { action: 'remove' },
  resolveClaim: { resolution: 'talked' },
  changeVoucher: { action: 'void' },
  revealVoucher: { password: 'a long password' },
  resolveSuspense: { as: 'reversed', note: 'talked' },
  removeKeys: { owner: { kind: 'terminal', tid: '10000001', institution: 0 } },
}

function pathOf(name: RouteName): string {
  const { path } = route(name)
  const id = path.includes('ceremonies') || path.includes('approvals') ? CEREMONY : '7'
  return path.replace(/:(\w+)/g, (_, key: string) => VALUES[key] ?? id)
}

async function watchedApp() {
  const entered: unknown[] = []
  const gate: Gate = {
    ...OPEN_GATE,
    enter: (name, caller, given) => {
      entered.push(name)
      return OPEN_GATE.enter(name, caller, given)
    },
  }
  return { ...(await quietApp({}, undefined, gate)), entered }
}

it.each(ofTwo)('%s takes no member of a query that nothing checks', async (name) => {
  const { app, entered } = await watchedApp()
  const url = `${pathOf(name)}?name=reza&id=9`
  const payload = BODIES[name]
  const response = await app.inject({
    method: route(name).method,
    url,
    ...(payload && { payload }),
  })
  expect([response.statusCode, response.json().error.code]).toEqual([400, 'USAGE'])
  if (payload !== undefined || route(name).body === undefined) {
    expect(response.json().error.message).toContain('"name"')
  }
  expect(entered).toEqual([])
})

it.each(ofTwo)('%s takes no member of a body that nothing checks', async (name) => {
  const { app, entered } = await watchedApp()
  const payload = { ...BODIES[name], nobody: 'reza' }
  const response = await app.inject({ method: route(name).method, url: pathOf(name), payload })
  expect([response.statusCode, response.json().error.code]).toEqual([400, 'USAGE'])
  expect(response.json().error.message).toContain('"nobody"')
  expect(entered).toEqual([])
})

it.each(bodyless)('%s takes an empty body, and no other', async (name) => {
  const { app, entered } = await watchedApp()
  const { method } = route(name)
  const send = async (type: string, payload: string) => {
    const headers = { 'content-type': type }
    return (await app.inject({ method, url: pathOf(name), headers, payload })).statusCode
  }
  const deep = `{"a":${'['.repeat(2_000)}${']'.repeat(2_000)}}`
  for (const payload of [deep, '[]', 'null', '"text"', '7']) {
    expect(await send('application/json', payload)).toBe(400)
  }
  expect(await send('application/octet-stream', 'a file')).toBe(400)
  expect(await send('text/plain', 'words')).toBe(400)
  expect(entered).toEqual([])
  expect(await send('application/json', '{}')).toBeLessThan(300)
  expect((await app.inject({ method, url: pathOf(name) })).statusCode).toBeLessThan(300)
  expect(entered).toEqual([name, name])
})

it('no route takes a query that its table does not name', async () => {
  const { app, entered } = await watchedApp()
  for (const name of names) {
    const url = `${pathOf(name)}?nobody=1`
    const { statusCode } = await app.inject({ method: route(name).method, url })
    expect([name, statusCode]).toEqual([name, 400])
  }
  expect(entered).toEqual([])
})

it('a file that comes as an object is refused', async () => {
  const { app, entered } = await watchedApp()
  const url = '/v1/batches?fileName=x'
  const response = await app.inject({ method: 'POST', url, payload: { file: '1' } })
  expect([response.statusCode, response.json().error.code]).toEqual([400, 'USAGE'])
  expect(entered).toEqual([])
})

it('nothing of a body or a query has the name of what the path says', () => {
  for (const name of names) {
    const { params, query, body } = route(name)
    const members = Object.keys({ ...query?.shape, ...body?.shape })
    for (const member of Object.keys(params?.shape ?? {})) {
      expect(members, name).not.toContain(member)
    }
  }
})
