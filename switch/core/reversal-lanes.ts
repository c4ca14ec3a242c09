// What is due to be sent, card host by card host: each has a window of its own, and a turn after
// the others. So a host that says nothing, whose window is full of what waits for it, keeps nothing
// of another host waiting.

/** Taken ones are removed now and then: `shift` would move tens of thousands each time. */
const TAKEN_MOST = 1_024

interface Lane<Item> {
  readonly due: Item[]
  /** So many, from the front, are not due any more. */
  taken: number
  sending: number
}

export class ReversalLanes<Item> {
  /** Under way at one host at once. */
  readonly #window: number
  readonly #byHost = new Map<string, Lane<Item>>()
  readonly #lanes: Lane<Item>[] = []
  /** Whose turn it is. */
  #turn = 0

  constructor(window: number) {
    this.#window = window
  }

  push(host: string, item: Item): void {
    this.#laneOf(host).due.push(item)
  }

  /** The next one of the next host that takes one; `done` is to follow. */
  next(): Item | undefined {
    const count = this.#lanes.length
    for (let n = 0; n < count; n++) {
      const place = (this.#turn + n) % count
      const item = this.#takeFrom(this.#lanes[place] as Lane<Item>)
      if (item === undefined) continue
      this.#turn = (place + 1) % count
      return item
    }
    return undefined
  }

  /** What was taken for that host is under way no more. */
  done(host: string): void {
    this.#laneOf(host).sending--
  }

  /** Not under way yet. */
  dueAt(host: string): number {
    const lane = this.#byHost.get(host)
    return lane === undefined ? 0 : lane.due.length - lane.taken
  }

  /** The last one of the host with most to do, when that is more than its window. */
  giveUpLast(): Item | undefined {
    let longest: Lane<Item> | undefined
    let most = this.#window
    for (const lane of this.#lanes) {
      const due = lane.due.length - lane.taken
      if (due <= most) continue
      most = due
      longest = lane
    }
    return longest?.due.pop()
  }

  get sending(): number {
    let sending = 0
    for (const lane of this.#lanes) sending += lane.sending
    return sending
  }

  #takeFrom(lane: Lane<Item>): Item | undefined {
    const item = lane.due[lane.taken]
    if (item === undefined || lane.sending >= this.#window) return undefined
    lane.sending++
    lane.taken++
    if (lane.taken >= lane.due.length || lane.taken >= TAKEN_MOST) {
      lane.due.splice(0, lane.taken)
      lane.taken = 0
    }
    return item
  }

  #laneOf(host: string): Lane<Item> {
    const known = this.#byHost.get(host)
    if (known !== undefined) return known
    const lane: Lane<Item> = { due: [], taken: 0, sending: 0 }
    this.#byHost.set(host, lane)
    this.#lanes.push(lane)
    return lane
  }
}
