// What a line does when the switch dies under a sale: it owes a repeat, byte by byte, and nothing
// is owed where it closed by itself. The audit after a kill rests on this.

import { once } from 'node:events'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { SaleFrame } from '../../../bench/load/sale-frame.ts'
import { SaleLine } from '../../../bench/load/sale-line.ts'

const SHOP = { mid: '000000000100001', tid: '10000001' }

let server: Server
let line: SaleLine
const heard: string[] = []
let onSale: (socket: Socket) => void

beforeEach(async () => {
  heard.length = 0
  server = createServer((socket) => {
    socket.on('error', () => socket.destroy())
    socket.on('data', (chunk) => {
      heard.push(chunk.toString('hex'))
      onSale(socket)
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  line = new SaleLine(new SaleFrame(SHOP, { lagMs: 0, stan: 0 }, undefined))
})

afterEach(async () => {
  await line.close()
  server.close()
})

const open = () => line.open({ port: (server.address() as AddressInfo).port })
const sold = () => new Promise<boolean>((done) => line.sell(done))
const repeated = () => new Promise<boolean>((done) => line.repeat(done))

it('repeats the same bytes where the connection ended under a sale', async () => {
  onSale = (socket) => socket.destroy()
  await open()
  expect(await sold()).toBe(false)
  expect(line.isOwed).toBe(true)
  expect(line.isOpen).toBe(false)
  // No approval either, and an answer all the same.
  onSale = (socket) => socket.write(Buffer.from('000560000100ff', 'hex'))
  await open()
  expect(await repeated()).toBe(false)
  expect(line.isOwed).toBe(false)
  expect(heard[1]).toBe(heard[0])
})

it('owes it still where the repeat was not answered', async () => {
  onSale = (socket) => socket.destroy()
  await open()
  await sold()
  await open()
  expect(await repeated()).toBe(false)
  expect(line.isOwed).toBe(true)
})

it('owes nothing where it closed by itself', async () => {
  onSale = () => undefined
  await open()
  const answered = sold()
  await line.close()
  expect(await answered).toBe(false)
  expect(line.isOwed).toBe(false)
})
