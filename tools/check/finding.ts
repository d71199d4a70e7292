/** Something a check found wrong, with the place where a person can repair it. */
export interface Finding {
  /** Path from the root of the repository. */
  readonly path: string;
  /** Line from 1 on. */
  readonly line: number;
  /** A sentence: what is wrong and what the rule is. */
  readonly message: string;
}

/** A text file of the repository as a check sees it. */
export interface SourceFile {
  /** Path from the root of the repository, with forward slashes. */
  readonly path: string;
  readonly text: string;
}

/** The line, from 1 on, on which an offset of a text lies. */
export function lineAt(text: string, offset: number): number {
  let line = 1;
  for (let at = text.indexOf('\n'); at !== -1 && at < offset; at = text.indexOf('\n', at + 1)) {
    line++;
  }
  return line;
}
