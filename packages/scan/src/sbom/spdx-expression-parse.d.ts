/** The package has no types of its own; only whether a text parses is of interest here. */
declare module 'spdx-expression-parse' {
  /** @throws Error for what is no SPDX expression */
  export default function parse(expression: string): unknown;
}
