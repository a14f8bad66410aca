export function stageAgent(folder: string): Promise<void>;
export function composeArguments(reference: string, folder: string): string[];
