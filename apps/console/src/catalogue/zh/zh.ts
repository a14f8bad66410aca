/** The Chinese catalogue. */
import type { Catalogue } from '../catalogue.ts';
import { advisory } from './advisory.ts';
import { approvals } from './approvals.ts';
import { authority } from './authority.ts';
import { chains } from './chains.ts';
import { compare } from './compare.ts';
import { contents } from './contents.ts';
import { deliveries } from './deliveries.ts';
import { explain } from './explain.ts';
import { findings } from './findings.ts';
import { holders } from './holders.ts';
import { image, images } from './images.ts';
import { logins } from './logins.ts';
import { overview } from './overview.ts';
import { packages } from './packages.ts';
import { policies } from './policies.ts';
import { repairs } from './repairs.ts';
import { revoke } from './revoke.ts';
import { settings } from './settings.ts';
import { palette, shell, signIn, states } from './shell.ts';
import { trust } from './trust.ts';
import { updates } from './updates.ts';
import { vex } from './vex.ts';
import { webhooks } from './webhooks.ts';
import { words } from './words.ts';
import { workloads } from './workloads.ts';

export const zh: Catalogue = {
  words,
  shell,
  signIn,
  states,
  palette,
  overview,
  images,
  image,
  approvals,
  chains,
  explain,
  findings,
  packages,
  revoke,
  deliveries,
  policies,
  trust,
  logins,
  workloads,
  authority,
  settings,
  webhooks,
  advisory,
  compare,
  contents,
  repairs,
  holders,
  updates,
  vex,
};
