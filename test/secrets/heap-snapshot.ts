// Searches a heap snapshot of V8 for secrets: every string that a living object holds, those that
// the engine keeps in two halves put together, and numbers. What it finds it tells with the way by
// which the string is held, so that whoever holds it can be mended; never with the string itself.
// Bytes of buffers are not in a snapshot: process-image.ts reads those.

import { readFileSync } from 'node:fs'
import type { Canary } from './forms.ts'
import type { Matcher } from './matcher.ts'

export interface HeapHit {
  readonly canary: string
  readonly form: string
  /** From the string to a root, the names of what holds it. */
  readonly heldBy: string
}

interface RawSnapshot {
  readonly snapshot: {
    readonly meta: {
      readonly node_fields: string[]
      readonly node_types: [string[], ...unknown[]]
      readonly edge_fields: string[]
      readonly edge_types: [string[], ...unknown[]]
    }
  }
  readonly nodes: number[]
  readonly edges: number[]
  readonly strings: string[]
}

const STEPS_MOST = 14
const HALVES_DEEP = 200
/** A name in a way that might itself be a secret is not told. */
const NAME = /^[\w$.#<>@() /:-]{1,60}$/

export function searchHeapSnapshot(
  file: string,
  matcher: Matcher,
): { strings: number; hits: HeapHit[] } {
  const heap = new Heap(JSON.parse(readFileSync(file, 'utf8')) as RawSnapshot)
  const hits = new Map<string, HeapHit>()
  let strings = 0
  for (let node = 0; node < heap.count; node++) {
    const text = heap.textOf(node)
    if (text === undefined) continue
    strings++
    matcher.find(Buffer.from(text), ({ canary, form }) => {
      const heldBy = heap.wayTo(node, matcher)
      hits.set(`${canary}|${heldBy}`, { canary, form, heldBy })
    })
  }
  return { strings, hits: [...hits.values()] }
}

class Heap {
  readonly count: number
  readonly #raw: RawSnapshot
  readonly #types: string[]
  readonly #edgeTypes: string[]
  readonly #nodeSize: number
  readonly #edgeSize: number
  readonly #at: Record<'type' | 'name' | 'edges', number>
  readonly #edgeAt: Record<'type' | 'name' | 'to', number>
  readonly #firstEdge: Uint32Array
  #holders: Uint32Array | undefined

  constructor(raw: RawSnapshot) {
    this.#raw = raw
    const {
      node_fields: fields,
      edge_fields: edgeFields,
      node_types,
      edge_types,
    } = raw.snapshot.meta
    this.#types = node_types[0]
    this.#edgeTypes = edge_types[0]
    this.#nodeSize = fields.length
    this.#edgeSize = edgeFields.length
    this.#at = {
      type: fields.indexOf('type'),
      name: fields.indexOf('name'),
      edges: fields.indexOf('edge_count'),
    }
    this.#edgeAt = {
      type: edgeFields.indexOf('type'),
      name: edgeFields.indexOf('name_or_index'),
      to: edgeFields.indexOf('to_node'),
    }
    this.count = raw.nodes.length / this.#nodeSize
    this.#firstEdge = new Uint32Array(this.count + 1)
    for (let node = 0; node < this.count; node++) {
      const edges = this.#field(node, 'edges')
      this.#firstEdge[node + 1] = (this.#firstEdge[node] ?? 0) + edges
    }
  }

  /** Of a string, whole or in halves, or of a number; undefined of anything else. */
  textOf(node: number, deep = 0): string | undefined {
    const type = this.#types[this.#field(node, 'type')]
    // A slice holds the string that it is a part of, which is a node of its own.
    if (type === 'string' || type === 'number' || type === 'bigint') return this.#nameOf(node)
    if (type !== 'concatenated string' || deep > HALVES_DEEP) return undefined
    let text = ''
    for (const { name, to } of this.#edgesOf(node)) {
      if (name === 'first' || name === 'second') text += this.textOf(to, deep + 1) ?? ''
    }
    return text
  }

  /** The shortest way from a root, told from the string's side. */
  wayTo(node: number, matcher: Matcher): string {
    this.#holders ??= this.#held()
    const names: string[] = []
    for (let at = node; names.length < STEPS_MOST; ) {
      const edge = this.#holders[at] ?? 0
      if (edge === 0) break
      const holder = this.#ownerOf(edge - 1)
      const [name, whose] = [this.#edgeName(edge - 1), this.#nameOf(holder)]
      names.push(`${this.#said(name, matcher)} of ${this.#said(whose, matcher)}`)
      at = holder
    }
    return names.join(', ')
  }

  /** For each node the edge, counted from one, by which a search from the root came to it first. */
  #held(): Uint32Array {
    const by = new Uint32Array(this.count)
    const seen = new Uint8Array(this.count)
    seen[0] = 1
    let wave = [0]
    while (wave.length > 0) {
      const next: number[] = []
      for (const node of wave) {
        for (
          let edge = this.#firstEdge[node] ?? 0;
          edge < (this.#firstEdge[node + 1] ?? 0);
          edge++
        ) {
          if (this.#edgeType(edge) === 'weak') continue
          const to = this.#edgeTo(edge)
          if (seen[to] === 1) continue
          seen[to] = 1
          by[to] = edge + 1
          next.push(to)
        }
      }
      wave = next
    }
    return by
  }

  #said(name: string, matcher: Matcher): string {
    let isSecret = false
    matcher.find(Buffer.from(name), () => {
      isSecret = true
    })
    return isSecret || /\d{5}/.test(name) || !NAME.test(name) ? '*' : name
  }

  *#edgesOf(node: number): Generator<{ name: string; to: number }> {
    for (let edge = this.#firstEdge[node] ?? 0; edge < (this.#firstEdge[node + 1] ?? 0); edge++) {
      yield { name: this.#edgeName(edge), to: this.#edgeTo(edge) }
    }
  }

  /** The node whose edges it is among: by halves, since the first edges ascend. */
  #ownerOf(edge: number): number {
    let [low, high] = [0, this.count - 1]
    while (low < high) {
      const middle = (low + high + 1) >> 1
      if ((this.#firstEdge[middle] ?? 0) <= edge) low = middle
      else high = middle - 1
    }
    return low
  }

  #edgeType(edge: number): string {
    const type = this.#raw.edges[edge * this.#edgeSize + this.#edgeAt.type] ?? 0
    return this.#edgeTypes[type] ?? ''
  }

  #edgeName(edge: number): string {
    const value = this.#raw.edges[edge * this.#edgeSize + this.#edgeAt.name] ?? 0
    const type = this.#edgeType(edge)
    return type === 'element' || type === 'hidden' ? '[]' : (this.#raw.strings[value] ?? '')
  }

  #edgeTo(edge: number): number {
    return (this.#raw.edges[edge * this.#edgeSize + this.#edgeAt.to] ?? 0) / this.#nodeSize
  }

  #nameOf(node: number): string {
    return this.#raw.strings[this.#field(node, 'name')] ?? ''
  }

  #field(node: number, field: 'type' | 'name' | 'edges'): number {
    return this.#raw.nodes[node * this.#nodeSize + this.#at[field]] ?? 0
  }
}

/** Kinds of secrets, without their numbers: `voucher PIN 3` is a voucher PIN. */
export function kindOf(canary: Pick<Canary, 'name'> | string): string {
  const name = typeof canary === 'string' ? canary : canary.name
  return name.replace(/ \d+( of .*)?$/, '').replace(/ of .*$/, '')
}
