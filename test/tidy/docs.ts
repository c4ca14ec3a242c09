// Links of the Markdown files: every relative link must lead to a file of the repository, and to a
// heading of it when it names one. Links into the web are not followed.

import { existsSync, readFileSync, statSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { ROOT } from './source.ts'

/** The links of one file, path from the root, that lead nowhere. */
export function deadLinks(path: string): string[] {
  const text = withoutCode(readFileSync(join(ROOT, path), 'utf8'))
  const dead: string[] = []
  for (const [, target = ''] of text.matchAll(/\]\(<?([^)\s>]+)>?(?:\s+"[^"]*")?\)/g)) {
    if (/^[a-z][a-z+.-]*:/i.test(target)) continue
    if (!leadsSomewhere(path, decodeURI(target))) dead.push(`${path}: ${target}`)
  }
  return dead
}

export function linkCount(path: string): number {
  const text = withoutCode(readFileSync(join(ROOT, path), 'utf8'))
  return [...text.matchAll(/\]\(/g)].length
}

/** GitHub's anchor of a heading. */
export function anchorOf(heading: string): string {
  const plain = heading.replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
  return plain
    .toLowerCase()
    .replace(/[^\p{L}\p{M}\p{N}\p{Pc}\- ]/gu, '')
    .replaceAll(' ', '-')
}

function leadsSomewhere(from: string, target: string): boolean {
  const [file = '', anchor] = target.split('#')
  const path = file === '' ? join(ROOT, from) : join(ROOT, dirname(from), file)
  if (relative(ROOT, path).startsWith('..') || !existsSync(path)) return false
  if (anchor === undefined || !path.endsWith('.md') || statSync(path).isDirectory()) return true
  const headings = withoutCode(readFileSync(path, 'utf8')).matchAll(/^#{1,6} +(.+?) *$/gm)
  return [...headings].some(([, heading = '']) => anchorOf(heading) === anchor)
}

function withoutCode(markdown: string): string {
  return markdown.replace(/^(```|~~~)[\s\S]*?^\1/gm, '').replace(/`[^`\n]*\]\([^`\n]*`/g, '')
}
