// What a recording tells of connections behind a gateway: they open and close as the terminal sees
// it, not as the link does, and the end of one that the terminal has left long ago is none.

import { beforeEach, expect, it } from 'vitest'
import { Recorder } from '../../../terminal-gateway/recorder.ts'
import { RelayRig } from './relay-rig.ts'

let rig: RelayRig
let done: (string | undefined)[]

beforeEach(async () => {
  done = []
  const write = (line: string): boolean => done.push(/"t":1,"do":"([a-z-]+)"/.exec(line)?.[1]) > 0
  const sink = { write, failed: (error: unknown) => void done.push(String(error)) }
  const timers = { monotonicMs: () => 0, wallMs: () => 0, after: () => () => undefined }
  const recorder = new Recorder({ timers, sink, nameCard: () => 'c' })
  rig = await RelayRig.open({ gateway: { recorder } })
})

const at = (port: number) => rig.terminal(undefined, {}, `10.0.0.7:${port}`)
const [FIRST, SECOND] = [4_711, 4_712]

it('a connection opens with its first message and closes with its end', async () => {
  const terminal = at(FIRST)
  terminal.ask('0200', rig.story.sale(1))
  await rig.pass(3_000)
  terminal.end('gone')
  await rig.pass(100)
  expect(done).toEqual(['open', 'sale', 'close'])
})

it('one that rests is not closed, and not opened when it goes on', async () => {
  const terminal = at(FIRST)
  terminal.ask('0200', rig.story.sale(1))
  await rig.pass(700_000)
  expect(rig.switchEnd?.connections).toBe(0)
  terminal.ask('0200', rig.story.sale(2))
  await rig.pass(3_000)
  terminal.end('gone')
  await rig.pass(100)
  expect(done).toEqual(['open', 'sale', 'sale', 'close'])
})

it('one that rests is left where its terminal comes on another', async () => {
  at(FIRST).ask('0200', rig.story.sale(1))
  await rig.pass(700_000)
  at(SECOND).ask('0200', rig.story.sale(2))
  await rig.pass(3_000)
  expect(done).toEqual(['open', 'sale', 'open', 'sale'])
})

it('one that outlives its link is not closed with it', async () => {
  const terminal = at(FIRST)
  terminal.ask('0200', rig.story.sale(1))
  await rig.pass(3_000)
  rig.cut()
  await rig.pass(100)
  await rig.relink()
  terminal.ask('0200', rig.story.sale(2))
  await rig.pass(3_000)
  expect(done).toEqual(['open', 'sale', 'sale'])
})

it('an old one that ends after its terminal has come on another closes nothing', async () => {
  const old = at(FIRST)
  old.ask('0200', rig.story.sale(1))
  await rig.pass(3_000)
  const newer = at(SECOND)
  newer.ask('0200', rig.story.sale(2))
  await rig.pass(3_000)
  old.end('idle')
  await rig.pass(100)
  expect(done).toEqual(['open', 'sale', 'open', 'sale'])
  newer.end('gone')
  await rig.pass(100)
  expect(done.slice(4)).toEqual(['close'])
})
