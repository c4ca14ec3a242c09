// What the client puts on the wire, and what it makes of errors: over a transport that keeps what
// it was given.

import { expect, it } from 'vitest'
import { adminClient } from '../../admin-api/client.ts'
import type { TransportRequest } from '../../admin-api/transport.ts'
import { EXAMPLES } from './examples.ts'
import { bytesOf } from './fake-operations.ts'

function clientOf(answer: unknown, status = 200) {
  const sent: TransportRequest[] = []
  const send = async (request: TransportRequest) => {
    sent.push(request)
    return { status, body: bytesOf(JSON.stringify(answer)) }
  }
  return { sent, client: adminClient({ send }, 'نیلوفر / a') }
}

it('a body in Persian is as long in bytes as it says', async () => {
  const { sent, client } = clientOf(EXAMPLES.merchant)
  await client.addMerchant({ mid: '100001', name: 'فروشگاه', city: 'تهران', institution: 0 })
  const [{ headers, body } = {}] = sent
  expect(headers?.['content-length']).toBe(String(Buffer.byteLength(String(body))))
  expect(headers?.['x-evs-user']).toBe(encodeURIComponent('نیلوفر / a'))
})

it('a number with a slash stays one part of the path, and a query is encoded', async () => {
  const { sent, client } = clientOf({ ...EXAMPLES.merchantDetail, commission: [] })
  await client.merchant('a/b c?', 7).catch(() => undefined)
  await client.sales({ tid: 'a&b', limit: 5 }).catch(() => undefined)
  expect(sent.map(({ path }) => path)).toEqual([
    '/v1/merchants/a%2Fb%20c%3F?institution=7',
    '/v1/sales?tid=a%26b&limit=5',
  ])
})

it('an error of a newer switch is told in its own words', async () => {
  const error = { code: 'MOON_FULL', message: 'not tonight', hint: 'wait a day' }
  const { client } = clientOf({ error }, 409)
  await expect(client.stock()).rejects.toMatchObject({
    ...{ code: 'INTERNAL', message: 'MOON_FULL: not tonight', hint: 'wait a day' },
  })
})
