// `evs pos`: the options of the terminal at the command line. What they mean, and every receipt, is
// the business of the terminal software.

import { Argument, type Command } from 'commander'
import { withDialTls } from './dial-tls.ts'
import { doing, verb } from './verb.ts'
import type { VerbWorld } from './world.ts'

const ACTIONS = [
  ...['sell', 'reprint', 'inquire', 'reverse', 'end-of-day', 'logon', 'echo'],
  ...['initialise', 'pending'],
]

export function posVerb(world: VerbWorld): Command {
  const command = verb(world, 'pos', {
    summary: 'sell and more, as a terminal',
    examples: [
      'pos sell --port 5000 --tid 10000001 --mid 000000000100001 \\\n' +
        '      --product 091905 --card 6037990000000014=2912 --lang en',
      'pos logon --port 5000 --tid 10000001 --mid 000000000100001 \\\n' +
        '      --key-file terminal.key --serial-number PX7-0099812',
      'pos echo --port 5000 --tid 10000001 --mid 000000000100001 --json',
      'pos echo --host switch.example.ir --port 5443 --tid 10000001 --mid 000000000100001 \\\n' +
        '      --tls-ca ca.pem --tls-cert 10000001.pem --tls-key 10000001.key',
    ],
    exits: { 0: 'done, or sold', 1: 'declined, or failed', 3: 'outcome unknown, the sale is open' },
    bare: true,
  }).addArgument(new Argument('<action>', 'what to do').choices(ACTIONS))
  return withTerminal(withOrder(command))
    .option('--timeout <seconds>', 'how long an answer may take (default: 45)')
    .option('--stan <number>', 'inquire: trace number of another sale, with time and date')
    .option('--time <hhmmss>', 'inquire: its time')
    .option('--date <MMDD>', 'inquire: its date')
    .option('--new-period', 'end-of-day: begin a period after one that was closed by a person')
    .option('--show-pin', 'voucher PINs in the JSON')
    .action(
      doing(world, (action: string, options: Record<string, unknown>) =>
        world.rooms.pos({ ...options, action }),
      ),
    )
}

function withOrder(command: Command): Command {
  return command
    .option('--product <id>', 'sell: the product, six digits')
    .option('--count <number>', 'sell: how many vouchers (default: 1)')
    .option('--amount <rial>', 'sell: the total; from the catalogue when left out')
    .option('--card <number>', 'card number, or number=YYMM')
    .option('--expiry <YYMM>', 'expiry of the card')
    .option('--track2 <data>', 'track 2 of the card')
    .option('--card-pin-file <file>', 'sell: PIN of the cardholder; - is the standard input')
    .option('--kiosk', 'an unattended terminal')
}

function withTerminal(command: Command): Command {
  const dialling = command
    .option('--host <address>', 'the switch (default: 127.0.0.1)')
    .option('--port <number>', 'its port for terminals')
  return withDialTls(dialling, 'certificate of the terminal; its name is the TID')
    .option('--tid <id>', 'terminal')
    .option('--mid <id>', 'merchant')
    .option('--store <file>', 'state of the terminal (default: pos-<tid>.json)')
    .option('--dialect <name>', 'iso87binary, iso87ascii or iso87ascii-binary-bitmap')
    .option('--lang <language>', 'of the receipt: fa or en')
    .option('--columns <number>', 'of the paper: 32 or 42')
    .option('--printer <state>', 'ready, low or out')
    .option('--merchant-name <name>', 'on the receipt')
    .option('--helpline <number>', 'on the receipt')
    .option('--serial-number <text>', 'of the device')
    .option('--key-file <file>', 'master key of the terminal, readable by its owner only')
    .option('--receipt-lines', 'ask for the receipt lines of the switch')
    .option('--redeem <pattern>', 'such as 0919=*140*#{pin}#; more than once', gathered, [])
    .option('--tax-rate <fraction>', 'on the receipt, such as 0.10')
}

function gathered(value: string, earlier: readonly string[]): string[] {
  return [...earlier, value]
}
