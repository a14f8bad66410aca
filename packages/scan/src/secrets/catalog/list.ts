/** All kinds, the more telling one first where two could name the same text. */
import type { Kind } from '../kind.ts';
import { AI } from './ai.ts';
import { APPLICATIONS } from './applications.ts';
import { CLOUD } from './cloud.ts';
import { DATABASES } from './databases.ts';
import { FILES } from './files.ts';
import { GENERIC } from './generic.ts';
import { IDENTITY } from './identity.ts';
import { INFRASTRUCTURE } from './infrastructure.ts';
import { MESSAGING } from './messaging.ts';
import { PACKAGES } from './packages.ts';
import { PAYMENT } from './payment.ts';
import { PRIVATE_KEYS } from './private-keys.ts';
import { SOURCE_CONTROL } from './source-control.ts';
import { WALLETS } from './wallets.ts';

export const KINDS: readonly Kind[] = [
  ...IDENTITY,
  ...SOURCE_CONTROL,
  ...CLOUD,
  ...PACKAGES,
  ...PAYMENT,
  ...MESSAGING,
  ...AI,
  ...INFRASTRUCTURE,
  ...APPLICATIONS,
  ...WALLETS,
  ...PRIVATE_KEYS,
  ...DATABASES,
  ...FILES,
  ...GENERIC,
];

/** Increases when kinds or what they find change: results of an earlier one are made anew. */
export const SECRETS_REVISION = 3;
