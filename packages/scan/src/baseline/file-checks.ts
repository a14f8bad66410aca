/** Checks of the files: what has special rights, what was left, who may write. */
import type { TreeNode } from '@pratique/oci/layers/tree';
import { type Check, notApplicable, notExamined, ofFiles, unlessFound } from './check.ts';

const CIS = ['cis-docker-4', 'hardened'] as const;
const HARD = ['hardened'] as const;
const BOTH = ['hardened', 'minimal'] as const;
const MINIMAL = ['minimal'] as const;

/** Programs that distributions install with setuid or setgid; others are somebody's own doing. */
const KNOWN_SETUID =
  /^(usr\/)?(bin|sbin)\/(su|mount|umount|ping6?|passwd|gpasswd|chfn|chsh|newgrp|chage|expiry|wall|write|bsd-write|sudo|sudoedit|fusermount3?|unix_chkpwd|pam_timestamp_check|ssh-agent|crontab|at|newuidmap|newgidmap|pkexec|bbsuid|locate|mlocate|plocate|dotlockfile|screen|ksu|mount\.nfs|mount\.cifs|ntfs-3g|traceroute6|lockdev|staprun|userhelper|usernetctl|doas|traceroute|vlock|utempter)$|^usr\/lib(exec)?\/(openssh\/ssh-keysign|ssh\/ssh-keysign|dbus-1(\.0)?\/dbus-daemon-launch-helper|polkit-1\/polkit-agent-helper-1|policykit-1\/polkit-agent-helper-1|eject\/dmcrypt-get-device|utempter\/utempter|xorg\/Xorg\.wrap|camel-lock-helper.*|git-core\/git-.*|[^/]+\/utempter\/utempter|postgresql\/.*|sudo\/.*)$|^usr\/libexec\/(openssh\/ssh-keysign|utempter\/utempter|dbus-1\/dbus-daemon-launch-helper)$/;
const PACKAGE_MANAGER =
  /^(usr\/)?(local\/)?s?bin\/(apt|apt-get|aptitude|dpkg|apk|yum|dnf|dnf5|microdnf|rpm|zypper|pacman|pip\d*(\.\d+)?|npm|npx|yarn|pnpm|corepack|gem|cargo|conda|mamba|composer|nix-env|snap|brew)$/;
const SHELL = /^(usr\/)?(local\/)?bin\/(sh|bash|dash|ash|zsh|ksh|mksh|tcsh|csh|fish|busybox|toybox|rbash)$/;
const COMPILER =
  /^(usr\/)?(local\/)?(go\/)?bin\/((x86_64|aarch64|i686|arm)-[a-z0-9-]+-)?(gcc|g\+\+|cc|c\+\+|clang|clang\+\+|ld|as|make|cmake|rustc|go|javac|gfortran|tcc|ghc)(-\d+(\.\d+)*)?$/;
const NETWORK_TOOL =
  /^(usr\/)?(local\/)?s?bin\/(nc|ncat|netcat|nc\.(openbsd|traditional)|nmap|socat|tcpdump|telnet|ftp|tftp|wireshark|tshark|hping3|masscan|curl|wget|ssh|scp|sftp|rsync|proxychains4?|arp-scan|ettercap|dsniff)$/;
const DEBUGGER =
  /^(usr\/)?(local\/)?s?bin\/(gdb|strace|ltrace|perf|valgrind|lldb|bpftrace|radare2|r2|gcore|nsenter|unshare|capsh)$/;
const REMOTE_LOGIN =
  /^(usr\/)?(local\/)?s?bin\/(sshd|dropbear|telnetd|in\.telnetd|rlogind|in\.rlogind|vncserver|xrdp|vsftpd|proftpd)$/;
const SUDO = /^(usr\/)?(local\/)?bin\/(sudo|doas|pkexec)$/;
const PRIVATE_KEY = /^(id_(rsa|dsa|ecdsa|ed25519)|.+\.(key|p12|pfx|jks|keystore|ppk)|ssh_host_[a-z0-9]+_key)$/i;
/** Test data, trust stores without keys, and fonts of applications (Keynote) are no keys. */
const NO_PRIVATE_KEY =
  /(^|\/)(test|tests|testdata|fixtures|examples?|cacerts?)(\/|\.|$)|(^|\/)usr\/share\/|\.pub\.key$|(^|\/)(etc\/apk\/keys|etc\/pki\/(ca-trust|rpm-gpg))\//i;
const CREDENTIALS =
  /(^|\/)(\.aws\/credentials|\.docker\/config\.json|\.dockercfg|\.kube\/config|\.netrc|\.pgpass|\.my\.cnf|\.git-credentials|\.azure\/(accessTokens|azureProfile)\.json|\.config\/gcloud\/(credentials\.db|application_default_credentials\.json)|\.vault-token|\.terraform\.d\/credentials\.tfrc\.json|\.gnupg\/(secring\.gpg|private-keys-v1\.d\/[^/]+)|\.env(\.(local|production|prod|staging))?|\.htpasswd|kubeconfig)$/;
const HISTORY =
  /^\.((bash|zsh|sh|ash|python|psql|mysql|sqlite|node_repl|rediscli|irb|dbshell|lesshst)_?history|lesshst|viminfo|wget-hsts)$/;
const BACKUP = /(\.(bak|old|orig|backup|swp|swo|save)|~)$|^(dump|backup).*\.(sql|tar|tgz|zip|gz)$/i;
const CACHES: readonly (readonly [string, RegExp])[] = [
  [
    'apt',
    /^var\/lib\/apt\/lists\/.+_(Packages|Release|InRelease)(\.\w+)?$|^var\/cache\/apt\/(archives\/.+\.deb|\w+\.bin)$/,
  ],
  ['apk', /^var\/cache\/apk\/.+/],
  ['dnf', /^var\/cache\/(yum|dnf|libdnf5)\/.+\.(solv|xml|gz|zst|rpm|sqlite)/],
  ['zypper', /^var\/cache\/zypp\/.+/],
  ['pip', /(^|\/)\.cache\/pip\/.+/],
  ['npm', /(^|\/)\.npm\/_cacache\/.+/],
  ['yarn', /(^|\/)\.cache\/yarn\/.+/],
  ['go', /(^|\/)\.cache\/go-build\/.+/],
  ['cargo', /(^|\/)\.cargo\/registry\/(cache|src)\/.+/],
  ['maven', /(^|\/)\.m2\/repository\/.+\.jar$/],
];

const isFile = (node: TreeNode): boolean => node.kind === 'file';
const runs = (node: TreeNode): boolean =>
  node.kind === 'symlink' || (node.kind === 'file' && (node.mode & 0o111) !== 0);
const octal = (mode: number): string => mode.toString(8).padStart(4, '0');

export const FILE_CHECKS: readonly Check[] = [
  {
    id: 'setuid-unknown',
    title: 'Only programs of the distribution change their user or group',
    reason: 'A program with setuid or setgid runs with rights that whoever starts it has not.',
    fix: 'Remove the bit: chmod a-s FILE.',
    severity: 'high',
    profiles: CIS,
    run: ofFiles(
      (path, node) =>
        isFile(node) &&
        (node.mode & 0o6000) !== 0 &&
        (node.mode & 0o111) !== 0 &&
        !KNOWN_SETUID.test(path) &&
        `mode ${octal(node.mode)}`,
    ),
  },
  {
    id: 'setuid-any',
    title: 'No program changes its user or group',
    reason: 'Even programs of the distribution had holes, and containers seldom need them.',
    fix: 'RUN find / -xdev -perm /6000 -type f -exec chmod a-s {} +, and allowPrivilegeEscalation: false.',
    severity: 'low',
    profiles: ['cis-docker-4', 'hardened', 'minimal'],
    run: ofFiles(
      (_path, node) =>
        isFile(node) && (node.mode & 0o6000) !== 0 && (node.mode & 0o111) !== 0 && `mode ${octal(node.mode)}`,
    ),
  },
  {
    id: 'file-capabilities',
    title: 'No program brings capabilities of its own',
    reason: 'A capability on a file is a part of root for whoever runs it.',
    fix: 'Remove them: setcap -r FILE.',
    severity: 'medium',
    profiles: HARD,
    run: () => notExamined('extended attributes of files are not kept while layers are read'),
  },
  {
    id: 'world-writable-file',
    title: 'No file may be written by everybody',
    reason: 'Any process in the container can change it.',
    fix: 'chmod o-w FILE.',
    severity: 'high',
    profiles: HARD,
    run: ofFiles((_path, node) => isFile(node) && (node.mode & 0o002) !== 0 && `mode ${octal(node.mode)}`),
  },
  {
    id: 'world-writable-folder',
    title: 'Folders that everybody may write have the sticky bit',
    reason: 'Without it anybody can delete or replace what others put there.',
    fix: 'chmod +t FOLDER, or chmod o-w FOLDER.',
    severity: 'medium',
    profiles: HARD,
    run: ofFiles(
      (_path, node) =>
        node.kind === 'directory' &&
        (node.mode & 0o002) !== 0 &&
        (node.mode & 0o1000) === 0 &&
        `mode ${octal(node.mode)}`,
    ),
  },
  {
    id: 'device-file',
    title: 'The image brings no device files',
    reason: 'A device file reaches the hardware of the host where the runtime lets it.',
    fix: 'Delete it; runtimes make the devices that are needed.',
    severity: 'high',
    profiles: HARD,
    // Character device 0/0 is how layers of overlayfs delete; those never become files of the image.
    run: ofFiles(
      (path, node) =>
        (node.kind === 'character-device' || node.kind === 'block-device') &&
        !/^dev\/(null|zero|full|random|urandom|tty\d*|console|ptmx|core|pts\/ptmx)$/.test(path),
    ),
  },
  present(
    'package-manager-left',
    'No package manager is left',
    'An intruder installs with it what is missing.',
    'Build in one stage, and copy the result into an image without one.',
    'low',
    MINIMAL,
    PACKAGE_MANAGER,
  ),
  present(
    'shell-left',
    'No shell is left',
    'Most attacks go on through a shell.',
    'Use a base image without one (distroless, scratch).',
    'low',
    MINIMAL,
    SHELL,
  ),
  present(
    'compiler-left',
    'No compiler is left',
    'An intruder builds with it what is missing.',
    'Compile in one stage, and copy the result into another.',
    'medium',
    BOTH,
    COMPILER,
  ),
  present(
    'network-tool-left',
    'No tool for fetching and tunnelling is left',
    'An intruder fetches with it what is missing, and carries away what is there.',
    'Do without it, or remove it in the last step of the build.',
    'low',
    MINIMAL,
    NETWORK_TOOL,
  ),
  present(
    'debugger-left',
    'No debugger is left',
    'It reads the memory of other processes.',
    'Attach one from outside: kubectl debug.',
    'low',
    MINIMAL,
    DEBUGGER,
  ),
  present(
    'remote-login-left',
    'No server for remote logins is installed',
    'It is a second way in that nobody watches.',
    'Remove it; use kubectl exec or docker exec.',
    'medium',
    CIS,
    REMOTE_LOGIN,
  ),
  present(
    'sudo-left',
    'sudo and its kin are not installed',
    'They turn a foothold into root.',
    'Remove the package; choose the user with USER.',
    'medium',
    BOTH,
    SUDO,
  ),
  named(
    'private-key',
    'No private keys are in the image',
    'Whoever can pull the image has them.',
    'Mount them at run time, and replace these.',
    'high',
    CIS,
    (path, name) => PRIVATE_KEY.test(name) && !NO_PRIVATE_KEY.test(path),
  ),
  named(
    'credentials-file',
    'No files of credentials are in the image',
    'Whoever can pull the image has them.',
    'Mount them at run time, and change what was in them.',
    'high',
    CIS,
    (path) => (path.includes('/.') || path.startsWith('.') || path.endsWith('kubeconfig')) && CREDENTIALS.test(path),
  ),
  named(
    'ssh-folder',
    'No .ssh folder with keys or known hosts is in the image',
    'It tells where its owner logs in, or lets others in.',
    'Use RUN --mount=type=ssh while building.',
    'medium',
    HARD,
    (path) => path.includes('.ssh/') && /(^|\/)\.ssh\/[^/]+$/.test(path),
  ),
  named(
    'git-folder',
    'No repository of Git is in the image',
    'It has the whole history of the source, deleted secrets too.',
    'Add .git to .dockerignore.',
    'medium',
    HARD,
    (path) => path.includes('.git/') && /(^|\/)\.git\/(HEAD|config)$/.test(path),
  ),
  named(
    'shell-history',
    'No history of commands is in the image',
    'Commands have passwords in them.',
    'Delete it in the step that writes it.',
    'medium',
    HARD,
    (_path, name) => HISTORY.test(name),
  ),
  named(
    'core-dump',
    'No memory dump is in the image',
    'It has what the process had in its memory.',
    'Delete it in the step that writes it.',
    'medium',
    HARD,
    (path, name) =>
      /^(core(\.\d+)?|.+\.(core|dmp|hprof|heapsnapshot))$/.test(name) &&
      !/(^|\/)(lib|share|src|node_modules|include|site-packages|dist-packages|proc|dev)\//.test(path),
  ),
  named(
    'backup-file',
    'No backups are in the image',
    'They keep what was meant to be gone.',
    'Leave them out with .dockerignore.',
    'low',
    HARD,
    (path, name) =>
      BACKUP.test(name) &&
      !/^(usr|lib\d*|var\/(lib|cache)|opt)\/|(^|\/)(node_modules|site-packages|dist-packages)\/|^etc\/(passwd|group|shadow|gshadow|subuid|subgid|shells)-$/.test(
        path,
      ),
  ),
  {
    id: 'engine-socket',
    title: 'No socket or settings of a container engine are in the image',
    reason: 'An image that expects the engine of the host asks to be root there.',
    fix: 'Build without a daemon (BuildKit rootless, Kaniko).',
    severity: 'medium',
    profiles: HARD,
    run: ofFiles((path) =>
      /^(var\/)?run\/(docker|containerd\/containerd|crio\/crio|podman\/podman)\.sock$|^etc\/docker\/daemon\.json$/.test(
        path,
      ),
    ),
  },
  {
    id: 'password-files-open',
    title: 'The files of users and passwords have narrow modes',
    reason: 'Whoever may write them is root.',
    fix: 'chmod 644 /etc/passwd /etc/group; chmod 640 /etc/shadow.',
    severity: 'critical',
    profiles: HARD,
    run: ofFiles((path, node) => {
      if (!isFile(node)) return false;
      const loose = /^etc\/(passwd|group)-?$/.test(path)
        ? node.mode & 0o022
        : /^etc\/g?shadow-?$/.test(path)
          ? node.mode & 0o037
          : 0;
      return loose !== 0 && `mode ${octal(node.mode)}`;
    }),
  },
  {
    id: 'home-readable',
    title: 'Homes are not open to everybody',
    reason: 'Keys and histories in them are then open too.',
    fix: 'chmod 750 FOLDER.',
    severity: 'low',
    profiles: HARD,
    run: ({ tree }) => {
      if (!tree) return notExamined('the layers were not read');
      const homes = [...(tree.lookup('home')?.children?.values() ?? [])].filter((node) => node.kind === 'directory');
      const root = tree.lookup('root');
      const all = root?.kind === 'directory' ? [root, ...homes] : homes;
      if (all.length === 0) return notApplicable('there are no homes');
      return unlessFound(
        all.filter((node) => (node.mode & 0o007) !== 0).map((node) => `${tree.pathOf(node)}: mode ${octal(node.mode)}`),
      );
    },
  },
  {
    id: 'caches-left',
    title: 'No caches of package managers are left',
    reason: 'They make the image larger and hold old lists and archives.',
    fix: 'Use RUN --mount=type=cache, or delete them in the step that fills them.',
    severity: 'negligible',
    profiles: BOTH,
    run: ({ tree, files }) => {
      if (!tree) return notExamined('the layers were not read');
      const counts = new Map<string, { count: number; first: string }>();
      for (const { path, node } of files) {
        if (!isFile(node)) continue;
        const name = CACHES.find(([, test]) => test.test(path))?.[0];
        if (name === undefined) continue;
        const known = counts.get(name);
        if (known) known.count += 1;
        else counts.set(name, { count: 1, first: path });
      }
      return unlessFound(
        [...counts].map(([name, { count, first }]) => `${name}: ${count} files, the first is ${first}`),
      );
    },
  },
  {
    id: 'document-served-hidden',
    title: 'No hidden files lie among what a web server serves',
    reason: 'Servers hand them out to whoever asks for them.',
    fix: 'Leave them out of the image, or refuse them in the settings of the server.',
    severity: 'medium',
    profiles: HARD,
    run: ofFiles(
      (path, node) =>
        isFile(node) &&
        /^(var\/www|srv\/(www|http)|usr\/share\/nginx\/html|usr\/local\/apache2\/htdocs)\/(.*\/)?\.(?!well-known\/)[^/]+/.test(
          path,
        ) &&
        !/\/\.htaccess$/.test(path),
    ),
  },
];

function present(
  id: string,
  title: string,
  reason: string,
  fix: string,
  severity: Check['severity'],
  profiles: Check['profiles'],
  test: RegExp,
): Check {
  return { id, title, reason, fix, severity, profiles, run: ofFiles((path, node) => runs(node) && test.test(path)) };
}

function named(
  id: string,
  title: string,
  reason: string,
  fix: string,
  severity: Check['severity'],
  profiles: Check['profiles'],
  test: (path: string, name: string) => boolean,
): Check {
  return {
    id,
    title,
    reason,
    fix,
    severity,
    profiles,
    run: ofFiles((path, node) => isFile(node) && node.size > 0 && test(path, node.name)),
  };
}
