/** Events and the webhooks that they go out by. */
import { z } from 'zod';

/** Patterns over event types: `verdict.*`, `admission.denied`, `**`. */
const EventTypes = z
  .array(z.string().regex(/^[a-z*][a-z0-9.*-]{0,79}$/, 'is a pattern of an event type, for example verdict.*'))
  .min(1)
  .max(50);
const WebhookUrl = z.url({ protocol: /^https?$/ }).max(2000);
export const NewWebhook = z.object({
  name: z.string().regex(/^[a-z0-9][a-z0-9-]{0,59}$/),
  url: WebhookUrl,
  types: EventTypes.default(['**']),
});
export type NewWebhook = z.infer<typeof NewWebhook>;
export const WebhookChange = z.object({
  url: WebhookUrl.optional(),
  types: EventTypes.optional(),
  enabled: z.boolean().optional(),
  /** Makes another signing key; the one before it no longer counts. */
  newKey: z.boolean().optional(),
});
export const Webhook = z.object({
  name: z.string(),
  /** Scheme and host; the rest of the address may be a secret, and is shown to nobody. */
  origin: z.string(),
  types: z.array(z.string()),
  enabled: z.boolean(),
  disabledReason: z.string().nullable(),
  createdBy: z.string(),
  createdAt: z.string(),
  due: z.number().int(),
  dead: z.number().int(),
  lastDeliveredAt: z.string().nullable(),
  lastError: z.string().nullable(),
});
export type Webhook = z.infer<typeof Webhook>;
/** The key is shown this once. */
export const WebhookAnswer = z.object({ webhook: Webhook, key: z.string().nullable() });
export type WebhookAnswer = z.infer<typeof WebhookAnswer>;
export const WebhookDelivery = z.object({
  id: z.number().int(),
  /** Number of the event; null for a test. */
  event: z.number().int().nullable(),
  type: z.string(),
  state: z.enum(['due', 'delivered', 'dead']),
  attempts: z.number().int(),
  nextAt: z.string().nullable(),
  lastStatus: z.number().int().nullable(),
  lastError: z.string().nullable(),
  createdAt: z.string(),
});
export type WebhookDelivery = z.infer<typeof WebhookDelivery>;

/** One event of the feed; CloudEvents 1.0 fields under their own names. */
export const FeedItem = z.object({
  specversion: z.literal('1.0'),
  id: z.string(),
  source: z.string(),
  type: z.string(),
  subject: z.string(),
  time: z.string(),
  data: z.record(z.string(), z.unknown()),
});
export type FeedItem = z.infer<typeof FeedItem>;
