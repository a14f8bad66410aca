/** The English catalogue. */
import { authority } from './authority.ts';
import { deliveries } from './deliveries.ts';
import { explain } from './explain.ts';
import { image, images } from './images.ts';
import { logins } from './logins.ts';
import { overview } from './overview.ts';
import { policies } from './policies.ts';
import { revoke } from './revoke.ts';
import { settings } from './settings.ts';
import { palette, shell, signIn, states } from './shell.ts';
import { trust } from './trust.ts';
import { webhooks } from './webhooks.ts';
import { words } from './words.ts';
import { workloads } from './workloads.ts';

export const en = {
  words,
  shell,
  signIn,
  states,
  palette,
  overview,
  images,
  image,
  explain,
  revoke,
  deliveries,
  policies,
  trust,
  logins,
  workloads,
  authority,
  settings,
  webhooks,
};
