/** The reference of errors, `docs/reference/errors.md`, as the page of it shows it. */

/** What one row of the reference says; codes that mean the same share a row. */
export interface ErrorRow {
  readonly codes: readonly string[];
  readonly status: number;
  /** Markdown, with links and code. */
  readonly when: string;
  /** What whoever meets it can do about it; empty: nothing. */
  readonly remedy: string;
}

const ROW = /^\| (`[a-z_`, ]+`) \| (\d{3}) \| (.*?) \|(.*)\|$/gm;

/** The rows of the reference's table, in their order. */
export function errorsIn(markdown: string): readonly ErrorRow[] {
  return [...markdown.matchAll(ROW)].map(([, codes = '', status, when = '', remedy = '']) => ({
    codes: [...codes.matchAll(/[a-z_]+/g)].map(([code]) => code),
    status: Number(status),
    when: unlinked(when.trim()),
    remedy: unlinked(remedy.trim()),
  }));
}

/** The documents that a row refers to are not on the server. */
function unlinked(markdown: string): string {
  return markdown.replace(/\[([^\]]*)\]\([^)]*\)/g, '$1');
}
