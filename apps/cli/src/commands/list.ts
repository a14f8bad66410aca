/** All commands, in the order of the help. Each is loaded when it is asked for: most need little of what the whole has. */
import type { Command } from 'commander';
import type { Context } from '../context.ts';

export type CommandEntry = {
  /** Name and summary of each command that the module adds. */
  names: Readonly<Record<string, string>>;
  load(): Promise<(program: Command, context: Context) => void>;
};

export const COMMANDS: readonly CommandEntry[] = [
  {
    names: {
      login: 'sign in, and keep the session for later commands',
      logout: 'end the session',
      whoami: 'who you are to the server, and what you may',
    },
    load: async () => (await import('./login.ts')).addLogin,
  },
  {
    names: { compose: 'make an image straight from the signed Debian archive: no Docker, no root, no shell' },
    load: async () => (await import('./compose.ts')).addCompose,
  },
  {
    names: {
      copy: 'copy an image from one place to another',
      push: 'push an image from a file or folder to the server',
      pull: 'pull an image from the server into a file or folder',
    },
    load: async () => (await import('./copy.ts')).addCopy,
  },
  {
    names: {
      scan: 'list packages and findings of an image, folder or SBOM',
      sbom: 'write the bill of materials of an image, folder or SBOM',
    },
    load: async () => (await import('./scan.ts')).addScan,
  },
  {
    names: { rules: 'what scans look for, and what it finds in a content of yours' },
    load: async () => (await import('./rules.ts')).addRules,
  },
  {
    names: {
      repair:
        'upgrade the packages of an image from its distribution’s signed archive, in one layer: no Docker, no shell',
    },
    load: async () => (await import('./repair.ts')).addRepair,
  },
  {
    names: {
      'fix-plan': 'the least change of lock files that clears findings of application packages, as a patch for git',
    },
    load: async () => (await import('./fix-plan.ts')).addFixPlan,
  },
  {
    names: {
      rebase: 'put the application’s layers of an image on another base; refuses where something would not fit',
    },
    load: async () => (await import('./rebase.ts')).addRebase,
  },
  {
    names: { 'base-advice': 'which other base or tag would clear most of an image’s findings, in numbers' },
    load: async () => (await import('./base-advice.ts')).addBaseAdvice,
  },
  {
    names: { findings: 'findings across the images of an account, and the upgrades that clear most of them' },
    load: async () => (await import('./findings.ts')).addFindings,
  },
  {
    names: { packages: 'packages that the images of an account hold, or what is known of one' },
    load: async () => (await import('./packages.ts')).addPackages,
  },
  {
    names: { diff: 'compare two images, folders or SBOMs: packages and findings' },
    load: async () => (await import('./diff.ts')).addDiff,
  },
  {
    names: { vex: 'statements on whether an image is affected by a hole' },
    load: async () => (await import('./vex.ts')).addVex,
  },
  {
    names: { status: 'the verdict on an image, why, and where it is' },
    load: async () => (await import('./status.ts')).addStatus,
  },
  {
    names: { explain: 'the whole way to the decision on an image, or why it has a hole or has not' },
    load: async () => (await import('./explain.ts')).addExplain,
  },
  {
    names: { revoke: 'take an image out of service at once, everywhere in the account' },
    load: async () => (await import('./revoke.ts')).addRevoke,
  },
  {
    names: { chain: 'the delivery chain: define it, run it, approve' },
    load: async () => (await import('./chain.ts')).addChain,
  },
  {
    names: { verify: 'verify that the image is signed: by a key, or as a trust policy asks' },
    load: async () => (await import('./verify.ts')).addVerify,
  },
  {
    names: { trust: 'whose signatures let images of other registries run' },
    load: async () => (await import('./trust.ts')).addTrust,
  },
  {
    names: { key: 'the keys that an account signs with' },
    load: async () => (await import('./key.ts')).addKey,
  },
  {
    names: { deliver: 'deliver an image with its signatures and attestations to another account' },
    load: async () => (await import('./deliver.ts')).addDeliver,
  },
  {
    names: { contract: 'agreements under which images are delivered between accounts' },
    load: async () => (await import('./contract.ts')).addContract,
  },
  {
    names: { exception: 'accepted risks: requested by one person, approved by another' },
    load: async () => (await import('./exception.ts')).addException,
  },
  {
    names: { 'break-glass': 'emergencies: labelled pods run although they would be denied; everybody hears of it' },
    load: async () => (await import('./break-glass.ts')).addBreakGlass,
  },
  {
    names: { policy: 'the policies of an account' },
    load: async () => (await import('./policy.ts')).addPolicy,
  },
  { names: { robot: 'tokens for machines' }, load: async () => (await import('./robot.ts')).addRobot },
  {
    names: { cluster: 'clusters whose admission is decided here' },
    load: async () => (await import('./cluster.ts')).addCluster,
  },
  {
    names: { events: 'the account’s events: what happened, and what happens' },
    load: async () => (await import('./events.ts')).addEvents,
  },
  {
    names: { webhook: 'where events go: signed CloudEvents, tried again until they arrive' },
    load: async () => (await import('./webhook.ts')).addWebhook,
  },
  {
    names: { advisories: 'vulnerability data: where it comes from, how old it is, import' },
    load: async () => (await import('./advisories.ts')).addAdvisories,
  },
  {
    names: { match: 'match packages that are named by purls with the advisories' },
    load: async () => (await import('./match.ts')).addMatch,
  },
  { names: { versions: 'compare versions' }, load: async () => (await import('./versions.ts')).addVersions },
  {
    names: { server: 'start the server from this checkout, whole or in parts' },
    load: async () => (await import('./server.ts')).addServer,
  },
  {
    names: { voyage: 'take a first image from the archive to an admission decision' },
    load: async () => (await import('./voyage.ts')).addVoyage,
  },
];
