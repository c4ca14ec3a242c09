// The demo's terminals: the product's terminal software over a real socket, printing to text. A
// terminal can be told to lose the next reply, as a bad line would.

import { TERMINAL_DIALECTS } from '../../pos-terminal/dialect.ts'
import { TerminalEngine } from '../../pos-terminal/engine.ts'
import type { Connect } from '../../pos-terminal/line.ts'
import { REDEEM_PATTERNS } from '../../pos-terminal/redeem-patterns.ts'
import { DEFAULT_WAITS } from '../../pos-terminal/settings.ts'
import { socketConnect } from '../../pos-terminal/socket-connect.ts'
import { MemoryStore } from '../../pos-terminal/store.ts'
import { type PrintedText, textPrinter } from '../../pos-terminal/text-printer.ts'
import type { DialTls } from '../../protocol/link/outgoing.ts'
import { systemTimers } from '../../protocol/link/timers.ts'
import {
  parseMerchantId,
  parseProductId,
  parseTerminalId,
} from '../../protocol/values/identifiers.ts'
import { Pan } from '../../protocol/values/pan.ts'
import { isReason } from '../../protocol/values/reason.ts'
import { toRial } from '../../protocol/values/rial.ts'

export interface DemoTerminal {
  sell(product: string, priceRial: number, card: string): ReturnType<TerminalEngine['sell']>
  /** Ends what is open: asks, repeats or reverses until the switch has answered. */
  clear(): ReturnType<TerminalEngine['clearQueue']>
  loseNextReply(): void
  readonly printed: PrintedText[]
}

export interface DemoTerminalOptions {
  readonly tid: string
  readonly mid: string
  readonly merchantName: string
  readonly language: 'fa' | 'en'
  /** Read at every connection, for the switch may come back on another; undefined: it is down. */
  readonly port: () => number | undefined
  readonly replyMs: number
  readonly tls?: DialTls
}

export function demoTerminal(options: DemoTerminalOptions): DemoTerminal {
  const terminalId = certain(parseTerminalId(options.tid))
  const merchantId = certain(parseMerchantId(options.mid))
  const { language, merchantName } = options
  const printed: PrintedText[] = []
  let losing = false
  const connect: Connect = (handlers) => {
    const port = options.port()
    if (port === undefined) return Promise.resolve({ kind: 'not-connected', reason: 'down' })
    const address = { host: '127.0.0.1', port, tls: options.tls, connectMs: 2_000 }
    const frame: typeof handlers.frame = (body, tpdu) => {
      if (losing) losing = false
      else handlers.frame(body, tpdu)
    }
    const ignore = () => undefined
    return socketConnect(address, systemTimers, ignore)({ ...handlers, frame })
  }
  const engine = new TerminalEngine({
    settings: {
      ...{ terminalId, merchantId, language },
      dialect: TERMINAL_DIALECTS.iso87binary,
      networkId: '001',
      condition: '14',
      applicationVersion: '1.0',
      serialNumber: undefined,
      accessible: false,
      wantsReceiptLines: false,
      waits: { ...DEFAULT_WAITS, replyMs: options.replyMs, pauseMs: 200, reversalTries: 20 },
    },
    timers: systemTimers,
    connect,
    store: new MemoryStore(terminalId, merchantId),
    printer: textPrinter(
      {
        paper: { columns: 42, language },
        merchantName,
        terminalId: options.tid,
        helpline: undefined,
        redeemPatterns: REDEEM_PATTERNS,
        taxRate: 0.1,
      },
      async (text) => {
        printed.push(text)
        return 'out'
      },
    ),
    tpdu: Buffer.from('6000010002', 'hex'),
  })
  return {
    sell: async (product, priceRial, card) => {
      if (engine.state.catalogue === null) await engine.initialise()
      const known = engine.state.catalogue?.products.find((row) => row.product === product)
      return engine.sell({
        product: certain(parseProductId(product)),
        productName: known?.name ?? null,
        count: 1,
        amountRial: toRial(priceRial),
        card: { kind: 'keyed', pan: certain(Pan.parse(card)), expiry: '2912' },
      })
    },
    clear: () => engine.clearQueue(),
    loseNextReply: () => {
      losing = true
    },
    printed,
  }
}

function certain<Value>(value: Value | { readonly reason: string }): Value {
  if (isReason(value)) throw new Error(value.reason)
  return value as Value
}
