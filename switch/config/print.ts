// The effective configuration as YAML, for `evs config print` and for support. The configuration
// holds names of key files and never a key; a setting that would hold one carries `secret` in the
// schema's notes and is printed as stars.

import { stringify } from 'yaml'
import type { Config } from './schema.ts'
import { schema } from './schema.ts'
import { type Shape, shapeOf } from './shape.ts'

export function printConfig(config: Config): string {
  return stringify(redacted(config, shapeOf(schema)))
}

/** A copy with stars in place of every secret setting. */
export function redacted(value: unknown, shape: Shape | undefined): unknown {
  if (shape === undefined) return value
  if (shape.kind === 'leaf') return shape.secret ? '***' : value
  if (Array.isArray(value)) {
    return value.map((entry) => redacted(entry, shape.kind === 'items' ? shape.item : undefined))
  }
  if (typeof value !== 'object' || value === null) return value
  const copy: Record<string, unknown> = {}
  for (const [key, inner] of Object.entries(value)) {
    if (shape.kind === 'group') copy[key] = redacted(inner, shape.fields.get(key))
    else copy[key] = redacted(inner, shape.kind === 'entries' ? shape.value : shape.item)
  }
  return copy
}
