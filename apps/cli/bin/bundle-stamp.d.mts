export type Input = [path: string, mtimeMs: number, size: number];
export const DIST: string;
export function stampOf(dist?: string): string;
export function currentBundle(dist?: string): string | null;
