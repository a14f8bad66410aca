/** Upload sessions that no table remembers: the URL carries the id and its beginning, signed for one repository and caller. */
import { randomUUID, timingSafeEqual } from 'node:crypto';
import { createMac } from './mac.ts';

/** Whose upload it is; for anybody else the session does not exist. */
export type UploadOwner = { repositoryId: string; actorId: string };

export type UploadSessions = {
  /** @returns the last part of the upload's URL */
  open(owner: UploadOwner): { id: string; token: string };
  /** @returns the upload's id; null for a token that is forged, expired or somebody else's */
  verify(token: string, owner: UploadOwner): string | null;
};

/** As long as abandoned bytes are kept, so that a session never outlives the mark that it ended. */
const LIFE_S = 24 * 3600;
/** Clocks of two processes may differ a little. */
const SKEW_S = 120;
const TOKEN = /^([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\.([0-9a-f]{8})\.([\w-]{22})$/;

/** True for what may be a token; everything else is refused before it is looked at. */
export const isUploadToken = (text: string): boolean => TOKEN.test(text);

/**
 * A token is `ID.STARTED.MAC`: seconds since 1970 in hex, and 128 bits of HMAC-SHA-256.
 * @param key 32 bytes, the same in all processes of the instance and used for nothing else
 */
export function createUploadSessions(key: Uint8Array, now: () => number = Date.now): UploadSessions {
  const mac = createMac(key);
  const sign = (id: string, started: string, owner: UploadOwner) =>
    mac(`${id}.${started}.${owner.repositoryId}.${owner.actorId}`).toString('base64url').slice(0, 22);
  return {
    open(owner) {
      const id = randomUUID();
      const started = Math.floor(now() / 1000)
        .toString(16)
        .padStart(8, '0');
      return { id, token: `${id}.${started}.${sign(id, started, owner)}` };
    },
    verify(token, owner) {
      const match = TOKEN.exec(token);
      if (!match?.[1] || !match[2] || !match[3]) return null;
      if (!timingSafeEqual(Buffer.from(match[3]), Buffer.from(sign(match[1], match[2], owner)))) return null;
      const age = now() / 1000 - Number.parseInt(match[2], 16);
      return age < LIFE_S && age > -SKEW_S ? match[1] : null;
    },
  };
}
