// A disk as a power cut may leave it. Assumed: what was written before a finished fsync began is
// there; of everything else each sector of 512 bytes is there in an old or a new version, in any
// order; a file may have grown without its new bytes (zeros). Names change in the order of the
// calls (a metadata journal), are certain after an fsync of the directory or of the file they name,
// and a rename may be there before the bytes of the file. Bytes beside a written range stay.

import type { Seeded } from '../simulation/seeded.ts'
import type { Operation } from './recording.ts'

const SECTOR = 512
const O_CREAT = 0o100
const O_TRUNC = 0o1000

type Change =
  | { readonly kind: 'write'; readonly order: number; readonly at: number; readonly data: Buffer }
  | { readonly kind: 'truncate'; readonly order: number; readonly size: number }

interface Inode {
  /** Certain to be there. */
  content: Content
  pending: Change[]
}

interface NameChange {
  readonly order: number
  readonly name: string
  /** Undefined: the name goes. */
  readonly inode: Inode | undefined
}

export type Image = Map<string, Buffer>
/** What a cut leaves of the changes that no sync made certain. */
export type Survival = 'all' | 'nothing' | 'some'

export class Disk {
  readonly #certainNames = new Map<string, Inode>()
  readonly #names = new Map<string, Inode>()
  #nameChanges: NameChange[] = []
  readonly #fds = new Map<number, Inode | 'directory'>()
  readonly #syncs = new Map<number, { inode: Inode | 'directory'; order: number }>()
  #order = 0

  constructor(initial: Image) {
    for (const [name, bytes] of initial) {
      const inode: Inode = { content: Content.of(bytes), pending: [] }
      this.#certainNames.set(name, inode)
      this.#names.set(name, inode)
    }
  }

  /** Changes that a cut now could lose. */
  get unsynced(): number {
    let count = this.#nameChanges.length
    for (const inode of this.#names.values()) count += inode.pending.length
    return count
  }

  apply(operation: Operation): void {
    this.#order++
    switch (operation.kind) {
      case 'open':
        return this.#open(operation.fd, operation.name, operation.flags)
      case 'write': {
        const { at, data } = operation
        return this.#change(operation.fd, { kind: 'write', order: this.#order, at, data })
      }
      case 'truncate': {
        const { size } = operation
        return this.#change(operation.fd, { kind: 'truncate', order: this.#order, size })
      }
      case 'sync-begin': {
        const inode = this.#fds.get(operation.fd)
        if (inode !== undefined) this.#syncs.set(operation.number, { inode, order: this.#order })
        return
      }
      case 'sync-end':
        return this.#synced(operation.number)
      case 'rename': {
        const inode = this.#names.get(operation.from)
        // One step of a disk: at no moment is the file under neither name.
        this.#name(operation.to, inode)
        this.#name(operation.from, undefined)
        return
      }
      case 'unlink':
        return this.#name(operation.name, undefined)
      case 'close':
        this.#fds.delete(operation.fd)
        return
      case 'send':
      case 'failed':
        return
    }
  }

  image(survival: Survival, random: Seeded): Image {
    const names = new Map(this.#certainNames)
    const kept = {
      all: this.#nameChanges.length,
      nothing: 0,
      some: random.between(0, this.#nameChanges.length),
    }[survival]
    for (const { name, inode } of this.#nameChanges.slice(0, kept)) setName(names, name, inode)
    const share = random.pick([0.1, 0.5, 0.9])
    const image: Image = new Map()
    for (const [name, inode] of names) {
      const content = inode.content.copy()
      if (survival !== 'nothing') {
        for (const change of inode.pending) {
          if (survival === 'all') content.change(change)
          else survive(content, change, share, random)
        }
      }
      image.set(name, content.bytes())
    }
    return image
  }

  #open(fd: number, name: string, flags: number): void {
    if (name === '') {
      this.#fds.set(fd, 'directory')
      return
    }
    let inode = this.#names.get(name)
    if (inode === undefined) {
      if ((flags & O_CREAT) === 0) return
      inode = { content: Content.of(Buffer.alloc(0)), pending: [] }
      this.#name(name, inode)
    }
    this.#fds.set(fd, inode)
    if ((flags & O_TRUNC) !== 0) {
      this.#change(fd, { kind: 'truncate', order: this.#order, size: 0 })
    }
  }

  #change(fd: number, change: Change): void {
    const inode = this.#fds.get(fd)
    if (inode === undefined || inode === 'directory') throw new Error(`a change of no file: ${fd}`)
    inode.pending.push(change)
  }

  #name(name: string, inode: Inode | undefined): void {
    setName(this.#names, name, inode)
    this.#nameChanges.push({ order: this.#order, name, inode })
  }

  #synced(number: number): void {
    const sync = this.#syncs.get(number)
    if (sync === undefined) return
    this.#syncs.delete(number)
    const { inode, order } = sync
    const isCertain = (change: { readonly order: number }) => change.order <= order
    let certain = 0
    for (const [index, change] of this.#nameChanges.entries()) {
      if (isCertain(change) && (inode === 'directory' || change.inode === inode))
        certain = index + 1
    }
    for (const change of this.#nameChanges.splice(0, certain)) {
      setName(this.#certainNames, change.name, change.inode)
    }
    if (inode === 'directory') return
    for (const change of inode.pending.filter(isCertain)) inode.content.change(change)
    inode.pending = inode.pending.filter((change) => !isCertain(change))
  }
}

function setName(names: Map<string, Inode>, name: string, inode: Inode | undefined): void {
  if (inode === undefined) names.delete(name)
  else names.set(name, inode)
}

/** Whole, torn at a sector, as zeros where the file grew, or not at all. */
function survive(content: Content, change: Change, share: number, random: Seeded): void {
  if (change.kind === 'truncate') {
    if (random.chance(share)) content.change(change)
    return
  }
  const draw = random.next()
  if (draw < 0.1) {
    const { at, data, order } = change
    for (let from = 0; from < data.length; ) {
      const to = Math.min(data.length, from + SECTOR - ((at + from) % SECTOR))
      const sector = data.subarray(from, to)
      if (random.chance(0.5)) content.change({ kind: 'write', order, at: at + from, data: sector })
      from = to
    }
  } else if (random.chance(share)) {
    content.change(change)
  } else if (draw > 0.9) {
    content.grow(change.at + change.data.length)
  }
}

/** The bytes of a file, with room to grow. */
class Content {
  #room: Buffer
  #size: number

  static of(bytes: Buffer): Content {
    return new Content(Buffer.from(bytes), bytes.length)
  }

  private constructor(room: Buffer, size: number) {
    this.#room = room
    this.#size = size
  }

  change(change: Change): void {
    if (change.kind === 'truncate') {
      this.grow(change.size)
      this.#size = change.size
      return
    }
    this.grow(change.at + change.data.length)
    change.data.copy(this.#room, change.at)
  }

  grow(size: number): void {
    if (size <= this.#size) return
    if (size > this.#room.length) {
      const room = Buffer.alloc(Math.max(size, this.#room.length * 2))
      this.#room.copy(room, 0, 0, this.#size)
      this.#room = room
    }
    this.#room.fill(0, this.#size, size)
    this.#size = size
  }

  copy(): Content {
    return Content.of(this.bytes())
  }

  bytes(): Buffer {
    return this.#room.subarray(0, this.#size)
  }
}
