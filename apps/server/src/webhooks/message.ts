/** What a webhook gets: a CloudEvents 1.0 document in structured mode, signed as Standard Webhooks describes. */
import { createHmac, randomBytes } from 'node:crypto';
import { z } from 'zod';

/** What is sealed of a webhook. */
export const WebhookSecret = z.object({ url: z.string(), key: z.string().regex(/^whsec_/) });
export type WebhookSecret = z.infer<typeof WebhookSecret>;

export const webhookPurpose = (webhookId: string): string => `webhook/${webhookId}`;

/** 32 random bytes in the form that receivers' libraries read. */
export const makeSigningKey = (): string => `whsec_${randomBytes(32).toString('base64')}`;

/**
 * Headers of one delivery. The id is the same at each attempt, so that a receiver can tell a repetition; the signature
 * covers id, time and body: HMAC-SHA-256 in base64 (Standard Webhooks 1.0, "Signature scheme").
 * @param at time of this attempt
 */
export function signedHeaders(key: string, id: string, body: string, at: Date): Record<string, string> {
  const timestamp = String(Math.floor(at.getTime() / 1000));
  const mac = createHmac('sha256', Buffer.from(key.slice('whsec_'.length), 'base64'));
  return {
    'content-type': 'application/cloudevents+json; charset=utf-8',
    'user-agent': 'pratique-webhook/1',
    'webhook-id': id,
    'webhook-timestamp': timestamp,
    'webhook-signature': `v1,${mac.update(`${id}.${timestamp}.${body}`).digest('base64')}`,
  };
}
