/** Runs a program and keeps the end of what it says, for the error that names it. */
import { spawn } from 'node:child_process';

/**
 * @param {string} command
 * @param {string[]} args
 * @param {{ cwd?: string, env?: NodeJS.ProcessEnv, note?: (text: string) => void }} [options]
 * @returns {Promise<string>} standard output
 * @throws {Error} with the last lines of output when it fails
 */
export function runCommand(command, args, options = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd: options.cwd,
      env: options.env ?? process.env,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    let tail = '';
    const hear = (/** @type {Buffer} */ chunk) => {
      const text = chunk.toString();
      tail = (tail + text).slice(-4000);
      options.note?.(text);
    };
    child.stdout.on('data', (chunk) => {
      output += chunk;
      hear(chunk);
    });
    child.stderr.on('data', hear);
    child.on('error', reject);
    child.on('close', (code, signal) => {
      if (code === 0) resolve(output);
      else
        reject(
          new Error(
            `${[command, ...args].join(' ')} ended with ${signal ?? `code ${code}`}:\n${tail.trim().split('\n').slice(-20).join('\n')}`,
          ),
        );
    });
  });
}
