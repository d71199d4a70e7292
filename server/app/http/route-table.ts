interface Route {
  readonly method: string;
  readonly steps: readonly string[];
}

/** Which methods a path has, for answering 405 with Allow where the router says 404. */
export class RouteTable {
  readonly #routes: Route[] = [];

  /** Notes a route by its pattern, such as `/api/streams/:id`. */
  add(methods: string | readonly string[], pattern: string): void {
    // A catch-all page would make every unknown address look like one with another method.
    if (pattern === '*' || pattern === '/*') return;
    const steps = pattern.split('/');
    for (const method of [methods].flat()) this.#routes.push({ method, steps });
  }

  /** The methods that the raw path of `url` has, sorted; none for an unknown path. */
  allowed(url: string): readonly string[] {
    const steps = (url.split('?', 1)[0] ?? '').split('/');
    const methods = this.#routes
      .filter((route) => matches(route.steps, steps))
      .map(({ method }) => method);
    return [...new Set(methods)].sort();
  }
}

function matches(pattern: readonly string[], steps: readonly string[]): boolean {
  for (const [index, expected] of pattern.entries()) {
    if (expected === '*') return steps.length > index;
    const step = steps[index];
    if (step === undefined) return false;
    if (expected.startsWith(':') ? step === '' : step !== expected) return false;
  }
  return pattern.length === steps.length;
}
