// The schema as a plain tree that can be walked: groups, lists of groups, maps and leaves. From it
// come the names of environment variables, the conversion of text and the list of settings.
// It knows zod's wrappers so that nobody else has to; it checks nothing.

import { z } from 'zod'

export type LeafType = 'text' | 'whole number' | 'true or false' | 'choice'

interface Notes {
  readonly description: string
  /** The default as text, or the sentence about it; undefined when the setting is required. */
  readonly fallback: string | undefined
  /** Never printed. */
  readonly secret: boolean
}

export interface Leaf extends Notes {
  readonly kind: 'leaf'
  readonly type: LeafType
  readonly choices: readonly string[]
  /** A list of such values, separated by commas where it is one text. */
  readonly list: boolean
}

export interface Group extends Notes {
  readonly kind: 'group'
  readonly fields: ReadonlyMap<string, Shape>
}

export interface Items extends Notes {
  readonly kind: 'items'
  readonly item: Shape
}

/** A map whose keys are data, such as response codes. */
export interface Entries extends Notes {
  readonly kind: 'entries'
  readonly value: Shape
}

export type Shape = Leaf | Group | Items | Entries

export function shapeOf(schema: z.core.$ZodType): Shape {
  let inner = schema
  let description = ''
  let fallback: string | undefined
  let secret = false
  for (;;) {
    const meta = z.globalRegistry.get(inner)
    if (description === '' && meta?.description !== undefined) description = meta.description
    if (typeof meta?.fallback === 'string') fallback ??= meta.fallback
    if (meta?.secret === true) secret = true
    if (inner instanceof z.core.$ZodDefault || inner instanceof z.core.$ZodPrefault) {
      fallback ??= textOf(inner._zod.def.defaultValue)
      inner = inner._zod.def.innerType
    } else if (inner instanceof z.core.$ZodOptional) {
      fallback ??= ''
      inner = inner._zod.def.innerType
    } else break
  }
  return bare(inner, { description, fallback, secret })
}

/** The shape at a path of the configuration, or undefined when the path leads nowhere. */
export function shapeAt(root: Shape, path: readonly PropertyKey[]): Shape | undefined {
  let shape: Shape | undefined = root
  for (const step of path) {
    if (shape === undefined || shape.kind === 'leaf') return undefined
    if (shape.kind === 'group') shape = shape.fields.get(String(step))
    else shape = shape.kind === 'items' ? shape.item : shape.value
  }
  return shape
}

function bare(schema: z.core.$ZodType, notes: Notes): Shape {
  if (schema instanceof z.core.$ZodObject) {
    const fields = new Map<string, Shape>()
    for (const [key, field] of Object.entries(schema._zod.def.shape))
      fields.set(key, shapeOf(field))
    return { kind: 'group', fields, ...notes }
  }
  if (schema instanceof z.core.$ZodRecord) {
    return { kind: 'entries', value: shapeOf(schema._zod.def.valueType), ...notes }
  }
  if (schema instanceof z.core.$ZodArray) {
    const item = shapeOf(schema._zod.def.element)
    return item.kind === 'leaf'
      ? { ...item, list: true, ...notes }
      : { kind: 'items', item, ...notes }
  }
  if (schema instanceof z.core.$ZodEnum) {
    const choices = Object.values(schema._zod.def.entries).map(String)
    return { kind: 'leaf', type: 'choice', choices, list: false, ...notes }
  }
  return { kind: 'leaf', type: leafType(schema), choices: [], list: false, ...notes }
}

function leafType(schema: z.core.$ZodType): LeafType {
  if (schema instanceof z.core.$ZodNumber) return 'whole number'
  if (schema instanceof z.core.$ZodBoolean) return 'true or false'
  if (schema instanceof z.core.$ZodString) return 'text'
  throw new TypeError('the configuration schema uses a type that is not known here')
}

function textOf(value: unknown): string {
  if (Array.isArray(value)) return value.join(',')
  return typeof value === 'object' ? '' : String(value)
}
