/** Checks of the steps by which an image was built, as far as its history tells them. */
import { type Check, ofSteps } from './check.ts';

const CIS = ['cis-docker-4', 'hardened'] as const;
const HARD = ['hardened'] as const;
const UPDATE = /(apt-get|apt|apk|yum|dnf|microdnf|zypper)\s+(-\S+\s+)*(update|refresh|makecache|check-update)\b/;
const INSTALL =
  /(apt-get|apt|apk|yum|dnf|microdnf|zypper)\s+(-\S+\s+)*(install|add|upgrade|dist-upgrade|full-upgrade|update\s+-y)\b/;

export const HISTORY_CHECKS: readonly Check[] = [
  {
    id: 'add-instead-of-copy',
    title: 'Files are copied with COPY',
    reason: 'ADD also fetches and unpacks, which is seldom meant.',
    fix: 'Use COPY; ADD is for unpacking a root file system.',
    severity: 'low',
    profiles: CIS,
    // A base image's first step unpacks its root file system into /.
    run: ofSteps(({ word, text }) => word === 'ADD' && !/\bin\s+\/\s*$|\s\/\s*$/.test(text) && !isRemote(text)),
  },
  {
    id: 'add-from-network',
    title: 'Nothing is added from the network without a checksum',
    reason: 'What an address hands out changes, and nobody compares it with anything.',
    fix: 'Use ADD --checksum=sha256:..., or fetch and verify in a RUN step.',
    severity: 'medium',
    profiles: CIS,
    run: ofSteps(({ word, text }) => word === 'ADD' && isRemote(text) && !/--checksum=sha256:[0-9a-f]{64}/.test(text)),
  },
  {
    id: 'update-alone',
    title: 'Package lists are updated in the step that installs',
    reason: 'A step of its own is cached, and later builds install old versions from its lists.',
    fix: 'Write RUN apt-get update && apt-get install ... as one step.',
    severity: 'low',
    profiles: CIS,
    run: ofSteps(({ word, text }) => word === 'RUN' && UPDATE.test(text) && !INSTALL.test(text)),
  },
  {
    id: 'sudo-in-build',
    title: 'sudo is not used while building',
    reason: 'Steps run as whom USER says; sudo is then left in the image.',
    fix: 'Use USER root before and USER after the step.',
    severity: 'low',
    profiles: HARD,
    run: ofSteps(
      ({ word, text }) =>
        word === 'RUN' && /(^|[\s;&|(])sudo\s+[a-z/-]/.test(text) && !/install[^;&|]*\ssudo/.test(text),
    ),
  },
  {
    id: 'chmod-for-all',
    title: 'No step lets everybody write',
    reason: 'What everybody may write, an intruder may write.',
    fix: 'Use chown and the narrowest mode.',
    severity: 'medium',
    profiles: HARD,
    run: ofSteps(({ text }) =>
      /chmod\s+(-\S+\s+)*(0?777|[augo]*o[augo]*\+[rx]*w|a\+[rx]*w|ugo\+[rx]*w)\b|--chmod=0?777\b/.test(text),
    ),
  },
  {
    id: 'script-from-network',
    title: 'No step runs a script straight from the network',
    reason: 'Nobody has looked at what was run, and it may be another tomorrow.',
    fix: 'Fetch, verify a checksum or signature, then run; or install a package.',
    severity: 'high',
    profiles: CIS,
    run: ofSteps(
      ({ word, text }) =>
        word === 'RUN' &&
        /(curl|wget)\s[^|;&]*\|\s*(sudo\s+(-\S+\s+)*)?(\/(usr\/)?bin\/)?(ba|da|z|k)?sh\b|<\(\s*(curl|wget)\s/.test(
          text,
        ),
    ),
  },
  {
    id: 'fetched-without-encryption',
    title: 'No step fetches programs without encryption',
    reason: 'Whoever sits on the way can hand out something else.',
    fix: 'Use https, or verify what came by a checksum.',
    severity: 'medium',
    profiles: HARD,
    run: ofSteps(
      ({ word, text }) =>
        word === 'RUN' &&
        /(curl|wget)\s[^|;&]*\bhttp:\/\/(?!localhost|127\.|\[::1\])/.test(text) &&
        !/sha(256|512)sum|gpg\s+--verify|gpgv\b/.test(text),
    ),
  },
  {
    id: 'verification-switched-off',
    title: 'No step switches verification off',
    reason: 'Packages that nobody signed, and connections to anybody, are then taken.',
    fix: 'Remove the switch; install the key or certificate that is missing.',
    severity: 'high',
    profiles: CIS,
    run: ofSteps(
      ({ word, text }) =>
        word === 'RUN' &&
        /--allow-unauthenticated|--allow-untrusted|--force-yes|--no-check-certificate|--nogpgcheck|--no-gpg-checks|--trusted-host|curl\s+(\S+\s+)*(-[a-zA-Z]*k[a-zA-Z]*|--insecure)\b|strict-ssl\s+false|http\.sslVerify[ =]+(false|0)|AllowInsecureRepositories|NODE_TLS_REJECT_UNAUTHORIZED=0/.test(
          text,
        ),
    ),
  },
  {
    id: 'secret-in-build',
    title: 'No step carries a secret in an argument',
    reason: 'Arguments of steps stay readable in the history.',
    fix: 'Use RUN --mount=type=secret, and change the secret.',
    severity: 'high',
    profiles: CIS,
    run: ofSteps(({ word, text }) =>
      word === 'ARG' || word === 'ENV'
        ? /^\w*(PASSWORD|PASSWD|SECRET|TOKEN|API_?KEY|PRIVATE_?KEY)\w*=\S/i.test(text) &&
          !/_(FILE|PATH|URL)=/i.test(text)
        : word === 'RUN' &&
          /https?:\/\/[^\s/:@]+:[^\s/@$]{3,}@|(--password|--token|-p)[= ]['"]?(?!\$)[A-Za-z0-9+/_-]{12,}/.test(text),
    ),
  },
  {
    id: 'base-is-latest',
    title: 'The base image is pinned',
    reason: 'latest, or no tag, is another image tomorrow.',
    fix: 'Name the base by a version and a digest.',
    severity: 'low',
    profiles: CIS,
    run: (facts) => {
      const base = facts.settings?.Labels?.['org.opencontainers.image.base.name'];
      if (base === undefined)
        return facts.settings
          ? { status: 'not-examined', detail: 'no label names the base image' }
          : { status: 'not-examined', detail: 'the image configuration cannot be read' };
      const pinned =
        base === 'scratch' || /@sha256:[0-9a-f]{64}$/.test(base) || (/:[^/:]+$/.test(base) && !/:latest$/.test(base));
      return pinned ? { status: 'passed' } : { status: 'failed', evidence: ['org.opencontainers.image.base.name'] };
    },
  },
  {
    id: 'maintainer-instruction',
    title: 'MAINTAINER is not used',
    reason: 'The instruction was given up in favour of labels.',
    fix: 'Use LABEL org.opencontainers.image.authors.',
    severity: 'negligible',
    profiles: HARD,
    run: ofSteps(({ word }) => word === 'MAINTAINER'),
  },
  {
    id: 'upgrade-of-all',
    title: 'No step upgrades the distribution to another release',
    reason: 'Half-upgraded releases get no security updates that fit.',
    fix: 'Start from a base image of the newer release.',
    severity: 'low',
    profiles: HARD,
    run: ofSteps(
      ({ word, text }) => word === 'RUN' && /do-release-upgrade|apk\s+upgrade\s+[^;&|]*--available/.test(text),
    ),
  },
];

function isRemote(text: string): boolean {
  return /(^|[\s"[])(https?|git|ftp):\/\/|(^|\s)git@/.test(text);
}
