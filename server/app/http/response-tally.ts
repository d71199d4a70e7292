/** The faces of the server, as metrics name them. */
export const FACES = ['delivery', 'streams', 'api', 'operators', 'page'] as const;

/** One face of the server. */
export type Face = (typeof FACES)[number];

/** How many responses of one status a face has given. */
export interface ResponseCount {
  readonly face: Face;
  readonly status: number;
  readonly count: number;
}

/** Statuses have three digits. */
const STATUS_END = 1000;

/** Counts responses in plain cells, so that the fast lane pays one addition for its metric. */
export class ResponseTally {
  readonly #cells: Readonly<Record<Face, Float64Array>> = {
    delivery: new Float64Array(STATUS_END),
    streams: new Float64Array(STATUS_END),
    api: new Float64Array(STATUS_END),
    operators: new Float64Array(STATUS_END),
    page: new Float64Array(STATUS_END),
  };
  #faults = 0;

  /** One more response with `status` from `face`. */
  count(face: Face, status: number): void {
    const cells = this.#cells[face];
    if (status >= 0 && status < STATUS_END) cells[status] = (cells[status] ?? 0) + 1;
  }

  /** One more request that ended in a fault of ours. */
  countFault(): void {
    this.#faults += 1;
  }

  /** Requests that ended in a fault of ours. */
  get faults(): number {
    return this.#faults;
  }

  /** All counts above zero. */
  *counts(): Generator<ResponseCount> {
    for (const face of FACES) {
      for (const [status, count] of this.#cells[face].entries()) {
        if (count > 0) yield { face, status, count };
      }
    }
  }
}

/** The face that answers `path`, which is a raw path or a route's pattern. Never delivery. */
export function faceOf(path: string): Face {
  const step = path.split('/', 2)[1] ?? '';
  switch (step.split('?', 1)[0]) {
    case 'streams':
      return 'streams';
    case 'api':
      return 'api';
    case 'health':
    case 'ready':
    case 'metrics':
      return 'operators';
    default:
      return 'page';
  }
}
