/** Writes a scan as one page that needs nothing else: to attach to a ticket, to print, to archive. */
import type { ImageScan, RankedFinding, Severity } from '@pratique/contract';
import { printable } from '../printable.ts';
import { groupByUpgrade } from './upgrades.ts';

const SEVERITIES: readonly Severity[] = ['critical', 'high', 'medium', 'low', 'negligible', 'unknown'];

/** Everything in it came out of an image or a feed: it is text, and never markup. No script, no address that is loaded. */
export function toHtml(scan: ImageScan, about: { toolVersion: string; created: string }): string {
  const title = `Findings of ${scan.image.reference}`;
  const counted = SEVERITIES.map((severity) => [severity, scan.findings.filter((one) => counts(one, severity)).length]);
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${text(title)}</title>
<style>${STYLE}</style>
</head>
<body>
<header>
<h1>${text(scan.image.reference)}</h1>
<p>${text([scan.image.distribution?.name ?? 'no distribution', `${scan.packages.length} packages`, scan.image.digest ?? ''].filter(Boolean).join(' · '))}</p>
<ul class="counts">${counted.map(([severity, number]) => `<li class="${severity}"><b>${number}</b> ${severity}</li>`).join('')}</ul>
</header>
<main>
${gaps(scan)}${malware(scan.malware)}${secrets(scan.secrets)}${upgrades(scan)}${findings(scan.findings)}${baseline(scan.baseline)}
</main>
<footer>Pratique ${text(about.toolVersion)}, ${text(about.created)}</footer>
</body>
</html>
`;
}

const counts = (finding: RankedFinding, severity: Severity) =>
  finding.severity === severity && finding.status !== 'not-affected';

function gaps({ missing, uncovered, unexamined }: ImageScan): string {
  if (missing.length + uncovered.length + (unexamined ?? []).length === 0) return '';
  const rows = [
    ...missing.map((each) => `${each.what} ${each.path}: ${each.detail}`),
    ...uncovered.map((each) => `${each.ecosystem}: ${each.packages} packages, ${each.reason}`),
    ...(unexamined ?? []).map((each) => `${each.path}: ${each.detail}`),
  ];
  return section('Not known', `<p>What follows was not examined, or nothing is known of it.</p>${list(rows)}`);
}

function malware(found: ImageScan['malware']): string {
  if (found === null || found.length === 0) return '';
  const rows = found.map((one) => row([one.id, one.severity, one.title, one.family, one.path, one.source]));
  return section('Malware', table(['Rule', 'Severity', 'What', 'Family', 'File', 'Found by'], rows));
}

function secrets(found: ImageScan['secrets']): string {
  if (found === null || found.length === 0) return '';
  const rows = found.map((one) =>
    row([
      one.id,
      one.severity,
      one.title,
      one.redacted,
      one.state,
      one.places.map(({ where, path, line }) => (where === 'file' ? `${path}:${line}` : `${where} ${path}`)).join(', '),
    ]),
  );
  return section('Secrets', table(['Kind', 'Severity', 'What', 'Begins with', 'State', 'Where'], rows));
}

function baseline(results: ImageScan['baseline']): string {
  const failed = results?.filter((one) => one.status === 'failed') ?? [];
  if (failed.length === 0) return '';
  const rows = failed.map((one) => row([one.id, one.severity, one.title, one.evidence.join(', '), one.fix]));
  return section('Baseline', table(['Check', 'Severity', 'What should be', 'Found', 'What to do'], rows));
}

function upgrades(scan: ImageScan): string {
  const groups = groupByUpgrade(scan.findings, scan.packages).slice(0, 50);
  if (groups.length === 0) return '';
  const rows = groups.map(({ name, packages, to, ids, score }) =>
    row([
      String(ids.length),
      String(score),
      name,
      packages.map((one) => one.version)[0] ?? '',
      to ?? 'see below',
      ids.join(', '),
    ]),
  );
  return section(
    'Upgrades that clear most',
    table(['Clears', 'Priority', 'Package', 'Installed', 'Upgrade to', 'Which'], rows),
  );
}

function findings(all: readonly RankedFinding[]): string {
  if (all.length === 0) return section('Findings', '<p>There are none.</p>');
  const rows = all.map((one) => {
    const why = list(one.priority.factors.map((factor) => `${factor.points}: ${factor.detail}`));
    const name = `<b>${text(one.id)}</b>${one.exploited ? ' <span class="exploited">exploited</span>' : ''}<br>${text(one.title ?? '')}`;
    const score = `<details><summary>${one.priority.score}</summary>${why}</details>`;
    const cells = [one.package.name, one.package.version, one.fixedVersion ?? '–', one.status].map(text);
    return `<tr><td>${name}</td><td>${score}</td><td class="${one.severity}">${one.severity}</td>${cells.map((cell) => `<td>${cell}</td>`).join('')}<td>${text(one.evidence.comparison)}<br><small>${text(`${one.evidence.source} ${one.evidence.advisory}`)}</small></td></tr>`;
  });
  return section(
    'Findings',
    table(['Hole', 'Priority', 'Severity', 'Package', 'Installed', 'Fixed in', 'Status', 'Why'], rows),
  );
}

const section = (title: string, body: string) => `<section><h2>${text(title)}</h2>${body}</section>\n`;
const list = (items: readonly string[]) => `<ul>${items.map((item) => `<li>${text(item)}</li>`).join('')}</ul>`;
const row = (cells: readonly string[]) => `<tr>${cells.map((cell) => `<td>${text(cell)}</td>`).join('')}</tr>`;
const table = (head: readonly string[], rows: readonly string[]) =>
  `<div class="table" tabindex="0"><table><thead><tr>${head.map((cell) => `<th scope="col">${text(cell)}</th>`).join('')}</tr></thead><tbody>\n${rows.join('\n')}\n</tbody></table></div>`;

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function text(value: string): string {
  return printable(value, 2000).replace(/[&<>"']/g, (character) => ESCAPES[character] ?? '');
}

const STYLE = `
:root { color-scheme: light dark; font: 15px/1.5 system-ui, sans-serif; }
body { margin: 0 auto; max-width: 90rem; padding: 1.5rem; }
h1 { font-size: 1.4rem; margin: 0; overflow-wrap: anywhere; }
h2 { font-size: 1.1rem; margin: 2rem 0 .5rem; }
.counts { display: flex; flex-wrap: wrap; gap: .5rem 1.5rem; list-style: none; padding: 0; }
.table { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; }
th, td { border-bottom: 1px solid light-dark(#ddd, #444); padding: .4rem .6rem; text-align: left; vertical-align: top; }
td { overflow-wrap: anywhere; min-width: 4rem; }
.critical { color: light-dark(#a1102b, #ff8fa0); font-weight: 600; }
.high { color: light-dark(#a33b00, #ffab7a); font-weight: 600; }
.medium { color: light-dark(#735500, #f0cf6b); }
.exploited { background: light-dark(#a1102b, #ff8fa0); color: light-dark(#fff, #000); border-radius: .25rem; padding: 0 .35rem; }
summary { cursor: pointer; }
footer { margin-top: 2rem; color: light-dark(#555, #aaa); }
@media print { details > ul { display: block; } }
`;
