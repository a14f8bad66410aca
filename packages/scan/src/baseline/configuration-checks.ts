/** Checks of the image configuration: who runs, what is run, what is open. */
import { type Check, notApplicable, notExamined, ofSettings, PASSED, unlessFound } from './check.ts';
import type { Facts } from './facts.ts';

const CIS = ['cis-docker-4', 'hardened'] as const;
const HARD = ['hardened'] as const;

export const CONFIGURATION_CHECKS: readonly Check[] = [
  {
    id: 'user-is-root',
    title: 'The container runs as a user other than root',
    reason: 'A process that breaks out as root is root on the host unless something else stops it.',
    fix: 'Add a user and end the Dockerfile with USER and its number.',
    severity: 'high',
    profiles: CIS,
    run: ofSettings((settings, facts) => {
      const user = (settings.User ?? '').split(':')[0] ?? '';
      if (user === '') return { status: 'failed', evidence: ['no USER is set, which is root'] };
      if (/^\d+$/.test(user)) return Number(user) === 0 ? { status: 'failed', evidence: ['USER 0'] } : PASSED;
      if (user === 'root') return { status: 'failed', evidence: ['USER root'] };
      return namedUser(user, facts);
    }),
  },
  {
    id: 'user-is-name',
    title: 'USER is a number',
    reason:
      'Kubernetes cannot tell from a name that a user is not root, and runAsNonRoot refuses to start the container.',
    fix: 'Write USER with the number of the user: USER 10001.',
    severity: 'low',
    profiles: HARD,
    run: ofSettings(({ User }) => {
      if (!User) return notApplicable('no USER is set');
      return unlessFound(/^\d+(:|$)/.test(User) ? [] : ['USER is a name']);
    }),
  },
  {
    id: 'no-healthcheck',
    title: 'A health check is defined',
    reason: 'Without one a program that hangs is taken for one that runs.',
    fix: 'Add HEALTHCHECK to the Dockerfile; under Kubernetes define probes and leave this check out.',
    severity: 'low',
    profiles: ['cis-docker-4'],
    run: ofSettings(({ Healthcheck }) => {
      const test = Healthcheck?.Test;
      return unlessFound(test && test.length > 0 && test[0] !== 'NONE' ? [] : ['no HEALTHCHECK']);
    }),
  },
  {
    id: 'entrypoint-in-shell',
    title: 'The program is started directly, not by a shell',
    reason: 'A shell in between does not pass signals on, and the container is killed instead of stopped.',
    fix: 'Write ENTRYPOINT and CMD as lists: ENTRYPOINT ["/usr/bin/app"].',
    severity: 'low',
    profiles: HARD,
    run: ofSettings(({ Entrypoint, Cmd }) => {
      const started = Entrypoint && Entrypoint.length > 0 ? Entrypoint : Cmd;
      if (!started || started.length === 0) return notApplicable('nothing is started');
      return unlessFound(
        /^(\/usr)?\/bin\/(ba|da|a|z)?sh$/.test(started[0] ?? '') && started[1] === '-c' ? ['started by sh -c'] : [],
      );
    }),
  },
  {
    id: 'nothing-started',
    title: 'The image says what it runs',
    reason: 'An image without entrypoint and command runs what whoever starts it says.',
    fix: 'Set ENTRYPOINT.',
    severity: 'negligible',
    profiles: HARD,
    run: ofSettings(({ Entrypoint, Cmd }) =>
      unlessFound((Entrypoint?.length ?? 0) + (Cmd?.length ?? 0) > 0 ? [] : ['neither ENTRYPOINT nor CMD']),
    ),
  },
  {
    id: 'port-privileged',
    title: 'No port below 1024 is exposed',
    reason: 'Such ports need root or a capability to be opened.',
    fix: 'Listen on a higher port, and map it outside.',
    severity: 'low',
    profiles: HARD,
    run: ofSettings(({ ExposedPorts }) =>
      unlessFound(
        ports(ExposedPorts)
          .filter(({ number }) => number > 0 && number < 1024)
          .map(({ text }) => `EXPOSE ${text}`),
      ),
    ),
  },
  {
    id: 'port-of-remote-login',
    title: 'No port of remote login is exposed',
    reason: 'A server for logins inside a container is a second way in that nobody watches.',
    fix: 'Remove the server; use kubectl exec or docker exec.',
    severity: 'high',
    profiles: CIS,
    run: ofSettings(({ ExposedPorts }) =>
      unlessFound(
        ports(ExposedPorts)
          .filter(({ number }) => [22, 23, 512, 513, 514, 3389, 5900].includes(number))
          .map(({ text }) => `EXPOSE ${text}`),
      ),
    ),
  },
  {
    id: 'environment-holds-secrets',
    title: 'No variable is named as a secret is',
    reason: 'Whoever can pull the image can read its variables.',
    fix: 'Give secrets at run time, from a mounted file; for builds use RUN --mount=type=secret.',
    severity: 'high',
    profiles: CIS,
    run: ofSettings(({ Env }) =>
      unlessFound(
        (Env ?? [])
          .map((each) => [each.slice(0, each.indexOf('=')), each.slice(each.indexOf('=') + 1)] as const)
          .filter(([name, value]) => value !== '' && !value.startsWith('/') && isSecretName(name))
          .map(([name]) => `ENV ${name.slice(0, 100)}`),
      ),
    ),
  },
  {
    id: 'path-has-writable-folder',
    title: 'PATH has no relative or volatile folder',
    reason: 'A program put into such a folder is run instead of the real one.',
    fix: 'Take the folder out of PATH.',
    severity: 'high',
    profiles: HARD,
    run: ofSettings(({ Env }) => {
      const path = (Env ?? []).find((each) => each.startsWith('PATH='));
      if (path === undefined) return notApplicable('no PATH is set');
      return unlessFound(
        path
          .slice(5)
          .split(':')
          .filter((each) => !each.startsWith('/') || /^\/(tmp|var\/tmp|dev\/shm)(\/|$)/.test(each))
          .map((each) => `PATH has "${each.slice(0, 100)}"`),
      );
    }),
  },
  {
    id: 'loader-variables',
    title: 'No variable makes every program load a library',
    reason: 'LD_PRELOAD and its kin change what every program does.',
    fix: 'Unset the variable.',
    severity: 'medium',
    profiles: HARD,
    run: ofSettings(({ Env }) =>
      unlessFound(
        (Env ?? [])
          .filter((each) =>
            /^(LD_PRELOAD|LD_AUDIT|BASH_ENV|PROMPT_COMMAND|NODE_TLS_REJECT_UNAUTHORIZED=0|PYTHONHTTPSVERIFY=0|GIT_SSL_NO_VERIFY)(=|$)/.test(
              each,
            ),
          )
          .map((each) => `ENV ${each.slice(0, each.indexOf('='))}`),
      ),
    ),
  },
  {
    id: 'stop-signal-kills',
    title: 'The container is stopped by a signal that it can answer',
    reason: 'SIGKILL leaves no time to finish what was begun.',
    fix: 'Use STOPSIGNAL SIGTERM.',
    severity: 'low',
    profiles: HARD,
    run: ofSettings(({ StopSignal }) =>
      unlessFound(/^(SIG)?KILL$|^9$/i.test(StopSignal ?? '') ? [`STOPSIGNAL ${StopSignal}`] : []),
    ),
  },
  {
    id: 'workdir-relative',
    title: 'The working directory is an absolute path',
    reason: 'A relative one depends on the instruction before it.',
    fix: 'Write WORKDIR with a path that begins with a slash.',
    severity: 'low',
    profiles: HARD,
    run: ofSettings(({ WorkingDir }) =>
      unlessFound(!WorkingDir || /^(\/|[A-Za-z]:[\\/])/.test(WorkingDir) ? [] : ['WORKDIR is relative']),
    ),
  },
  {
    id: 'volume-of-system',
    title: 'No volume lies over folders of the system',
    reason: 'What is in a volume stays from one container to the next and is not part of the image any more.',
    fix: 'Use volumes for data alone.',
    severity: 'medium',
    profiles: HARD,
    run: ofSettings(({ Volumes }) =>
      unlessFound(
        Object.keys(Volumes ?? {})
          .filter((each) =>
            /^\/?$|^\/(bin|boot|dev|etc|lib\d*|proc|root|run\/secrets|sbin|sys|usr|var\/run\/docker\.sock)(\/|$)/.test(
              each,
            ),
          )
          .map((each) => `VOLUME ${each.slice(0, 200)}`),
      ),
    ),
  },
  {
    id: 'labels-missing',
    title: 'Labels say where the image comes from',
    reason: 'Without source, revision and licence nobody can tell what an image was built from.',
    fix: 'Set org.opencontainers.image.source, .revision and .licenses.',
    severity: 'low',
    profiles: HARD,
    run: ofSettings(({ Labels }) =>
      unlessFound(
        ['source', 'revision', 'licenses']
          .map((each) => `org.opencontainers.image.${each}`)
          .filter((each) => !Labels?.[each])
          .map((each) => `no label ${each}`),
      ),
    ),
  },
  {
    id: 'created-in-future',
    title: 'The image was not created in the future',
    reason: 'A wrong date hides how old an image is. The beginning of 1970, as of reproducible builds, is allowed.',
    fix: 'Build with a right clock, or set SOURCE_DATE_EPOCH.',
    severity: 'low',
    profiles: HARD,
    run: ({ created, now, settings }) => {
      if (!settings) return notExamined('the image configuration cannot be read');
      const at = created === null ? Number.NaN : Date.parse(created);
      if (Number.isNaN(at)) return notApplicable('the image does not say when it was created');
      return unlessFound(at > now.getTime() + 24 * 3600 * 1000 ? [`created ${created?.slice(0, 40)}`] : []);
    },
  },
  {
    id: 'onbuild-left',
    title: 'No instruction is left for later builds',
    reason: 'ONBUILD runs in builds of others, who do not see it.',
    fix: 'Write the instruction where it is needed.',
    severity: 'low',
    profiles: HARD,
    run: ofSettings(({ OnBuild }) => unlessFound((OnBuild ?? []).map((_, n) => `ONBUILD ${n + 1}`))),
  },
];

/** A name is as good as root where the image's own list of users says so, or says nothing. */
function namedUser(user: string, { tree }: Facts) {
  if (!tree) return notExamined('USER is a name, and the layers were not read');
  const node = tree.lookup('etc/passwd');
  if (!node) return { status: 'failed' as const, evidence: ['USER is a name, and there is no etc/passwd'] };
  if (node.content === null) return notExamined('USER is a name, and etc/passwd was not kept');
  const line = node.content
    .toString('utf8')
    .split('\n')
    .find((each) => each.startsWith(`${user}:`));
  if (line === undefined) return { status: 'failed' as const, evidence: ['USER is not in etc/passwd'] };
  return unlessFound(line.split(':')[2] === '0' ? ['USER has the number 0 in etc/passwd'] : []);
}

function ports(exposed: Record<string, unknown> | null | undefined): { text: string; number: number }[] {
  return Object.keys(exposed ?? {}).map((text) => ({ text: text.slice(0, 50), number: Number.parseInt(text, 10) }));
}

const SECRET_NAME =
  /(^|_)(PASSWORD|PASSWD|PASS|PWD|SECRET|TOKEN|API_?KEY|PRIVATE_?KEY|ACCESS_?KEY|CREDENTIALS?|AUTH)(_|$)/i;
/** Names of these ends are of files, switches and addresses. */
const NO_SECRET =
  /_(FILE|PATH|DIR|URL|URI|HOST|PORT|TYPE|MODE|METHOD|ENABLED|EXPIRY|TTL|LENGTH|NAME|ID|ALGORITHM|POLICY|HEADER)$|^(OLD)?PWD$|_PWD$/i;

function isSecretName(name: string): boolean {
  return SECRET_NAME.test(name) && !NO_SECRET.test(name);
}
