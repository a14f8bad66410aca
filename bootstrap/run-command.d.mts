export function runCommand(
  command: string,
  args: string[],
  options?: { cwd?: string; env?: NodeJS.ProcessEnv; note?: (text: string) => void },
): Promise<string>;
