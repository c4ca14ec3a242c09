// A terminal of a recorded run: the product's terminal software on a real socket, whose line may
// lose replies and whose paper may jam. A jam reverses a sale that the switch has sold already.

import { TERMINAL_DIALECTS } from '../../pos-terminal/dialect.ts'
import { TerminalEngine } from '../../pos-terminal/engine.ts'
import { openKeys } from '../../pos-terminal/key-file.ts'
import type { Connect } from '../../pos-terminal/line.ts'
import { DEFAULT_WAITS } from '../../pos-terminal/settings.ts'
import { socketConnect } from '../../pos-terminal/socket-connect.ts'
import { MemoryStore } from '../../pos-terminal/store.ts'
import { systemTimers } from '../../protocol/link/timers.ts'
import {
  parseMerchantId,
  parseProductId,
  parseTerminalId,
} from '../../protocol/values/identifiers.ts'
import { Pan } from '../../protocol/values/pan.ts'
import { isReason } from '../../protocol/values/reason.ts'
import { toRial } from '../../protocol/values/rial.ts'
import type { Seeded } from '../simulation/seeded.ts'

const PRODUCT = '093205'
const PRICE = 50_000
const CARD = '6037990000000014'

export interface LineTerminalOptions {
  readonly tid: string
  readonly mid: string
  readonly port: () => number | undefined
  readonly replyMs: number
  readonly random: Seeded
  readonly lossRate: number
  readonly jamRate: number
  /** The file of its master key; a terminal without keys when left out. */
  readonly keyFile?: string
}

export interface LineTerminal {
  sell(): ReturnType<TerminalEngine['sell']>
  /** Ends what is open: asks, repeats or reverses until the switch has answered. */
  clear(): ReturnType<TerminalEngine['clearQueue']>
  /** Its newest sale once more. */
  reprint(): ReturnType<TerminalEngine['reprint']>
  /** New session keys. */
  logOn(): ReturnType<TerminalEngine['logOn']>
  /** From now on every reply comes through. */
  mend(): void
}

export function lineTerminal(options: LineTerminalOptions): LineTerminal {
  const terminalId = certain(parseTerminalId(options.tid))
  const merchantId = certain(parseMerchantId(options.mid))
  const { random, jamRate } = options
  let { lossRate } = options
  const connect: Connect = (handlers) => {
    const port = options.port()
    if (port === undefined) return Promise.resolve({ kind: 'not-connected', reason: 'down' })
    const frame: typeof handlers.frame = (body, tpdu) => {
      if (!random.chance(lossRate)) handlers.frame(body, tpdu)
    }
    const address = { host: '127.0.0.1', port, connectMs: 2_000 }
    return socketConnect(address, systemTimers, () => undefined)({ ...handlers, frame })
  }
  const card = { kind: 'keyed', pan: certain(Pan.parse(CARD)), expiry: '2912' } as const
  const waits = { ...DEFAULT_WAITS, replyMs: options.replyMs, pauseMs: 50, reversalTries: 20 }
  const store = new MemoryStore(terminalId, merchantId)
  const { keyFile } = options
  const keys = keyFile === undefined ? undefined : certain(openKeys(keyFile, store))
  const engine = new TerminalEngine({
    ...(keys === undefined ? {} : { keys }),
    settings: {
      ...{ terminalId, merchantId, language: 'en', dialect: TERMINAL_DIALECTS.iso87binary },
      ...{ networkId: '001', condition: '14', applicationVersion: '1.0' },
      serialNumber: keys === undefined ? undefined : `L${options.tid}`,
      ...{ accessible: false, wantsReceiptLines: false, waits },
    },
    timers: systemTimers,
    connect,
    store,
    printer: {
      status: () => 'ready',
      print: async () => (random.chance(jamRate) ? 'none' : 'out'),
    },
    tpdu: Buffer.from('6000010002', 'hex'),
  })
  return {
    sell: () =>
      engine.sell({
        ...{ product: certain(parseProductId(PRODUCT)), productName: null, count: 1 },
        amountRial: toRial(PRICE),
        card,
      }),
    clear: () => engine.clearQueue(),
    reprint: () => engine.reprint(card),
    logOn: () => engine.logOn(),
    mend: () => {
      lossRate = 0
    },
  }
}

function certain<Value>(value: Value | { readonly reason: string }): Value {
  if (isReason(value)) throw new Error(value.reason)
  return value as Value
}
