// What a thread of the store does first. A thread begins with a slab for its small buffers, in
// memory that the process has freed and nobody has overwritten: a batch file with its PINs may
// have been there, and would be within reach for as long as the thread lives.

/** The part that nobody was given yet; small buffers have memory of their own from now on. */
export function clearSlab(): void {
  const { buffer, byteOffset } = Buffer.allocUnsafe(1)
  new Uint8Array(buffer).fill(0, byteOffset)
  Buffer.poolSize = 0
}
