// What is recorded of the messages of terminals: what they did and nothing that would pay, print
// or tell who it was; and that a recording that ends or fails takes no sale with it.

import { beforeEach, describe, expect, it } from 'vitest'
import { parseRecord } from '../../protocol/traffic/traffic-line.ts'
import { Recorder } from '../../terminal-gateway/recorder.ts'
import { adviceFields } from '../switch/core/story-terminal.ts'
import { Story } from '../switch/core/story-world.ts'
import { FrontDesk } from './front-desk.ts'

let story: Story
let lines: string[]
let takes: () => boolean
let failures: unknown[]

beforeEach(async () => {
  story = await Story.begin()
  lines = []
  takes = () => true
  failures = []
})

function recorded(nameCard = (digits: string) => `c${digits.length}`) {
  const write = (line: string): boolean => {
    if (!takes()) return false
    lines.push(line)
    return true
  }
  const sink = { write, failed: (error: unknown) => void failures.push(error) }
  const recorder = new Recorder({ timers: story.time, sink, nameCard })
  return { recorder, desk: new FrontDesk(story, {}, { recorder }) }
}

/** What was done, by whom and to which sale. */
function done(): string[] {
  return lines.map((line) => {
    const record = parseRecord(line)
    if (!('do' in record)) throw new Error(record.reason)
    const sale = 'n' in record ? record.n : 'of' in record ? record.of : ''
    return `${record.t} ${record.do} ${sale}`.trim()
  })
}

describe('a recording', () => {
  it('of a sale has its product, count, amount and how the card was read', async () => {
    const { desk } = recorded()
    await desk.code('0200', story.sale(1))
    const [, sale = ''] = lines
    expect(parseRecord(sale)).toEqual({
      ...{ at: 0, t: 1, do: 'sale', n: 1, product: '091905', count: 1, rial: 50_000, card: 'c16' },
    })
    expect(lines).toHaveLength(2)
  })

  it('has the moment of each message, in milliseconds from its beginning', async () => {
    const { desk } = recorded()
    const startMs = story.time.monotonicMs()
    await desk.code('0200', story.sale(1))
    await story.time.run(startMs + 5_000 - story.time.monotonicMs())
    await desk.code('0200', story.sale(2))
    const moments = lines.map((line) => (parseRecord(line) as { at?: number }).at)
    expect(moments).toEqual([0, 0, 5_000])
  })

  it('tells a keyed card, a kiosk and an entered PIN', async () => {
    const { desk } = recorded()
    const { 35: _track, ...rest } = story.sale(1)
    await desk.code('0200', { ...rest, 2: '6037990000000014', 14: '2912', 22: '012', 25: '43' })
    expect(lines[1]).toContain('"how":"ka"')
    for (const [at, de] of [52, 61].entries()) {
      await desk.code('0200', { ...story.sale(2 + at), [de]: 'A'.repeat(de === 52 ? 16 : 32) })
      expect(lines[2 + at]).toContain('"how":"p"')
    }
  })

  it('takes a card for read whose number was keyed as well', async () => {
    const { desk } = recorded()
    await desk.code('0200', { ...story.sale(1), 2: '6037990000000014', 14: '2912' })
    expect(lines[1]).not.toContain('"how"')
  })

  it('tells which sale is repeated, confirmed, reversed and asked for', async () => {
    const { desk } = recorded()
    const [first, second] = [story.sale(1), story.sale(2)]
    await desk.code('0200', first)
    await desk.code('0201', first)
    await desk.code('0220', adviceFields(story.time, first))
    await desk.code('0200', second)
    for (const mti of ['0400', '0401', '0420', '0421']) {
      await desk.code(mti, adviceFields(story.time, second))
    }
    await desk.code('0221', adviceFields(story.time, first))
    const asked = `${first[11]}${first[12]}${first[13]}`
    const { 4: _amount, 25: _, 35: __, 49: ___, 60: ____, ...head } = story.sale(3)
    await desk.code('0100', { ...head, 3: '330000', 48: asked })
    expect(done().slice(1)).toEqual([
      ...['1 sale 1', '1 repeat 1', '1 confirmation 1'],
      ...['1 sale 2', ...Array(4).fill('1 reversal 2'), '1 confirmation 1', '1 inquiry 1'],
    ])
  })

  it('knows the four newest sales of a terminal, by their numbers', async () => {
    const { desk } = recorded()
    const sales = [1, 2, 3, 4, 5].map((n) => story.sale(n))
    for (const sale of sales) await desk.code('0200', sale)
    lines.length = 0
    for (const sale of sales) await desk.code('0220', adviceFields(story.time, sale))
    expect(done()).toEqual([
      ...['1 confirmation', '1 confirmation 2', '1 confirmation 3'],
      ...['1 confirmation 4', '1 confirmation 5'],
    ])
  })

  it('of a reprint has the name of its card, as the sale has', async () => {
    const { desk } = recorded()
    await desk.code('0200', story.sale(1))
    await desk.code('0100', { ...story.sale(2), 3: '390000' })
    expect(lines.slice(1).map((line) => parseRecord(line))).toMatchObject([
      { do: 'sale', card: 'c16' },
      { do: 'reprint', card: 'c16' },
    ])
  })

  it('takes a repeat whose original never came for the sale', async () => {
    const { desk } = recorded()
    await desk.code('0201', story.sale(1))
    expect(done()).toEqual(['1 open', '1 sale 1'])
  })

  it('says of what came before it only that it came', async () => {
    const sale = story.sale(1)
    await new FrontDesk(story).code('0200', sale)
    const { desk } = recorded()
    await desk.code('0220', adviceFields(story.time, sale))
    expect(done()).toEqual(['1 open', '1 confirmation'])
  })

  it('has the opening of a connection with its first message, and its end', async () => {
    const { desk, recorder } = recorded()
    await desk.code('0800', { ...story.sale(1), 3: '990000' })
    await desk.code('0800', { ...story.sale(3), 3: '990000', 41: '10000002' })
    desk.handlers.closed('gone')
    const institution = new FrontDesk(story, { kind: 'institution' }, { recorder })
    await institution.code('0800', { ...story.sale(2), 3: '990000' })
    institution.handlers.closed('gone')
    expect(done()).toEqual([
      ...['1 open', '1 echo', '2 open', '2 echo', '1 close', '2 close', '1 echo'],
    ])
  })

  it('has nothing of a message that is refused for its sender', async () => {
    const { desk } = recorded()
    expect(await desk.code('0200', { ...story.sale(1), 41: '99999999' })).toBe('03')
    expect(lines).toEqual([])
  })

  it('has neither card, track, PIN block nor the numbers of terminal and merchant', async () => {
    const { desk } = recorded()
    const sale = story.sale(1)
    await desk.code('0200', { ...sale, 52: 'A1B2C3D4E5F60718', 64: 'FFEEDDCCBBAA9988' })
    await desk.code('0200', sale)
    const text = lines.join('')
    expect(text).toContain('"do":"sale"')
    for (const de of [35, 41, 42]) expect(text).not.toContain(sale[de]?.trim())
    for (const secret of ['6037990000000014', 'A1B2C3D4E5F60718', 'FFEEDDCCBBAA9988']) {
      expect(text).not.toContain(secret)
    }
  })
})

describe('a sale', () => {
  it('is sold although the recording has ended', async () => {
    const { desk } = recorded()
    takes = () => false
    expect(await desk.code('0200', story.sale(1))).toBe('00')
    takes = () => true
    expect(await desk.code('0200', story.sale(2))).toBe('00')
    expect(lines).toEqual([])
  })

  it('is sold although the recorder has a fault, which is told once', async () => {
    const { desk } = recorded(() => {
      throw new Error('a fault')
    })
    expect(await desk.code('0200', story.sale(1))).toBe('00')
    expect(await desk.code('0200', story.sale(2))).toBe('00')
    expect(failures).toHaveLength(1)
  })
})
