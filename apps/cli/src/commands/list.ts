/** All commands, in the order of the help. */
import type { Command } from 'commander';
import type { Context } from '../context.ts';
import { addAdvisories } from './advisories.ts';
import { addChain } from './chain.ts';
import { addCluster } from './cluster.ts';
import { addCompose } from './compose.ts';
import { addContract } from './contract.ts';
import { addCopy } from './copy.ts';
import { addDeliver } from './deliver.ts';
import { addEvents } from './events.ts';
import { addException } from './exception.ts';
import { addKey } from './key.ts';
import { addLogin } from './login.ts';
import { addPolicy } from './policy.ts';
import { addRobot } from './robot.ts';
import { addScan } from './scan.ts';
import { addStatus } from './status.ts';
import { addVerify } from './verify.ts';
import { addVersions } from './versions.ts';
import { addVoyage } from './voyage.ts';

export const COMMANDS: readonly ((program: Command, context: Context) => void)[] = [
  addLogin,
  addCompose,
  addCopy,
  addScan,
  addStatus,
  addChain,
  addVerify,
  addKey,
  addDeliver,
  addContract,
  addException,
  addPolicy,
  addRobot,
  addCluster,
  addEvents,
  addAdvisories,
  addVersions,
  addVoyage,
];
