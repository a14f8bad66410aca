/** Gives the memory of received chunks back at once, instead of leaving it to the garbage collector. */

/**
 * Detaches the chunks, whose bytes nobody may look at again. A body comes as megabytes of small buffers outside the
 * heap; the collector sees them pile up and marks the whole heap again and again, for what is long on the disk. A chunk
 * that shares its memory with another is left alone.
 */
export function giveBack(chunks: readonly Buffer[]): void {
  for (const chunk of chunks) {
    const { buffer } = chunk;
    if (buffer instanceof ArrayBuffer && chunk.byteLength === buffer.byteLength) buffer.transfer(0);
  }
}
