// A small world at one moment: what may happen next, and what happens when it does. Everything that
// is not decided by the program is a choice; between two choices all promises are carried out.
//
// Choices: a terminal begins a sale; a message arrives, is lost or is repeated; what was handed to
// the journal is committed, or finds the disk full; the process learns of it; the next timer fires;
// the process dies and another one starts. A timer may fire while something is on its way, at the
// price of a fault: delay. Which of two things is first is free everywhere else.

import { drain } from '../simulation/drain.ts'
import type { Digest } from '../simulation/memory-store/digest.ts'
import { inWords, type Message, terminalOf } from './messages.ts'
import { RunningSwitch } from './running-switch.ts'
import { Scene } from './scene.ts'
import { hashState } from './state-hash.ts'
import { type After, answer, silence, startSale } from './till.ts'
import type { WorldSpec } from './world-spec.ts'

/** A choice is one number: what happens, to which of them, and in which way. */
const KINDS = [
  ...(['start', 'arrive', 'lose', 'repeat', 'commit', 'full', 'news', 'timer', 'crash'] as const),
]
type Kind = (typeof KINDS)[number]

const ONE_KIND = 16
const ONE_PLACE = ONE_KIND * 4

function choice(kind: Kind, place = 0, way = 0): number {
  return KINDS.indexOf(kind) + way * ONE_KIND + place * ONE_PLACE
}

interface Due {
  readonly dueMs: number
  readonly words: string
  readonly fire: () => void
}

export class SmallWorld {
  readonly scene: Scene
  readonly #spec: WorldSpec
  #switch: RunningSwitch

  constructor(spec: WorldSpec, scene = new Scene(spec)) {
    this.#spec = spec
    this.scene = scene
    this.#switch = new RunningSwitch(scene, spec)
    drain()
  }

  get violations(): readonly string[] {
    return this.scene.judge.violations
  }

  choices(): number[] {
    const found: number[] = []
    const { scene } = this
    const running = this.#switch
    for (let at = 0; at < scene.tills.length; at++) {
      if (this.#mayStart(at)) found.push(choice('start', at))
    }
    this.#messageChoices(found)
    if (running.waiting.length > 0 && running.news.length === 0) {
      found.push(choice('commit'))
      const mayBeFull = this.#spec.diskFull && scene.faults > 0 && running.book !== undefined
      if (mayBeFull) found.push(choice('full'))
    }
    if (running.news.length > 0) found.push(choice('news'))
    if (this.#isQuiet() || scene.faults > 0) {
      for (let at = 0; at < this.#nextDue().length; at++) found.push(choice('timer', at))
    }
    if (scene.crashes > 0) found.push(choice('crash'))
    return found
  }

  #mayStart(at: number): boolean {
    const till = this.scene.tills[at]
    const sales = this.#spec.terminals[at]?.length ?? 0
    return till?.doing === 'nothing' && till.at < sales
  }

  #messageChoices(found: number[]): void {
    const { net, faults } = this.scene
    const isOpen = this.#switch.book !== undefined
    const seen = new Set<string>()
    const asked = new Set<number>()
    for (const [at, message] of net.entries()) {
      if (message.to === 'card host') {
        // One connection: what was sent for a sale first arrives first.
        if (asked.has(message.sale)) continue
        asked.add(message.sale)
      }
      const text = JSON.stringify(message)
      if (seen.has(text)) continue
      seen.add(text)
      const mayArrive = isOpen || message.to === 'terminal' || message.to === 'card host'
      for (let way = 0; mayArrive && way < this.#ways(message); way++) {
        found.push(choice('arrive', at, way))
        if (faults > 0 && way === 0) found.push(choice('repeat', at))
      }
      if (faults > 0) found.push(choice('lose', at))
    }
  }

  /** In how many ways the receiver may take it. */
  #ways(message: Message): number {
    if (message.to === 'card host') {
      const { declines, refuses = false } = this.#spec
      const other = message.mti === '0200' ? declines : refuses && this.scene.faults > 0
      return other ? 2 : 1
    }
    return message.to === 'terminal' && message.code === '00' ? this.#after(message.sale).length : 1
  }

  #after(sale: number): readonly After[] {
    return this.#spec.terminals[terminalOf(sale) - 1]?.[(sale % 10) - 1] ?? ['nothing']
  }

  /** Nothing is on its way: time goes on by itself. */
  #isQuiet(): boolean {
    const { waiting, news } = this.#switch
    return this.scene.net.length === 0 && waiting.length === 0 && news.length === 0
  }

  isAtRest(): boolean {
    const { scene } = this
    const running = this.#switch
    if (!this.#isQuiet() || running.timers.length > 0 || running.open.length > 0) return false
    if (scene.tillDue.some((due) => due !== undefined)) return false
    return scene.tills.every((till, at) => till.doing === 'nothing' && !this.#mayStart(at))
  }

  /** Something is under way that nothing will ever carry on. */
  isStuck(): boolean {
    const { timers, open } = this.#switch
    if (!this.#isQuiet() || timers.length > 0 || this.isAtRest()) return false
    if (this.scene.tillDue.some((due) => due !== undefined)) return false
    return open.length > 0 || this.scene.tills.every((_, at) => !this.#mayStart(at))
  }

  apply(chosen: number): void {
    const kind = KINDS[chosen % ONE_KIND] as Kind
    const way = Math.floor(chosen / ONE_KIND) % 4
    const place = Math.floor(chosen / ONE_PLACE)
    const { scene } = this
    switch (kind) {
      case 'start':
        scene.tillStep(place + 1, startSale(scene.tills[place] as Scene['tills'][number]))
        break
      case 'arrive':
        this.#arrive(scene.net.splice(place, 1)[0] as Message, way)
        break
      case 'repeat':
        scene.faults--
        this.#arrive(scene.net[place] as Message, way)
        break
      case 'lose':
        scene.faults--
        scene.net.splice(place, 1)
        break
      case 'commit':
      case 'full':
        if (kind === 'full') scene.faults--
        this.#switch.commit(kind === 'full')
        break
      case 'news':
        this.#switch.tell(drain)
        break
      case 'timer':
        if (!this.#isQuiet()) scene.faults--
        this.#fire(this.#nextDue()[place] as Due)
        break
      case 'crash':
        scene.crashes--
        this.#switch = new RunningSwitch(scene, this.#spec)
        break
    }
    drain()
    if (this.isAtRest()) scene.judgeRest()
  }

  #arrive(message: Message, way: number): void {
    const { scene } = this
    if (message.to === 'card host') return this.#askHost(message, way === 1)
    if (message.to !== 'terminal') return this.#switch.receive(message)
    const { mti, sale, code } = message
    const after = this.#after(sale)[way] ?? 'nothing'
    const step = answer(scene.till(sale), { mti, at: sale % 10, code }, after)
    if (step !== undefined) scene.tillStep(terminalOf(sale), step)
  }

  #askHost(message: Extract<Message, { to: 'card host' }>, refused: boolean): void {
    const { scene } = this
    const { sale, trace } = message
    if (message.mti === '0200') {
      const code = scene.host.debit(trace, sale, refused)
      scene.net.push({ to: 'card gateway', mti: '0210', sale, trace, code })
      return
    }
    if (refused) scene.faults--
    const code = refused ? '12' : scene.host.reverse(trace)
    scene.net.push({ to: 'card gateway', mti: '0430', sale, trace, code })
  }

  #fire({ dueMs, fire }: Due): void {
    this.scene.nowMs = Math.max(this.scene.nowMs, dueMs)
    fire()
  }

  /** Those that fire next: one, or several of the same moment. */
  #nextDue(): Due[] {
    const { scene } = this
    const due: Due[] = this.#switch.timers.map((timer) => ({
      dueMs: timer.dueMs,
      words: `the switch's timer of ${timer.ms} ms for sale ${timer.sale} fires`,
      fire: () => this.#switch.fire(timer),
    }))
    for (const [at, dueMs] of scene.tillDue.entries()) {
      if (dueMs === undefined) continue
      const words = `terminal ${at + 1} has waited long enough`
      const fire = () => scene.tillStep(at + 1, silence(scene.tills[at] as Scene['tills'][number]))
      due.push({ dueMs, words, fire })
    }
    const first = Math.min(...due.map(({ dueMs }) => dueMs))
    return due.filter(({ dueMs }) => dueMs === first)
  }

  hash(): Digest {
    return hashState(this.scene, this.#switch)
  }

  /** What a choice means, before it is made. */
  describe(chosen: number): string {
    const kind = KINDS[chosen % ONE_KIND] as Kind
    const way = Math.floor(chosen / ONE_KIND) % 4
    const place = Math.floor(chosen / ONE_PLACE)
    const message = this.scene.net[place]
    switch (kind) {
      case 'start':
        return `terminal ${place + 1} begins a sale`
      case 'arrive':
        return `${inWords(message as Message)} arrives${this.#wayInWords(message as Message, way)}`
      case 'repeat':
        return `${inWords(message as Message)} arrives, and once more later`
      case 'lose':
        return `${inWords(message as Message)} is lost`
      case 'timer':
        return (this.#nextDue()[place] as Due).words
      case 'commit':
      case 'full': {
        const records = this.#switch.waiting.map(({ record, sale }) => `${record.kind} of ${sale}`)
        return `${records.join(', ')}: ${kind === 'full' ? 'the disk is full' : 'committed'}`
      }
      case 'news':
        return 'the process learns of the commit'
      case 'crash':
        return 'the switch dies and starts again'
    }
  }

  #wayInWords(message: Message, way: number): string {
    if (message.to === 'card host' && way === 1) return ' and is refused'
    if (message.mti !== '0210' || message.to !== 'terminal' || message.code !== '00') return ''
    return ` (then: ${this.#after(message.sale)[way]})`
  }
}
