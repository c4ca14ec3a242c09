// What an error of SQLite or of the file system says: that a file is not what was written, that
// there is no room for it, or neither. Through threads only code and words of it come.

export interface CodedError {
  readonly code?: unknown
  readonly message?: unknown
}

/**
 * SQLite itself says that the file is not what it wrote, or ends too soon, or that its schema is
 * not the one that the migrations made. [nothing-lost, row 36]
 */
export function isDamage({ code, message }: CodedError): boolean {
  if (/^SQLITE_(CORRUPT|NOTADB|IOERR_SHORT_READ)/.test(String(code))) return true
  return code === 'SQLITE_ERROR' && /no such (table|column)|malformed/.test(String(message))
}

/**
 * Of whatever disk it wrote to, which for a large sort is the one of temporary files. On the way
 * from migrations and threads an error may lose its code, and keeps SQLite's words. That a commit
 * was rolled back is no conclusion from it: the writer's own `isFull` is stricter.
 */
export function lacksRoom({ code, message }: CodedError): boolean {
  if (code === 'SQLITE_FULL' || code === 'ENOSPC' || code === 'EDQUOT') return true
  return String(message).includes('database or disk is full')
}
