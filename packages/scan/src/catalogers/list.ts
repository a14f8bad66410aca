/** The catalogers there are: one explicit list. */
import { apk } from './apk/apk.ts';
import type { Cataloger } from './cataloger.ts';
import { dpkg } from './dpkg/dpkg.ts';
import { java } from './java/java.ts';
import { npm } from './npm/npm.ts';
import { python } from './python/python.ts';

/** Raised whenever the same image would give another inventory. */
export const CATALOGER_REVISION = 2;

export const CATALOGERS: readonly Cataloger[] = [dpkg, apk, npm, python, java];
