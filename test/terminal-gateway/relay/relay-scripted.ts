// A switch for tests of a gateway's end of the link: says welcome, echoes, and otherwise only takes
// notes and says what the test tells it to.

import {
  type Envelope,
  envelope,
  readEnvelope,
  type TakenAs,
} from '../../../terminal-gateway/relay/envelope.ts'
import type { MemoryChannel } from '../../simulation/memory-channel.ts'
import { RelayRig, type RigWishes } from './relay-rig.ts'

export class Scripted {
  readonly heard: Envelope[] = []
  greets = true
  echoes = true
  #channel: MemoryChannel | undefined

  readonly hear = (body: Buffer, channel: MemoryChannel): void => {
    const read = readEnvelope(Buffer.from(body))
    if (read.kind === 'broken') throw new Error(read.reason)
    this.#channel = channel
    if (read.kind === 'hello' && this.greets) {
      this.say({ kind: 'welcome', version: 1, gateway: 'gw' })
    } else if (read.kind === 'echo' && this.echoes) {
      this.say({ kind: 'echoed', number: read.number })
    } else if (read.kind !== 'hello' && read.kind !== 'echo') this.heard.push(read)
  }

  say(given: Envelope): void {
    this.#channel?.send(envelope(given))
  }

  take(id: number, bytes: number, was: TakenAs = 'valid'): void {
    this.say({ kind: 'taken', id, bytes, was })
  }

  kinds(): string[] {
    return this.heard.map(({ kind }) => kind)
  }

  ids(kind: Envelope['kind']): number[] {
    return this.heard.flatMap((one) => (one.kind === kind && 'id' in one ? [one.id] : []))
  }
}

export async function openScripted(wishes: RigWishes = {}) {
  const scripted = new Scripted()
  const rig = await RelayRig.open({ scripted: scripted.hear, ...wishes })
  return { rig, scripted }
}
