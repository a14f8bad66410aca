/** Checks size and digest of a stream while it passes. */
import { createHash } from 'node:crypto';
import { Transform } from 'node:stream';
import { OciError } from './error.ts';

/** The stream fails with `size-mismatch` or `digest-mismatch` before it ends, so that nobody takes wrong bytes for whole. */
export function verifyStream(expected: { digest: string; size: number }, onBytes?: (bytes: number) => void): Transform {
  const hash = createHash('sha256');
  let size = 0;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      size += chunk.length;
      if (size > expected.size) {
        done(
          new OciError('size-mismatch', `${expected.digest} has more than the ${expected.size} bytes it should have`),
        );
        return;
      }
      hash.update(chunk);
      onBytes?.(chunk.length);
      done(null, chunk);
    },
    flush(done) {
      if (size !== expected.size)
        return done(new OciError('size-mismatch', `${expected.digest} has ${size} bytes, not ${expected.size}`));
      const actual = `sha256:${hash.digest('hex')}`;
      done(
        actual === expected.digest
          ? null
          : new OciError('digest-mismatch', `the bytes of ${expected.digest} have the digest ${actual}`),
      );
    },
  });
}
