/** Reads an SBOM as a subject: its packages as an inventory that can be matched. */
import type { Distribution, Inventory, Missing, Package } from '@pratique/contract';
import type { PackageURL } from 'packageurl-js';
import { CATALOGER_REVISION } from '../catalogers/list.ts';
import { boundMissing } from '../inventory/missing.ts';
import { distributionOf, packageFromPurl } from './package-from-purl.ts';
import { readSbomDocument, type SbomDocument } from './read-document.ts';

/**
 * Reads SPDX 2.x or CycloneDX JSON. Packages without a usable purl make the inventory partial, as does a document that
 * calls itself incomplete.
 *
 * @throws ScanError `sbom-invalid`
 */
export function inventorySbom(bytes: Buffer): Inventory {
  const document = readSbomDocument(bytes);
  const missing: Missing[] = [];
  const found: { package: Package; url: PackageURL }[] = [];
  if (document.incomplete !== null)
    missing.push({ kind: 'limit', what: 'sbom', path: '', detail: document.incomplete });
  for (const { label, purl } of document.items) {
    const read = purl === null ? null : packageFromPurl(purl);
    if (read) found.push(read);
    else
      missing.push({
        kind: 'unreadable',
        what: 'sbom-package',
        path: '',
        detail: `${label.slice(0, 200)} has ${purl === null ? 'no purl' : 'a purl that cannot be read'}`,
      });
  }
  const packages = new Map(found.map((each) => [each.package.purl, each.package]));
  return {
    revision: CATALOGER_REVISION,
    distribution: distributionOf(found.map((each) => each.url)) ?? systemOf(document.system),
    packages: [...packages.values()].sort((a, b) => (a.purl < b.purl ? -1 : 1)),
    files: [],
    missing: boundMissing(missing),
  };
}

function systemOf(system: SbomDocument['system']): Distribution | null {
  if (!system || !/^[a-z0-9._-]{1,64}$/.test(system.name)) return null;
  return {
    id: system.name,
    version: system.version.slice(0, 64),
    codename: null,
    name: `${system.name} ${system.version}`.trim().slice(0, 200),
  };
}
