/** The code by which the system or Node names an error, such as `ENOENT`; undefined without one. */
export function systemCodeOf(error: unknown): string | undefined {
  if (!(error instanceof Error && 'code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}
