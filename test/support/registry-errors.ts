/** What the registry says when it refuses. */

export type Errors = { errors: { code: string; message: string; detail: unknown }[] };

/** The code of the first error in an answer. */
export const codeOf = async (answer: Response) => ((await answer.json()) as Errors).errors[0]?.code;
