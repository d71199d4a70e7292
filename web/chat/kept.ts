/** What the panel remembers from visit to visit, in this browser. */
const PREFIX = 'millrace.chat.';

/** What was kept under a name; null: nothing, or the browser keeps nothing. */
export function kept(name: string): string | null {
  try {
    return localStorage.getItem(PREFIX + name);
  } catch {
    return null;
  }
}

/** Keeps a value where the browser lets it. */
export function keep(name: string, value: string): void {
  try {
    localStorage.setItem(PREFIX + name, value);
  } catch {
    // Private windows and full disks: the visit goes on, the next one begins anew.
  }
}
