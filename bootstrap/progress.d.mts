export function show<T>(label: string, work: (note: (text: string) => void) => Promise<T>): Promise<T>;
