/** Every command that is carried out here, by name. */
import type { Step } from '../script/shell.ts';
import { alternativeSteps } from './alternatives.ts';
import { capabilitySteps } from './capabilities.ts';
import { certificateSteps } from './certificates.ts';
import { debconfSteps } from './debconf.ts';
import { accountFileSteps } from './declarations.ts';
import { derivedSteps } from './derived.ts';
import { dpkgSteps } from './dpkg.ts';
import { fileSteps } from './files.ts';
import { findSteps } from './find.ts';
import { ldconfigSteps } from './ldconfig.ts';
import { pamSteps } from './pam.ts';
import { pathSteps } from './paths.ts';
import { permissionSteps } from './permissions.ts';
import { searchSteps } from './search.ts';
import { serviceSteps } from './services.ts';
import { shellsSteps } from './shells.ts';
import { systemSteps } from './system.ts';
import { textSteps } from './text.ts';
import { ucfSteps } from './ucf.ts';
import { userSteps } from './users.ts';

export const allSteps: ReadonlyMap<string, Step> = new Map(
  Object.entries({
    ...accountFileSteps,
    ...alternativeSteps,
    ...capabilitySteps,
    ...certificateSteps,
    ...debconfSteps,
    ...derivedSteps,
    ...dpkgSteps,
    ...fileSteps,
    ...findSteps,
    ...ldconfigSteps,
    ...pamSteps,
    ...pathSteps,
    ...permissionSteps,
    ...searchSteps,
    ...serviceSteps,
    ...shellsSteps,
    ...systemSteps,
    ...textSteps,
    ...ucfSteps,
    ...userSteps,
  }),
);
